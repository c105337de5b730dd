package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a carrier that never lies, but loses, delays, doubles and reorders its reports. It knows which phones
// really ring.
type world struct {
	*chaos
	sending []request // create requests that are under way
	legs    []*leg
	news    []news
	thanked int // the attempt whose person heard thanks for a key
	out     int // the attempt whose person heard last that it was passed on

	listLag time.Duration // until the list shows a leg, at most
	longest time.Duration // how long a leg lives at most
	longer  time.Duration // how much longer than its Timeout and its TimeLimit a leg lives
}

// twilios is a world whose list lags as far as Twilio's, and whose legs live as long.
func twilios(t *rapid.T) *world {
	return &world{chaos: newChaos(t, randomProof), listLag: 39 * time.Second, longest: 48 * time.Hour}
}

// request is one create request. It may be processed at any time before the fence.
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
	listed time.Time     // when the carrier's reads begin to show it
	left   time.Time     // when it left the queue
	limit  time.Duration // its longest life after that, by its Timeout and TimeLimit; 0: none
	gone   bool          // the carrier has lost it: it never rings, and nobody finds it
	rang   bool
	by     string // what the carrier detects about who answered
	heard  bool   // the carrier asked what to say to them, and was told
	right  bool   // the right key was pressed
}

// told is the leg as the carrier reports it when asked: the status of a leg that is being dialed is queued, but
// the record says that dialing began.
func (l *leg) told() Report {
	r := Report{SID: l.sid, Status: l.status, AnsweredBy: l.by, Asked: true, Begun: l.rang || l.status == Initiated}
	if r.Status == Initiated {
		r.Status = Queued
	}
	return r
}

// alive says whether a leg is alive. The carrier ends it in time if it was sent a TimeLimit.
func (w *world) alive(l *leg) bool {
	if !l.left.IsZero() && l.limit > 0 && !l.status.Final() && !w.now.Before(l.left.Add(l.limit)) {
		if l.status == InProgress {
			l.status = StatusCompleted
		} else {
			l.status = StatusNoAnswer
		}
		w.sayStatus(l)
	}
	return !l.gone && !l.status.Final()
}

// born adds a leg that the carrier makes for attempt n.
func (w *world) born(n int, lag time.Duration) *leg {
	l := &leg{n: n, sid: fmt.Sprintf("CA%d", len(w.legs)+1), status: Queued, born: w.now, listed: w.now.Add(lag)}
	if talk := time.Duration(w.c.Attempt(n).TalkLimit) * time.Second; talk > 0 && rulesOf(w.by).EndsTalk {
		l.limit = w.c.Policy.RingTimeout + talk + w.longer
	}
	w.legs = append(w.legs, l)
	return l
}

// becomes gives a leg another status.
func (w *world) becomes(l *leg, s Status) {
	if l.status == Queued && !s.Final() {
		l.left = w.now
	}
	l.status, l.rang = s, l.rang || s == Ringing || s == InProgress
	w.sayStatus(l)
}

// news is a report of the carrier that has yet to arrive. Nobody waits for an answer after until.
type news struct {
	what  string
	until time.Time
	tell  func(*Call) []Event
}

const (
	placeTime = 40 * time.Second // how long the dialer waits for a create request
	askTime   = 15 * time.Second // how long it waits for an answer to a question
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
	r := Report{SID: l.sid, Status: l.status, AnsweredBy: l.by}
	w.say("attempt "+fmt.Sprint(l.n)+" is "+string(l.status), 0, func(c *Call) []Event { return c.Report(l.n, r, w.now) })
}

// perform does what a Wake asked for, and reports what is true.
func (w *world) perform(acts []Action) {
	for _, a := range acts {
		switch a.Kind {
		case Dial:
			w.dial(a.Attempt)
		case LookUp:
			w.answer(w.leg(a.Attempt))
		case HangUp:
			w.hangUp(w.leg(a.Attempt))
		case End, Tell:
			w.end(w.leg(a.Attempt))
		case Search:
			w.search(a.Attempt)
		}
	}
}

// leg returns the leg that an attempt is known to be.
func (w *world) leg(n int) *leg {
	i := slices.IndexFunc(w.legs, func(l *leg) bool { return l.sid == w.c.Attempt(n).SID })
	return w.legs[i]
}

func (w *world) answer(l *leg) {
	if l.gone || w.now.Before(l.listed) {
		w.say(fmt.Sprintf("attempt %d is not known", l.n), askTime,
			func(c *Call) []Event { return c.Missing(l.n, w.by, w.now) })
		return
	}
	w.alive(l)
	r := l.told()
	w.say(fmt.Sprintf("asked about attempt %d: %s", l.n, r.Status), askTime,
		func(c *Call) []Event { return c.Report(l.n, r, w.now) })
}

