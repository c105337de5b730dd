package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a carrier that never lies, but loses, delays, doubles and reorders
// what it says. It knows which phones really ring.
type world struct {
	*chaos
	sending []request // create requests that are under way
	legs    []*leg
	news    []news
}

// request is one create request; it may be taken any time before the fence.
type request struct {
	n      int
	sendBy time.Time
}

// leg is a call at the carrier.
type leg struct {
	n      int
	sid    string
	status Status
	born   time.Time
	listed time.Time // when the list begins to show it
	rang   bool
}

// told is the leg as the carrier answers a question: its word for a leg that is
// being dialed is queued, but its record says that it was begun.
func (l *leg) told() Report {
	r := Report{SID: l.sid, Status: l.status, Asked: true, Begun: l.rang || l.status == Initiated}
	if r.Status == Initiated {
		r.Status = Queued
	}
	return r
}

func (l *leg) alive() bool { return !l.status.Final() }

// news is something the carrier said that has yet to arrive; nobody waits for an
// answer longer than until.
type news struct {
	what  string
	until time.Time
	tell  func(*Call) []Event
}

const (
	placeTime = 40 * time.Second // the dialer's patience with a create request
	askTime   = 15 * time.Second // and with a question
	longest   = 48 * time.Hour   // that a leg can live
	listLag   = 39 * time.Second // until the list shows a leg, at most
)

// say sends news; patience 0 is for ever.
func (w *world) say(what string, patience time.Duration, tell func(*Call) []Event) {
	m := news{what: what, tell: tell}
	if patience > 0 {
		m.until = w.now.Add(patience)
	}
	w.news = append(w.news, m)
}

func (w *world) sayStatus(l *leg) {
	r := Report{SID: l.sid, Status: l.status}
	w.say("attempt "+fmt.Sprint(l.n)+" is "+string(l.status), 0, func(c *Call) []Event { return c.Report(l.n, r, w.now) })
}

// perform does what a Wake asked for, against the truth.
func (w *world) perform(acts []Action) {
	for _, a := range acts {
		switch a.Kind {
		case Dial:
			w.dial(a.Attempt)
		case LookUp:
			w.answer(w.leg(a.Attempt))
		case HangUp:
			w.hangUp(w.leg(a.Attempt))
		case End:
			w.end(w.leg(a.Attempt))
		case Search:
			w.search(a.Attempt)
		}
	}
}

// leg is the one that an attempt is known to be.
func (w *world) leg(n int) *leg {
	i := slices.IndexFunc(w.legs, func(l *leg) bool { return l.sid == w.c.Attempt(n).SID })
	return w.legs[i]
}

func (w *world) answer(l *leg) {
	r := l.told()
	w.say(fmt.Sprintf("asked about attempt %d: %s", l.n, r.Status), askTime, func(c *Call) []Event { return c.Report(l.n, r, w.now) })
}

// hangUp ends a leg that is not answered; one in the queue ends without a callback.
func (w *world) hangUp(l *leg) {
	a, unwanted := w.c.Attempt(l.n), !w.c.CancelRequested.IsZero() || w.c.ReachedBy != 0 && w.c.ReachedBy != l.n
	if !unwanted && a.RingingAt.Add(w.c.Policy.RingTimeout).After(w.now) {
		w.Fatalf("cuts the ring of attempt %d short", l.n)
	}
	if l.alive() && l.status != InProgress {
		queued := l.status == Queued
		if l.status = StatusCanceled; !queued {
			w.sayStatus(l)
		}
	}
	w.answer(l)
}

// end ends a leg, answered or not.
func (w *world) end(l *leg) {
	if l.alive() && l.status == InProgress {
		l.status = StatusCompleted
		w.sayStatus(l)
	}
	w.answer(l)
}

// dial holds redial to its promise: no phone rings, or is about to, when it dials.
func (w *world) dial(n int) {
	for _, r := range w.sending {
		if w.now.Before(r.sendBy) {
			w.Fatalf("dials attempt %d while the request of attempt %d may still be sent", n, r.n)
		}
	}
	for _, l := range w.legs {
		if l.alive() && w.now.Before(l.born.Add(longest)) {
			w.Fatalf("dials attempt %d while the phone rings for attempt %d", n, l.n)
		}
	}
	w.sending = append(w.sending, request{n, w.c.Attempt(n).SendBy})
}

func (w *world) search(n int) {
	var found []Report
	for _, l := range w.legs {
		if l.n == n && !w.now.Before(l.listed) {
			found = append(found, Report{SID: l.sid, Status: l.status})
		}
	}
	w.say(fmt.Sprintf("the list shows %v", found), askTime, func(c *Call) []Event { return c.Listed(n, found, w.now) })
}

