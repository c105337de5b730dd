// Package twilio is the only one that knows Twilio's wire: how a call is
// created, looked up and searched for, how Twilio's reports are read and their
// signatures checked, which messages and options it takes, what TwiML may do and where
// it may lead, and what its errors mean.
//
// Requests are formed by the official SDK and sent by this package, because the
// SDK's own client carries no context, loses HTTP statuses and headers, and can
// speak to Twilio's host only. What a failure means for the call is classified
// here (call.PlaceError); what follows from it is decided elsewhere.
package twilio
