package call

import (
	"fmt"
	"testing"
	"time"
)

func TestWhatKeepsACallThatIsDue(t *testing.T) {
	now := time.Unix(1000, 0)
	at := func(after int) time.Time { return now.Add(time.Duration(after) * time.Second) }
	call := func(due int) Call {
		return Call{State: Waiting, CreatedAt: at(due), NextAttemptAt: at(due), WakeAt: at(due)}
	}
	held, dialing := call(-60), call(-60)
	held.Held = "another"
	dialing.State = Dialing
	for name, tc := range map[string]struct {
		call   Call
		paused string
		next   []time.Time
		want   string
	}{
		"only just due":                       {call(0), "", []time.Time{at(-60), at(0)}, "[" + Paced + "]"},
		"others were due before it":           {call(-2), "", []time.Time{at(-3), at(-2)}, "[" + Paced + "]"},
		"another is due with it":              {call(-2), "", []time.Time{at(-2), at(-2)}, "[" + Paced + "]"},
		"it is the next, and not late":        {call(-4), "", []time.Time{at(-4)}, "[]"},
		"it is the next, and late":            {call(-5), "", []time.Time{at(-5), at(-4)}, "[" + noNode + "]"},
		"the others are not late yet":         {call(0), "", []time.Time{at(0), at(0)}, "[]"},
		"nothing is due any more":             {call(-60), "", nil, "[]"},
		"a pause says enough":                 {call(-60), "full", []time.Time{at(-70)}, "[full]"},
		"held, and paused":                    {held, "full", []time.Time{at(-70)}, "[" + ErrHeld.Error() + " full]"},
		"held: the pace is not what keeps it": {held, "", []time.Time{at(-70)}, "[" + ErrHeld.Error() + "]"},
		"an attempt is under way":             {dialing, "", []time.Time{at(-70)}, "[" + ErrDialed.Error() + "]"},
	} {
		if got := fmt.Sprint(Queue{now, tc.paused, tc.next}.Keeps(&tc.call)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
