package page

import (
	"html/template"
	"strings"

	"redial/internal/call"
)

// doing says in a few words what a Call does, or how it ended.
func (v viewer) doing(c *call.Call, q call.Queue) (template.HTML, error) {
	switch c.State {
	case call.Ended:
		return v.ended(c)
	case call.Waiting:
		return v.waits(c, q)
	}
	a := liveAttempt(c)
	switch {
	case a == nil:
		return v.say("doing.dialing", "Number", max(1, len(c.Attempts)))
	case a.Status() == call.InProgress:
		return v.say("doing.talking", "For", v.running(a.AnsweredAt))
	case a.Status() == call.Ringing:
		return v.say("doing.ringing", "For", v.running(a.RingingAt))
	case a.Status() == call.Unknown:
		return v.say("doing.unknown")
	case !c.CancelRequested.IsZero():
		return v.say("doing.canceling")
	}
	return v.say("doing.dialing", "Number", a.N)
}

// waits says what a Call waits for.
func (v viewer) waits(c *call.Call, q call.Queue) (template.HTML, error) {
	if c.IsDue(q.Now) {
		if why := q.Keeps(c); len(why) > 0 {
			return v.why(why[len(why)-1])
		}
		return v.say("doing.next")
	}
	if n := len(c.Attempts); n > 0 && c.Attempts[n-1].Over() {
		said, err := v.say("result." + string(c.Attempts[n-1].Result()))
		if err != nil {
			return "", err
		}
		return v.then(c, "doing.again", "doing.again_at", "Result", said)
	}
	why, err := v.why(c.WaitsFor(q.Now))
	if err != nil || why == "" {
		return v.then(c, "doing.soon", "doing.first")
	}
	return v.then(c, "doing.soon_why", "doing.first_why", "Why", why)
}

// then says when a Call is dialed next: in how long, within the hour, else at which time.
func (v viewer) then(c *call.Call, in, at string, pairs ...any) (template.HTML, error) {
	if left := c.NextAttemptAt.Sub(v.now); left > 0 && left < soon {
		return v.say(in, append(pairs, "At", v.left(c.NextAttemptAt))...)
	}
	return v.say(at, append(pairs, "At", v.at(c.NextAttemptAt, c.To))...)
}

// ended says how a Call ended.
func (v viewer) ended(c *call.Call) (template.HTML, error) {
	n := len(c.Attempts)
	switch c.Outcome {
	case call.Reached:
		return v.reached(c)
	case call.OutcomeCanceled:
		return v.say("doing.canceled", "Count", n)
	case call.OutcomeRefused:
		if r := c.Refusal(); r != nil && r.Code != 0 {
			return v.say("doing.refused_code", "Code", r.Code)
		}
		return v.say("doing.refused")
	case call.Expired:
		return v.say("doing.expired", "Count", n)
	}
	if n == 0 {
		return v.say("doing.unreached_none")
	}
	said, err := v.say("result." + string(c.Attempts[n-1].Result()))
	if err != nil {
		return "", err
	}
	return v.say("doing.unreached", "Count", n, "Result", said)
}

// reached says how it is known that a person was reached.
func (v viewer) reached(c *call.Call) (template.HTML, error) {
	e := c.Evidence()
	if e == nil {
		return v.say("doing.reached")
	}
	if e.Answer != "" {
		return v.say("doing.reached_answer", "Number", e.Attempt, "Answer", e.Answer)
	}
	return v.say("doing.reached_by."+e.By, "Number", e.Attempt)
}

// whys are the beginnings of reasons, as the core gives them, and their texts in the catalogue.
var whys = []struct{ begins, id string }{
	{"outside ", "why.window"}, {"a ring would outlast ", "why.window"}, {"holiday ", "why.holiday"},
	{"not before ", "why.not_before"}, {"the pause after attempt ", "why.pause"}, {call.Paced, "why.pace"},
	{call.ErrHeld.Error(), "why.held"}, {call.ErrDialed.Error(), "why.dialed"}, {call.ErrEnded.Error(), "why.ended"},
	{"the account has as many calls", "why.full"}, {"Twilio takes no calls", "why.account"},
	{"Twilio refuses one number after another", "why.unlisted"}, {"it is the next to be dialed", "why.no_node"},
}

// why says a reason of the core in the viewer's language; one that is not in the catalogue as it is.
func (v viewer) why(reason string) (template.HTML, error) {
	if reason == "" {
		return "", nil
	}
	for _, w := range whys {
		if strings.HasPrefix(reason, w.begins) {
			return v.say(w.id)
		}
	}
	return template.HTML(`<span lang="en">` + template.HTMLEscapeString(reason) + `</span>`), nil
}
