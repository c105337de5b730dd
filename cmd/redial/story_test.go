package main

import (
	"testing"

	"redial/api"
)

// What somebody's request caused says whose it was, where that is known.
func TestTheStorySaysWho(t *testing.T) {
	for want, e := range map[string]api.Event{
		"call created by shop":                           {Type: "call.created"},
		"asked by shop to ring again at once":            {Type: "call.redial_requested"},
		"cancel requested by shop":                       {Type: "call.cancel_requested"},
		"cancel requested by shop, of conversations too": {Type: "call.cancel_requested", Reason: "hang up"},
		"attempt 2 resolved by shop: busy":               {Type: "attempt.resolved", Attempt: 2, Result: "busy"},
	} {
		e.By = "shop"
		if got := story(e, nil); got != want {
			t.Errorf("%s is told as %q, want %q", e.Type, got, want)
		}
	}
	for want, e := range map[string]api.Event{ // of the version before
		"call created":                         {Type: "call.created"},
		"asked to ring again at once":          {Type: "call.redial_requested"},
		"cancel requested":                     {Type: "call.cancel_requested"},
		"attempt 2 resolved by hand: unplaced": {Type: "attempt.resolved", Attempt: 2, Result: "unplaced"},
	} {
		if got := story(e, nil); got != want {
			t.Errorf("%s is told as %q, want %q", e.Type, got, want)
		}
	}
}

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
