package webhook

import (
	"errors"
	"time"

	"redial/internal/seldom"
)

// Take implements store.Sender.
func (s *Sender) Take(t string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.targets[t]
	if !s.open || s.share(x) <= 0 {
		s.short = true
		return false
	}
	if x == nil {
		x = &target{log: s.outageOf(t)}
		s.targets[t] = x
	}
	x.busy++
	s.busy++
	s.inFlight.Add(1)
	return true
}

// share is how many more exchanges may begin with a target; nil is a target without any. The first exchange may begin
// while any slot is free. More may begin while twice as many slots stay free for other targets, besides those that are
// kept for first exchanges. So each of many slow targets has its share, and a new target has a slot at once. A target
// that fails has one slot.
func (s *Sender) share(x *target) int {
	if x == nil {
		x = new(target)
	}
	free := inAll - s.busy
	most := min(perTarget, (free-forFirst)/2)
	if x.failing || most < 1 {
		most = min(free, 1)
	}
	return most - x.busy
}

// Drop implements store.Sender.
func (s *Sender) Drop(t string) {
	s.leave(t, nil)
	s.inFlight.Done()
}

// leave gives a slot back, and keeps how the exchange went; nil if there was none.
func (s *Sender) leave(t string, went *verdict) {
	s.mu.Lock()
	x := s.targets[t]
	x.busy--
	s.busy--
	if went != nil {
		x.went(went)
	}
	if x.busy == 0 && !x.failing && x.log.Forgettable() {
		delete(s.targets, t)
	}
	short := s.short
	s.mu.Unlock()
	if short {
		s.Look()
	}
}

// went keeps how an exchange went. A target to which nothing is sent any more does not fail: else its waiting messages
// would be given up one at a time.
func (x *target) went(v *verdict) {
	x.failing = v.sent && !v.taken()
	switch {
	case x.failing:
		x.log.Went(errors.New(v.try.Error))
	case v.taken():
		x.log.Went(nil)
	}
}

// outageOf logs when a target begins to fail, and when it works again. The target of webhooks that calls bring is their
// host.
func (s *Sender) outageOf(t string) *seldom.Outage {
	return &seldom.Outage{
		Fails: func(err error) { s.Log.Warn("webhook endpoint fails", "endpoint", t, "err", err) },
		Well: func(after time.Duration) {
			s.Log.Info("webhook endpoint works again", "endpoint", t, "after", after.Round(time.Millisecond))
		},
	}
}

// looks begins a look at what is due, which also finds what had no slot before.
func (s *Sender) looks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.short = false
}

// forget drops the targets for which nothing waits any more.
func (s *Sender) forget(waits map[string]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, x := range s.targets {
		if _, some := waits[t]; !some && x.busy == 0 && (x.failing || x.log.Forgettable()) {
			delete(s.targets, t)
		}
	}
}
