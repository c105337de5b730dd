// Package app is redial as one value: the settings are read and checked here, and the parts wired together, once. It
// runs a node, says whether its set-up is right, and migrates its database. It never decides about a call; it knows
// every room, and no room knows it.
//
// Its files, from the top down:
//
//	new.go             New wires a node
//	serve.go           a node serves until it is told to stop
//	routes.go          what is answered where, and who may come
//	page_routes.go     the same for the page
//	check_start.go     the node looks at its own set-up once it serves
//	about.go           what the log says of a node that starts, and of one that stops
//	webhooks.go        the endpoints that the settings name
//	tale.go            what the log says of calls: a line for each committed event
//	contact.go         what the log says of the way to Twilio, and of the way back
//	triggers.go        the file of triggers that is in force, until it is read anew
//	nodes.go           whether other nodes have the same file of triggers
//	app.go             a node: its parts
//	neighbors.go       what a node knows of other nodes
//	check.go           redial check: all parts of the set-up, side by side
//	check_settings.go  the settings alone
//	check_webhooks.go  whether somebody is where webhooks go
//	check_keys.go      whether there are API keys where others can reach redial
//	check_database.go  the database, and its schema
//	check_listen.go    who listens where redial is to
//	check_host.go      HOST_URL, called as Twilio would call it
//	check_twilio.go    the account, its numbers, and where it may call
//	check_probe.go     a request as Twilio would send it, and who has answered
//	check_reach.go     why there was no answer from an address, and what to do
//	check_finding.go   what is looked at, and what a look finds
//	check_fixes.go     how each setting is to be
//	keys.go            an API key is made in a database, without a server
//	migrate.go         a database's schema is brought up to date
//	trigger_file.go    the file of triggers, or what is wrong with it
//	presets.go         the presets that there are, with those of a file
//	faults.go          what is wrong with a setting
//	warnings.go        what is odd about a setting
//	hosts.go           where a host is: here, inside, or on the public internet
//	config.go          every setting, with its flag, variable and default
package app