// hangUp ends a leg that is not answered. A leg in the queue ends without a callback.
func (w *world) hangUp(l *leg) {
	a, unwanted := w.c.Attempt(l.n), !w.c.CancelRequested.IsZero() || w.c.ReachedBy != 0 && w.c.ReachedBy != l.n
	if !unwanted && a.RingingAt.Add(w.c.Policy.RingTimeout).After(w.now) {
		w.Fatalf("cuts the ring of attempt %d short", l.n)
	}
	if w.alive(l) && l.status != InProgress {
		queued := l.status == Queued
		if l.status = StatusCanceled; !queued {
			w.sayStatus(l)
		}
	}
	w.answer(l)
}

// end ends a leg that was answered: at once, or after the words that it is told. A leg that has outlived its
// carrier's limit can't be ended any more.
func (w *world) end(l *leg) {
	if w.alive(l) && l.status == InProgress {
		l.status = StatusCompleted
		w.sayStatus(l)
	}
	w.answer(l)
}

// atOnce says whether two attempts may ring together: they belong to different people, were dialed in the same
// moment, and the policy wants that.
func (w *world) atOnce(n, m int) bool {
	a, b := w.c.Attempt(n), w.c.Attempt(m)
	return w.c.Policy.Ladder == Parallel && a.DialedAt.Equal(b.DialedAt) && a.To != b.To
}

// dial checks the promise of redial: when it dials, no phone rings or is about to ring.
func (w *world) dial(n int) {
	if w.thanked != 0 {
		w.Fatalf("dials attempt %d, and attempt %d was thanked", n, w.thanked)
	}
	if w.out != 0 && w.c.Attempt(n).Person == w.c.Attempt(w.out).Person {
		w.Fatalf("dials attempt %d of a person who passed the call on by attempt %d", n, w.out)
	}
	for _, r := range w.sending {
		if w.now.Before(r.sendBy) && !w.atOnce(n, r.n) {
			w.Fatalf("dials attempt %d while the request of attempt %d may still be sent", n, r.n)
		}
	}
	for _, l := range w.legs {
		if w.alive(l) && w.now.Before(l.born.Add(w.longest)) && !w.atOnce(n, l.n) {
			w.Fatalf("dials attempt %d while the phone rings for attempt %d", n, l.n)
		}
	}
	w.sending = append(w.sending, request{n, w.c.Attempt(n).SendBy})
}

func (w *world) search(n int) {
	if !rulesOf(w.by).HasList {
		w.Fatalf("searches for attempt %d, and there is no list", n)
	}
	var found []Report
	for _, l := range w.legs {
		if l.n == n && !l.gone && !w.now.Before(l.listed) {
			found = append(found, Report{SID: l.sid, Status: l.status, AnsweredBy: l.by})
		}
	}
	w.say(fmt.Sprintf("the list shows %v", found), askTime, func(c *Call) []Event { return c.Listed(n, found, w.now) })
}

// take makes the carrier process a create request, if it still comes in time.
func (w *world) take(r request, t *rapid.T) {
	fates := []string{"created", "created", "created, answer lost", "not processed", "refused", "lost"}
	fate := rapid.SampledFrom(fates).Draw(t, "fate")
	if !w.now.Before(r.sendBy) {
		fate = rapid.SampledFrom([]string{"not processed", "lost"}).Draw(t, "too late")
	}
	switch fate {
	case "created", "created, answer lost":
		lag := rapid.SampledFrom([]time.Duration{0, w.listLag}).Draw(t, "lag")
		l := w.born(r.n, lag)
		l.gone = rapid.IntRange(0, 9).Draw(t, "gone") == 0
		if fate == "created" {
			w.say(l.sid+" is placed", placeTime, func(c *Call) []Event { return c.Placed(l.n, l.sid, w.now) })
		}
	case "not processed":
		wait := rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(t, "wait")
		w.say("not processed", placeTime, func(c *Call) []Event { return c.NotProcessed(r.n, w.now.Add(wait), w.now, "429") })
	case "refused":
		if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
			why := Refusal{Code: 21211, Status: 400}
			w.say("refused", placeTime, func(c *Call) []Event { return c.Refused(r.n, why, w.now) })
		}
	}
}

// goesWell wakes the Call in time, lets the carrier take what it dials and somebody answer, and loses no report.
func (w *world) goesWell(t *rapid.T) {
	heard := len(w.news)
	w.wakeInTime()
	for _, r := range w.sending {
		if w.now.Before(r.sendBy) {
			l := w.born(r.n, 0)
			w.say(l.sid+" is placed", placeTime, func(c *Call) []Event { return c.Placed(l.n, l.sid, w.now) })
		}
	}
	w.sending = nil
	for _, l := range w.legs {
		if !w.alive(l) || rapid.IntRange(0, 3).Draw(t, "not this one") == 0 {
			continue
		}
		switch a := w.c.Attempt(l.n); {
		case l.status != InProgress:
			w.becomes(l, InProgress)
			if a.Detects {
				w.detect(l, t)
			}
		case a.NeedsKey:
			w.press(l, t)
		default:
			w.becomes(l, StatusCompleted)
		}
	}
	for _, m := range w.news[heard:] {
		t.Logf("%s", m.what)
		w.tell(m.tell)
	}
	w.news = w.news[:heard]
}

