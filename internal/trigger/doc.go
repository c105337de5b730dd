// Package trigger rings phones about the events of other systems (alert sources, forms, scripts). A file of people,
// rotas and triggers says whom an event rings and what is said; internal/source reads the events. It knows no HTTP
// server, and never decides who may ask.
//
// Its files, from the top down:
//
//	run.go           what waits for its time rings
//	paste.go         what a file lacks that has no trigger of a name
//	given.go         a call of its own, with what a request says itself
//	secret.go        whose secret a sender brings
//	explain.go       what an event would do, for whoever tries a trigger
//	service.go       the triggers that are in force: an event comes in, phones ring
//	take.go          an event in the transaction that keeps it: which calls are made and canceled
//	metrics.go       what is counted
//	told.go          what became of an event
//	kept_event.go    what is kept of an event for the calls that are made later
//	overrides.go     overrides of rotas: as this node knows them, made and ended
//	decide.go        whom some members of an event reach, and what is said
//	members.go       which members may ring, and the incident that each belongs to
//	speech.go        a text in the language of a voice that can say it
//	read_file.go     a file, with all that is wrong with it: people, rotas, presets
//	read_trigger.go  triggers, and whether what they say would ring
//	ask_edge.go      what the edge would refuse
//	named.go         the trigger of a name
//	values.go        values of the kind that they must have
//	file.go          what a file says
//	rota.go          who is on duty, and why
//	template.go      texts in which an event stands for what is missing, within bounds
//	functions.go     what such texts can call
//	yaml.go          YAML as values with places, and nothing that surprises
//	mistakes.go      what is wrong with a file, and where
package trigger
