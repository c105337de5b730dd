// Package app is redial as one value: the settings are read and checked here, and the parts wired together, once. It
// runs a node, says whether its set-up is right, and migrates its database. It never decides about a call; it knows
// every room, and no room knows it.
//
// Its files, from the top down:
//
//	app.go             New wires a node, Serve and Run run it, Migrate brings a schema up to date
//	routes.go          what is answered where, and who may come
//	config.go          every setting, with its flag, variable and default, and what may be wrong with it
//	webhooks.go        the settings of webhooks, and the endpoints that they configure
//	about.go           what the log says of a node that starts, and of one that stops
//	tale.go            what the log says of calls: a line for each committed event
//	contact.go         what the log says of the way to Twilio, and of the way back
//	check_start.go     the node looks at its own set-up once it serves
//	check.go           redial check: all parts of the set-up, side by side
//	check_settings.go  the settings alone
//	check_database.go  the database, and its schema
//	check_listen.go    who listens where redial is to
//	check_host.go      HOST_URL, called as Twilio would call it
//	check_twilio.go    the account, its numbers, and where it may call
//	check_webhooks.go  whether somebody is where webhooks go
//	check_reach.go     why there was no answer from an address, and what to do
package app