// moves moves a leg on by one status.
func (w *world) moves(l *leg, t *rapid.T) {
	next := map[Status][]Status{
		Queued:     {Initiated, StatusFailed},
		Initiated:  {Ringing, StatusBusy, StatusFailed},
		Ringing:    {InProgress, StatusNoAnswer, StatusBusy, StatusNoAnswer},
		InProgress: {StatusCompleted},
	}
	s := rapid.SampledFrom(next[l.status]).Draw(t, "status")
	if s == InProgress && w.c.Attempt(l.n).Detects {
		w.detect(l, t)
	}
	w.becomes(l, s)
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
			if w.alive(l) {
				w.moves(l, t)
			}
		},
		// What takes many lucky steps, in one action, and drawn often.
		"all goes well":   w.goesWell,
		"and again":       w.goesWell,
		"and once more":   w.goesWell,
		"and a last time": w.goesWell,
		"a key is pressed": func(t *rapid.T) {
			if l := w.legs[pick(t, len(w.legs))]; l.status == InProgress && w.c.Attempt(l.n).NeedsKey {
				w.press(l, t)
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
		acts, events = c.Wake(w.now, w.by)
		return acts, events
	})
	w.perform(acts)
}

// detect lets the carrier detect who answered, and ask what to say. redial may miss the question.
func (w *world) detect(l *leg, t *rapid.T) {
	l.by = rapid.SampledFrom([]string{human, human, human, undecided, fax, "machine_end_beep"}).Draw(t, "who")
	r := Report{SID: l.sid, Status: InProgress, AnsweredBy: l.by, Instructs: true}
	if rapid.IntRange(0, 3).Draw(t, "somebody is there to be asked") == 0 {
		return
	}
	w.say("what is said to "+l.by+"?", askTime, func(c *Call) []Event {
		l.heard = true
		return c.Report(l.n, r, w.now)
	})
}

// press lets a person press a key and hear redial's answer.
func (w *world) press(l *leg, t *rapid.T) {
	m := rapid.SampledFrom(meanings).Draw(t, "means")
	l.right = l.right || m == confirms || m == answers
	w.say(fmt.Sprintf("%s pressed a key to %s", l.sid, m.Do), askTime, func(c *Call) []Event {
		events := c.Pressed(l.n, l.sid, 1, m, w.now)
		switch reached := c.ReachedBy; {
		case reached == 0 && m == passesOn && !c.Attempt(l.n).PassedOnAt.IsZero():
			w.out = l.n
		case reached != l.n:
		case w.thanked != 0 && w.thanked != l.n:
			w.Fatalf("attempt %d is thanked after attempt %d was", l.n, w.thanked)
		default:
			w.thanked = l.n
		}
		return events
	})
}

// proves says whether the truth about a leg is the proof that the policy wants.
func (w *world) proves(l *leg) bool {
	switch a := w.c.Attempt(l.n); {
	case l.status != InProgress && l.status != StatusCompleted:
		return false
	case a.NeedsKey:
		return l.right
	case a.Detects:
		return l.by == human && l.heard
	}
	return true
}

// Check is run after every action.
func (w *world) check() {
	answered, rang, rung := false, map[int]bool{}, map[string]int{}
	for _, l := range w.legs {
		answered = answered || w.c.ReachedBy == l.n && w.proves(l)
		if rang[l.n] {
			w.Fatalf("the phone rang twice for attempt %d", l.n)
		}
		rang[l.n] = true
		if l.rang {
			rung[w.c.Attempt(l.n).To]++
		}
	}
	switch {
	case w.c.ReachedBy != 0 && !answered:
		w.Fatalf("attempt %d reached somebody, and nothing proves it", w.c.ReachedBy)
	case w.c.State == Ended && w.thanked != 0 && w.c.Outcome != Reached:
		w.Fatalf("attempt %d was thanked, and the call is %s", w.thanked, w.c.Outcome)
	}
	for to, times := range rung {
		if times > w.c.Policy.MaxAttempts {
			w.Fatalf("%s rang %d times, the policy allows %d", to, times, w.c.Policy.MaxAttempts)
		}
	}
}

// However reports are lost, late, doubled or reordered: a phone that may be ringing is not dialed again, and no
// phone rings more often than the policy says.
func TestNoPhoneRingsOnceTooOften(t *testing.T) {
	for range 8 { // what would break the promise is rare
		t.Run("", rapid.MakeCheck(func(t *rapid.T) {
			twilios(t).ringsNobodyTooOften(t)
		}))
	}
}

func (w *world) ringsNobodyTooOften(t *rapid.T) {
	actions := w.actions()
	actions[""] = func(*rapid.T) { w.check() }
	t.Repeat(actions)
}
