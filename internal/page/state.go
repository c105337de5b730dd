package page

import "redial/internal/call"

// A state is how a Call stands, as shape, colour and word.
type state struct{ Shape, Role, Word string }

// outcomes are the states of Calls that have ended.
var outcomes = map[call.Outcome]state{
	call.Reached:         {"reached", "ok", "state.reached"},
	call.Unreached:       {"unreached", "bad", "state.unreached"},
	call.Expired:         {"unreached", "bad", "state.expired"},
	call.OutcomeRefused:  {"refused", "bad", "state.refused"},
	call.OutcomeCanceled: {"canceled", "still", "state.canceled"},
}

// stateOf is how a Call stands.
func stateOf(c *call.Call) state {
	switch {
	case c.State == call.Ended:
		return outcomes[c.Outcome]
	case c.State == call.Waiting && c.Held != "":
		return state{"held", "missed", "state.held"}
	case c.State == call.Waiting:
		return state{"waiting", "still", "state.waiting"}
	}
	switch a := liveAttempt(c); {
	case a == nil:
		return state{"ringing", "live", "state.dialing"}
	case a.Status() == call.InProgress:
		return state{"talking", "live", "state.talking"}
	case a.Status() == call.Ringing:
		return state{"ringing", "live", "state.ringing"}
	case a.Status() == call.Unknown:
		return state{"ringing", "doubt", "state.unknown"}
	}
	return state{"ringing", "live", "state.dialing"}
}

// liveAttempt is the attempt that has come furthest of those that may be ringing, nil if there is none.
func liveAttempt(c *call.Call) (best *call.Attempt) {
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if a.Live() && (best == nil || progress(a) >= progress(best)) {
			best = a
		}
	}
	return best
}

func progress(a *call.Attempt) int {
	switch a.Status() {
	case call.InProgress:
		return 2
	case call.Ringing:
		return 1
	}
	return 0
}

// wordOf is the id of how an attempt ended or, until then, of how far it has come.
func wordOf(a *call.Attempt) string {
	if a.Over() {
		return "result." + string(a.Result())
	}
	return "status." + string(a.Status())
}
