// Package store keeps Calls, their Attempts and Events in SQLite or PostgreSQL.
// It holds all of redial's SQL.
//
// There is one way to change a Call: a pure step of package call, run between
// loading the Call under its row's lock and saving what the step made of it, in
// one transaction together with its Events. Change runs a step on a Call by its
// id, Claim runs Wake on the Calls that are due. Only what is committed leaves
// this package.
package store
