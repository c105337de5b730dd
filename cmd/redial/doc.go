// Command redial places calls that must get through: it rings, and rings again until a person is reached. It is the
// command line: it reads what was typed and set, asks a server through package api, or runs one through package app,
// and says in plain words what came of it. It never looks into a database or at Twilio by itself, and nothing that
// it prints commands a terminal.
//
// Its files, from the top down. First what runs, then each command in the file of its name:
//
//	main.go         the list of commands, how one is run, and how it ends
//	serve.go        redial serve: a node
//	check.go        redial check: is the set-up right?
//	demo.go         redial demo: phones that don't answer ring again
//	desk.go         redial desk: redial beside a simulated Twilio
//	sim.go          redial sim: a simulated Twilio alone
//	call.go         redial call: asks for a call
//	triggers.go     redial triggers and redial trigger: the file of triggers, tried and told
//	triggers_url.go  redial triggers url: the URL of a trigger
//	list.go         redial list: the calls, the newest first
//	show.go         redial show: a call and its timeline
//	explain.go      redial explain, which makes no call, and redial now, which rings at once
//	wait.go         redial wait: until a call has ended
//	cancel.go       redial cancel
//	delete.go       redial delete: forgets the personal data of a call
//	webhooks.go     redial webhooks: endpoints and deliveries
//	keys.go         redial keys: API keys
//	audit.go        redial audit: who did what
//	listen.go       redial listen: webhooks on this machine
//	resolve.go      redial resolve: what became of an attempt
//	presets.go      redial presets: the policies to begin with
//	incidents.go    redial incidents: what triggers ring about
//	rota.go         redial rota: who is on duty
//	migrate.go      redial migrate: the database's schema
//	version.go      redial version
//	completion.go   redial completion: for the shell
//	help.go         redial help COMMAND, which is redial COMMAND --help
//
// What several commands share:
//
//	wish.go         the flags that say whom to reach, with what, and how hard to try
//	content.go      a text that stands on the line, in a file or on standard input
//	pair.go         redial and a simulated Twilio in one process
//	hangup.go       SIGHUP, which has a file read anew
//	phones.go       the flags that say what simulated phones do
//	screen.go       the demo's table
//	row.go          a row of it: how one call fares
//	demo_phones.go  what the phones of the demo do, and what must come of each call
//	demo_alerts.go  the alerts of the demo, and its file of triggers
//	feed.go         a line for each thing that happens at a desk
//	tell.go         a call's events as they happen, with their times
//	story.go        an event in a sentence
//	policy.go       a policy in plain words
//	state.go        where a call stands, in a word or two
//	settings.go     the environment: spaces around settings, names that look like a mistyped one
//	warn.go         secrets on the command line, plain http, and a server that is away
//	usage.go        what was typed wrong, and what was meant
//	client.go       the server that is asked
//	logging.go      the flags that say what is logged, and how
//	json.go         results, errors and warnings for scripts
//	times.go        times, lengths and counts as people read them
//	style.go        a line of the screen whose end has a color
//	terminal.go     how wide it is, and text that fits
//	console.go      where a command reads and writes, and with which status it ends
//	filter.go       what may reach a terminal
package main
