package main

import (
	"testing"

	"redial/api"
)

// If a call is released for another reason than a free number, the story says the reason.
func TestTheStoryOfACallThatIsReleased(t *testing.T) {
	for reason, want := range map[string]string{
		"":                       "the number is free again",
		"another number is next": "another number is next",
	} {
		if got := story(api.Event{Type: "call.released", Reason: reason}, nil); got != want {
			t.Errorf("%q is told as %q, want %q", reason, got, want)
		}
	}
}
