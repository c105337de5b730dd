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

// share is how many more exchanges may begin with a target, of which nil knows nothing. The
// first may as long as there is any place; more may while there are twice as many places left
// for others, beside those that are kept for first ones. So however many are slow, each has
// a share, and whoever comes has a place at once. A target that fails has one.
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

// leave gives a place back, and remembers how the exchange went; nil: there was none.
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

// went remembers how an exchange went. To whom nothing is sent any more is not failing, whatever it was: what
// waits for it is given up as fast as anything.
func (x *target) went(v *verdict) {
	x.failing = v.sent && !v.taken()
	switch {
	case x.failing:
		x.log.Went(errors.New(v.try.Error))
	case v.taken():
		x.log.Went(nil)
	}
}

// outageOf logs that a target fails, and that it is well again. Of the webhooks that calls bring, it is their host.
func (s *Sender) outageOf(t string) *seldom.Outage {
	return &seldom.Outage{
		Fails: func(err error) { s.Log.Warn("webhook endpoint fails", "endpoint", t, "err", err) },
		Well: func(after time.Duration) {
			s.Log.Info("webhook endpoint works again", "endpoint", t, "after", after.Round(time.Millisecond))
		},
	}
}

// looks begins a look at what is due: what there was no slot for before is seen now.
func (s *Sender) looks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.short = false
}

// forget drops what is known of targets that nothing waits for any more.
func (s *Sender) forget(waits map[string]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, x := range s.targets {
		if _, some := waits[t]; !some && x.busy == 0 && (x.failing || x.log.Forgettable()) {
			delete(s.targets, t)
		}
	}
}
