package main

import (
	"testing"

	"redial/api"
)

// A call that is held no longer says why, if it is not that the number is free.
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