// take has the carrier deal with a create request, if it still comes in time.
func (w *world) take(r request, t *rapid.T) {
	fates := []string{"created", "created", "created, answer lost", "not processed", "refused", "lost"}
	fate := rapid.SampledFrom(fates).Draw(t, "fate")
	if !w.now.Before(r.sendBy) {
		fate = rapid.SampledFrom([]string{"not processed", "lost"}).Draw(t, "too late")
	}
	switch fate {
	case "created", "created, answer lost":
		lag := rapid.SampledFrom([]time.Duration{0, listLag}).Draw(t, "lag")
		l := &leg{r.n, fmt.Sprintf("CA%d", len(w.legs)+1), Queued, w.now, w.now.Add(lag), false}
		w.legs = append(w.legs, l)
		if fate == "created" {
			w.say(l.sid+" is placed", placeTime, func(c *Call) []Event { return c.Placed(l.n, l.sid, w.now) })
		}
	case "not processed":
		wait := rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(t, "wait")
		w.say("not processed", placeTime, func(c *Call) []Event { return c.NotProcessed(r.n, w.now.Add(wait), w.now, "429") })
	case "refused":
		if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
			w.say("refused", placeTime, func(c *Call) []Event { return c.Refused(r.n, Refusal{Code: 21211}, w.now) })
		}
	}
}

// next moves a leg on.
func (l *leg) next(t *rapid.T) {
	next := map[Status][]Status{
		Queued:     {Initiated, StatusFailed},
		Initiated:  {Ringing, StatusBusy, StatusFailed},
		Ringing:    {InProgress, StatusNoAnswer, StatusBusy, StatusNoAnswer},
		InProgress: {StatusCompleted},
	}
	l.status = rapid.SampledFrom(next[l.status]).Draw(t, "status")
	l.rang = l.rang || l.status == Ringing
}

func (w *world) actions() map[string]func(*rapid.T) {
	pick := func(t *rapid.T, n int) int {
		if n == 0 {
			t.Skip("nothing to pick from")
		}
		return rapid.IntRange(0, n-1).Draw(t, "which")
	}
	all := w.chaos.actions()
	return map[string]func(*rapid.T){
		"":             func(*rapid.T) {},
		"time passes":  all["time passes"],
		"cancel":       all["cancel"],
		"hold":         all["hold"],
		"release":      all["release"],
		"wake":         func(*rapid.T) { w.wake() },
		"wake in time": func(*rapid.T) { w.wakeInTime() },
		"the carrier takes a request": func(t *rapid.T) {
			i := pick(t, len(w.sending))
			r := w.sending[i]
			w.sending = append(w.sending[:i:i], w.sending[i+1:]...)
			w.take(r, t)
		},
		"a leg moves": func(t *rapid.T) {
			l := w.legs[pick(t, len(w.legs))]
			if l.alive() {
				l.next(t)
				w.sayStatus(l)
			}
		},
		"news arrive": func(t *rapid.T) {
			i := pick(t, len(w.news))
			m := w.news[i]
			if rapid.IntRange(0, 3).Draw(t, "doubled") > 0 || !m.until.IsZero() {
				w.news = append(w.news[:i:i], w.news[i+1:]...)
			}
			if m.until.IsZero() || w.now.Before(m.until) {
				t.Logf("%s", m.what)
				w.tell(m.tell)
			}
		},
		"news are lost": func(t *rapid.T) {
			i := pick(t, len(w.news))
			w.news = append(w.news[:i:i], w.news[i+1:]...)
		},
	}
}

func (w *world) wakeInTime() {
	if w.c.WakeAt.After(w.now) {
		w.now = w.c.WakeAt
	}
	w.wake()
}

func (w *world) wake() {
	var acts []Action
	w.step(func(c *Call) ([]Action, []Event) {
		var events []Event
		acts, events = c.Wake(w.now)
		return acts, events
	})
	w.perform(acts)
}

// Check is run after every action.
func (w *world) check() {
	answered, rang, rung := false, map[int]bool{}, 0
	for _, l := range w.legs {
		answered = answered || l.status == InProgress || l.status == StatusCompleted
		if rang[l.n] {
			w.Fatalf("the phone rang twice for attempt %d", l.n)
		}
		rang[l.n] = true
		if l.rang {
			rung++
		}
	}
	if w.c.Outcome == Reached && !answered {
		w.Fatalf("reached, though nobody answered")
	}
	if rung > w.c.Policy.MaxAttempts {
		w.Fatalf("the phone rang %d times, the policy allows %d", rung, w.c.Policy.MaxAttempts)
	}
}

// However news are lost, late, doubled or reordered: a phone that may be ringing
// is not dialed again, and none rings more often than the policy says.
func TestNoPhoneRingsOnceTooOften(t *testing.T) {
	for range 5 { // what would break the promise is rare
		t.Run("", rapid.MakeCheck(func(t *rapid.T) {
			w := &world{chaos: newChaos(t)}
			actions := w.actions()
			actions[""] = func(*rapid.T) { w.check() }
			t.Repeat(actions)
		}))
	}
}
