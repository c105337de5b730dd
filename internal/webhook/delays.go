package webhook

import (
	"math/rand/v2"
	"time"
)

// Delays is how long to wait after the first failed try, after the second, and so on;
// when they are used up, the delivery is a dead letter. About three days in all:
// docs/webhooks.md has the same table with the time that has passed.
var Delays = []time.Duration{
	5 * time.Second,
	30 * time.Second,
	2 * time.Minute,
	10 * time.Minute,
	30 * time.Minute,
	1 * time.Hour,
	2 * time.Hour,
	4 * time.Hour,
	8 * time.Hour,
	12 * time.Hour,
	20 * time.Hour,
	24 * time.Hour,
}

const (
	// GiveUp bounds what waited behind another delivery, or was put off again and again:
	// a try that fails so long after the event is the last.
	GiveUp = 80 * time.Hour
	// MostRetryAfter is the most that an answer's Retry-After can ask for.
	MostRetryAfter = 24 * time.Hour
)

// delay is how long to wait after so many failures, a tenth more at most than the table
// says; false: that was the last try.
func delay(failures int, asked time.Duration) (time.Duration, bool) {
	if failures > len(Delays) {
		return 0, false
	}
	d := Delays[failures-1]
	return max(d+rand.N(d/10), min(asked, MostRetryAfter)), true
}
