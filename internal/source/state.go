package source

import "strings"

// states are the words by which senders say what became of something. Every other word is a new or a lasting fault.
var states = map[State]string{
	Resolved: "resolved resolve ok okay up close closed recovered recovery recover clear cleared normal success " +
		"successful inactive healthy fixed solved",
	Acknowledged: "acknowledged acknowledge acknowledgement ack acked",
	Updated:      "updated update comment",
}

// stateWords has each of these words.
var stateWords = func() map[string]State {
	words := map[string]State{}
	for state, list := range states {
		for word := range strings.FieldsSeq(list) {
			words[word] = state
		}
	}
	return words
}()

// stateOf is what a word says; Firing if it is not known, or empty.
func stateOf(word string) State {
	if state, ok := stateWords[strings.ToLower(strings.TrimSpace(word))]; ok {
		return state
	}
	return Firing
}

// severities are PagerDuty's words for priorities that are numbers. Sources: Opsgenie's alert API, whose default is
// P3, and ntfy's priorities, whose default is 3.
var severities = map[string]string{
	"P1": "critical", "P2": "error", "P3": "warning", "P4": "info", "P5": "info",
}

// severityOf is a severity as its sender wrote it, except that a priority becomes a word.
func severityOf(word string) string {
	if known, ok := severities[strings.ToUpper(word)]; ok {
		return known
	}
	return word
}
