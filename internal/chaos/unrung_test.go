package chaos

import (
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/sim"
)

// A call that expired unrung is a fault, unless known causes kept it from ringing for long enough.
func TestUnrungCallsAreNamed(t *testing.T) {
	at := func(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }
	ring := api.Duration(5 * time.Second)
	unrung := func(life int, change func(*api.Call)) api.Call {
		c := api.Call{
			ID: "1", To: "A", State: "ended", Outcome: "expired", CreatedAt: noon, DeadlineAt: at(life), EndedAt: at(life),
			Policy: api.Policy{RingTimeout: &ring},
		}
		if change != nil {
			change(&c)
		}
		return c
	}
	leg := func(to string, from, until int) sim.Leg {
		return sim.Leg{To: to, CreatedAt: at(from), EndedAt: at(until)}
	}
	for name, tc := range map[string]struct {
		call  api.Call
		legs  []sim.Leg
		more  []api.Call
		away  []Span
		fault string // empty: none
	}{
		"nothing kept it":              {call: unrung(300, nil), fault: "could have been rung for 5m0s"},
		"nothing, for a short while":   {call: unrung(20, nil), fault: "nothing kept it from ringing"},
		"its number rang all the time": {call: unrung(300, nil), legs: []sim.Leg{leg("A", 0, 300)}},
		"another number rang": {call: unrung(300, nil), legs: []sim.Leg{leg("B", 0, 300)},
			fault: "could have been rung for 5m0s"},
		"its number was free at the end": {call: unrung(300, nil), legs: []sim.Leg{leg("A", 0, 200)},
			fault: "its number was being rung for 202 s"},
		"free for no longer than a minute": {call: unrung(300, nil), legs: []sim.Leg{leg("A", 0, 240)}},
		"an attempt that is not settled": {call: unrung(300, nil),
			more: []api.Call{{ID: "2", To: "A", Outcome: "reached", Attempts: []api.Attempt{
				{To: "A", DialedAt: at(0), EndedAt: at(300)}}}}},
		"its window was closed": {call: unrung(300, func(c *api.Call) { c.Policy.Window = window(at(20), at(7200)) })},
		"its window closed late": {call: unrung(300, func(c *api.Call) { c.Policy.Window = window(at(150), at(7200)) }),
			fault: "its window was closed for"},
		"no redial ran": {call: unrung(300, nil), away: []Span{{at(5), at(290)}}},
		"one of several, at once": {call: unrung(300, func(c *api.Call) {
			c.People, c.Policy.Ladder = []api.Person{{Number: "A"}, {Number: "B"}}, "parallel"
		}), legs: []sim.Leg{leg("A", 0, 300)}, fault: "could have been rung"},
		"the second, in sequence": {call: unrung(300, func(c *api.Call) {
			c.People = []api.Person{{Number: "A"}, {Number: "B"}}
		}),
			legs: []sim.Leg{leg("A", 0, 300)}},
		"it was rung": {call: unrung(300, func(c *api.Call) {
			c.Attempts = []api.Attempt{{To: "A", DialedAt: at(1), EndedAt: at(2)}}
		})},
	} {
		found := Expired(append(tc.more, tc.call), tc.legs, tc.away)
		switch {
		case tc.fault == "" && len(found) > 0:
			t.Errorf("%s: %v", name, found)
		case tc.fault != "" && (len(found) != 1 || found[0].Kind != Unrung || !strings.Contains(found[0].What, tc.fault)):
			t.Errorf("%s: %v, want %q", name, found, tc.fault)
		}
	}
}

func TestWhatWasDrawnIsCounted(t *testing.T) {
	end := noon.Add(time.Minute)
	list := []api.Call{
		{CreatedAt: noon, EndedAt: end, Outcome: "reached"},
		{CreatedAt: noon, EndedAt: noon.Add(time.Second), Outcome: "expired",
			Policy: api.Policy{Window: window(noon.Add(30*time.Second), noon.Add(time.Hour))}},
		{CreatedAt: noon, EndedAt: end, Outcome: "expired",
			Policy: api.Policy{Window: window(noon.Add(2*time.Minute), noon.Add(time.Hour))}},
	}
	if windows, deadlines := drawn(list); windows != 1 || deadlines != 2 {
		t.Errorf("%d windows that closed, %d deadlines", windows, deadlines)
	}
}
