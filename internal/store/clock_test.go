package store

import (
	"testing"
	"time"
)

// The database's clock is read in the middle of the round trip, and the quickest answer is the most exact.
func TestTheRoundTripCountsHalf(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const rtt, ahead = 400 * time.Millisecond, 3 * time.Second
	if got := offsetOf(at, at.Add(rtt/2+ahead), rtt); got != ahead {
		t.Errorf("the clock is taken to be %s ahead, want %s", got, ahead)
	}
	if got := offsetOf(at, at.Add(rtt/2-ahead), rtt); got != -ahead {
		t.Errorf("the clock is taken to be %s ahead, want %s", got, -ahead)
	}
}
