package call

import (
	"testing"
	"time"
)

// A callback is missed if Twilio, when asked, says that a call has gone on, and no callback said so.
func TestMissedCallbacks(t *testing.T) {
	asked := func(status Status) Report { return Report{SID: "CA1", Status: status, Asked: true} }
	for name, tc := range map[string]struct {
		before func(c *Call)
		answer Report
		after  time.Duration // after the attempt was placed
		missed bool
	}{
		"it rings":             {nil, asked(Ringing), 20 * time.Second, true},
		"it talks":             {nil, asked(InProgress), 45 * time.Second, true},
		"it is over":           {nil, asked(StatusNoAnswer), 45 * time.Second, true},
		"it failed":            {nil, asked(StatusFailed), 45 * time.Second, true},
		"it is queued":         {nil, asked(Queued), time.Hour, false},
		"it was canceled":      {nil, asked(StatusCanceled), time.Hour, false},
		"it may be on its way": {nil, asked(Ringing), 14 * time.Second, false},
		"nobody was asked":     {nil, Report{SID: "CA1", Status: Ringing}, time.Hour, false},
		"none was asked for":   {func(c *Call) { c.Polled = true }, asked(StatusBusy), time.Hour, false},
		"one came": {func(c *Call) { c.Report(1, Report{SID: "CA1", Status: Initiated}, c.CreatedAt) },
			asked(StatusBusy), time.Hour, false},
		"another attempt's": {func(c *Call) { c.Attempts = nil }, asked(StatusBusy), time.Hour, false},
		"that it talks was heard": {func(c *Call) { c.Report(1, Report{SID: "CA1", Status: InProgress}, c.CreatedAt) },
			asked(StatusCompleted), time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, err := New(Wish{ID: "c", Secret: "s", To: "+819012345678", From: "+815012345678",
				Message: Message{Twiml: "x"}, Policy: DefaultPolicy()}, morning)
			if err != nil {
				t.Fatal(err)
			}
			c.Wake(morning, "")
			c.Placed(1, "CA1", morning)
			if tc.before != nil {
				tc.before(&c)
			}
			if got := c.Missed(1, tc.answer, morning.Add(tc.after)); got != tc.missed {
				t.Errorf("missed: %t", got)
			}
		})
	}
}

// redial knows how long a phone rang if it heard of the ring, and before its end.
func TestRang(t *testing.T) {
	at := func(seconds int) time.Time { return morning.Add(time.Duration(seconds) * time.Second) }
	for name, tc := range map[string]struct {
		a     Attempt
		rang  int
		known bool
	}{
		"it rang out":                {Attempt{RingingAt: at(1), EndedAt: at(31)}, 30, true},
		"it was answered":            {Attempt{RingingAt: at(1), AnsweredAt: at(5), EndedAt: at(17), Duration: 12}, 4, true},
		"the answer was not heard":   {Attempt{RingingAt: at(1), EndedAt: at(17), Duration: 12}, 4, true},
		"no ring was heard":          {Attempt{AnsweredAt: at(5), EndedAt: at(17)}, 0, false},
		"it was heard after the end": {Attempt{RingingAt: at(20), EndedAt: at(17)}, 0, false},
	} {
		if rang, known := tc.a.Rang(); known != tc.known || known && rang != time.Duration(tc.rang)*time.Second {
			t.Errorf("%s: %s, %t", name, rang, known)
		}
	}
}
