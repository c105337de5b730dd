// Package trigger turns the events of other systems (alert sources, forms, scripts) into requests for calls. It reads
// what they send into one Event, whoever sent it, and the file of people, rotas and triggers that says whom an event
// rings and what is said. It does no I/O, knows no database and no HTTP server, and never decides who may ask.
//
// Its files, from the top down:
//
//	decide.go        whom some members of an event reach, and what is said
//	members.go       which members may ring, and how the event is told of some of them
//	speech.go        a text in the language of a voice that can say it
//	read_file.go     a file, with all that is wrong with it: people, rotas, presets
//	read_trigger.go  triggers, and whether what they say would ring
//	ask_edge.go      what the edge would refuse
//	values.go        values of the kind that they must have
//	file.go          what a file says
//	rota.go          who is on duty
//	template.go      texts in which an event stands for what is missing, within bounds
//	functions.go     what such texts can call
//	yaml.go          YAML as values with places, and nothing that surprises
//	mistakes.go      what is wrong with a file, and where
//	event.go         what was told, in the same words for every source
package trigger
