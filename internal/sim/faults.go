package sim

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"time"
)

// Faults say how often things go wrong, from 0 (never) to 1 (always), and how late things come.
type Faults struct {
	CallbackLost      float64 `json:"callback_lost,omitzero"`
	CallbackLate      float64 `json:"callback_late,omitzero"`
	CallbackDoubled   float64 `json:"callback_doubled,omitzero"`
	CallbackReordered float64 `json:"callback_reordered,omitzero"`
	Create429         float64 `json:"create_429,omitzero"`     // nothing is placed
	Create500         float64 `json:"create_500,omitzero"`     // the call is placed
	Unplaced500       float64 `json:"unplaced_500,omitzero"`   // nothing is placed
	CreateDropped     float64 `json:"create_dropped,omitzero"` // the call is placed
	CreateSlow        float64 `json:"create_slow,omitzero"`    // the call is placed late, even if nobody waits any more
	CallbackEarly     float64 `json:"callback_early,omitzero"` // before the create request is answered
	CreateSlowMS      int     `json:"create_slow_ms,omitzero"` // how late
	ListLagMS         int     `json:"list_lag_ms,omitzero"`    // a call appears in lists so much later
	GetLagMS          int     `json:"get_lag_ms,omitzero"`     // and is found by its sid so much later
	GetStaleMS        int     `json:"get_stale_ms,omitzero"`   // a read shows the call as it was so long ago
	MaxCalls          int     `json:"max_calls,omitzero"`      // more calls at once are refused with 10004; 0: no limit
}

func (f Faults) check() error {
	for name, rate := range map[string]float64{
		"callback_lost": f.CallbackLost, "callback_late": f.CallbackLate, "callback_doubled": f.CallbackDoubled,
		"callback_reordered": f.CallbackReordered, "create_429": f.Create429, "create_500": f.Create500,
		"create_dropped": f.CreateDropped, "unplaced_500": f.Unplaced500,
		"create_slow": f.CreateSlow, "callback_early": f.CallbackEarly,
	} {
		if !(rate >= 0 && rate <= 1) {
			return fmt.Errorf("the rate %s must be from 0 to 1", name)
		}
	}
	if min(f.ListLagMS, f.GetLagMS, f.GetStaleMS, f.CreateSlowMS, f.MaxCalls) < 0 {
		return fmt.Errorf("a lag, and max_calls, must not be negative")
	}
	return nil
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// roll says whether a fault of this rate happens. The seed and the arguments alone decide, so a seed replays in
// whatever order things happen.
func (s *Sim) roll(rate float64, number string, nth, sequence int, kind string) bool {
	return rate > 0 && s.chance(number, nth, sequence, kind) < rate
}

// happens says whether a fault happens, by the step's modifier or by chance, and
// counts it.
func (s *Sim) happens(st step, kind string, rate float64, number string, nth, sequence int) bool {
	if !st.has(kind) && !s.roll(rate, number, nth, sequence, kind) {
		return false
	}
	s.counting.Lock()
	defer s.counting.Unlock()
	s.faulted[kind]++
	return true
}

// chance returns a number from 0 up to 1. The seed and the arguments alone decide which.
func (s *Sim) chance(number string, nth, sequence int, kind string) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d|%s|%d|%d|%s", s.conf.Seed, number, nth, sequence, kind)
	// fnv alone is weak in its high bits for texts that differ in a digit
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], x)
	return float64(binary.LittleEndian.Uint64(b[:])>>11) / (1 << 53)
}
