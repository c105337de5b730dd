package call

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Twilio's rules, by the names that the stories use.
const (
	searchMargin = 20 * time.Second
	absentApart  = 20 * time.Second
	askGrace     = 15 * time.Second
	hangUpSettle = 3 * time.Second
	legMargin    = time.Minute
	legLimit     = 49 * time.Hour
)

const (
	otherAccount = "other:1" // of a carrier that exists only in tests, with drawn rules
	laterAccount = "later:1" // of a carrier that this version does not know
)

// otherCarrier adds a carrier beside Twilio for the time of a test, which sets its rules.
func otherCarrier(t *testing.T) *EvidenceRules {
	other, before := &EvidenceRules{}, carriers
	carriers = append(slices.Clone(carriers), other)
	t.Cleanup(func() { carriers = before })
	return other
}

// drawRules draws rules that a carrier may have: reads that never lag or lag by minutes, no list, legs that the
// carrier never ends, a queue that lasts a day or none.
func drawRules(t *rapid.T) EvidenceRules {
	pick := func(what string, d ...time.Duration) time.Duration { return rapid.SampledFrom(d).Draw(t, what) }
	return EvidenceRules{
		Carrier: "other", Name: "Another",
		HasList:      rapid.Bool().Draw(t, "has list"),
		ListedAfter:  pick("listed after", 10*time.Second, 20*time.Second, 5*time.Minute),
		AbsentTimes:  rapid.IntRange(1, 3).Draw(t, "absent times"),
		AbsentApart:  pick("absent apart", 0, 20*time.Second, 5*time.Minute),
		StuckTimes:   rapid.IntRange(1, 3).Draw(t, "stuck times"),
		SettledAfter: pick("settled after", 0, 3*time.Second, time.Minute),
		FinalAfter:   pick("final after", 0, 15*time.Second, 5*time.Minute),
		CallbackTime: pick("callback time", 0, 15*time.Second, time.Hour),
		EndsTalk:     rapid.Bool().Draw(t, "ends talk"),
		LegMargin:    pick("leg margin", time.Second, time.Minute, 10*time.Minute),
		LongestQueue: pick("longest queue", 0, time.Minute, 24*time.Hour),
		LongestTalk:  pick("longest talk", 4*time.Hour, 24*time.Hour),
	}
}

// drawAccount draws the rules of another carrier, and which account dials.
func drawAccount(t *rapid.T, other *EvidenceRules) string {
	*other = drawRules(t)
	return rapid.SampledFrom([]string{otherAccount, otherAccount, laterAccount}).Draw(t, "account")
}

// lagging is a world that is as slow as the rules allow, and whose legs live as long.
func lagging(t *rapid.T, by string) *world {
	w, rules := twilios(t), rulesOf(by)
	w.by, w.longest, w.longer = by, rules.LongestQueue+rules.LongestTalk, rules.LegMargin
	last := rules.ListedAfter + time.Duration(rules.AbsentTimes-1)*rules.AbsentApart
	w.listLag = max(0, last-askTime) // the last absence may be reported so long after it was seen
	return w
}

// The laws hold under the rules of any carrier.
func TestLawsHoldUnderAnyRules(t *testing.T) {
	other := otherCarrier(t)
	t.Run("nothing breaks them", rapid.MakeCheck(func(t *rapid.T) {
		x := newChaos(t, randomProof, randomHours)
		x.by = drawAccount(t, other)
		x.keepsTheLaws(t)
	}))
	t.Run("order and doubling do not matter", rapid.MakeCheck(func(t *rapid.T) {
		orderDoesNotMatter(t, drawAccount(t, other))
	}))
	for range 4 { // what would break them is rare
		t.Run("no phone rings once too often", rapid.MakeCheck(func(t *rapid.T) {
			lagging(t, drawAccount(t, other)).ringsNobodyTooOften(t)
		}))
	}
}

// The core can rely on the rules in the table.
func TestRulesAreSound(t *testing.T) {
	for _, r := range append(slices.Clone(carriers), cautious) {
		told := r.Name != "" && r.AbsentTimes > 0 && r.StuckTimes > 0
		if !told || r.ListedAfter+SendWindow <= askTime || r.LongestTalk < TalkLimitCeiling {
			t.Errorf("%+v", r)
		}
		if r.LongestQueue > longestQueue() {
			t.Errorf("%s keeps a call in its queue for %s", r.Name, r.LongestQueue)
		}
	}
}

// Each rule decides something: with another value, the same story goes on differently.
func TestEachRuleDecides(t *testing.T) {
	other := otherCarrier(t)
	told := map[string]bool{}
	for _, story := range ruleStories {
		told[story.rule] = true
		t.Run(story.rule, func(t *testing.T) {
			*other = *rulesOf(account)
			other.Carrier = carrierOf(otherAccount)
			tell := func() []any {
				l := &life{tale: begin(t)}
				l.wakesBy(otherAccount)
				story.tell(l)
				return append(l.seen, l.events, l.Call)
			}
			before := tell()
			story.change(other)
			if reflect.DeepEqual(tell(), before) {
				t.Errorf("it decides nothing: %+v", before)
			}
		})
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[EvidenceRules]()) {
		if !told[f.Name] {
			t.Errorf("no story tells what %s decides", f.Name)
		}
	}
}

var ruleStories = []struct {
	rule   string
	change func(*EvidenceRules)
	tell   func(*life)
}{
	{"Carrier", func(r *EvidenceRules) { r.Carrier = "yet another" }, (*life).isLost},
	{"Name", func(r *EvidenceRules) { r.Name = "B" }, (*life).isPostponed},
	{"HasList", func(r *EvidenceRules) { r.HasList = false }, (*life).isLost},
	{"HasList", func(r *EvidenceRules) { r.HasList = false }, (*life).isNotListed},
	{"ListedAfter", func(r *EvidenceRules) { r.ListedAfter++ }, (*life).isLost},
	{"AbsentTimes", func(r *EvidenceRules) { r.AbsentTimes++ }, (*life).isLost},
	{"AbsentApart", func(r *EvidenceRules) { r.AbsentApart = time.Minute }, (*life).isLost},
	{"AbsentApart", func(r *EvidenceRules) { r.AbsentApart = time.Minute }, (*life).isNotListed},
	{"StuckTimes", func(r *EvidenceRules) { r.StuckTimes++ }, (*life).isQueued},
	{"SettledAfter", func(r *EvidenceRules) { r.SettledAfter++ }, (*life).talks},
	{"FinalAfter", func(r *EvidenceRules) { r.FinalAfter++ }, (*life).talks},
	{"CallbackTime", func(r *EvidenceRules) { r.CallbackTime = time.Minute }, (*life).isMissed},
	{"EndsTalk", func(r *EvidenceRules) { r.EndsTalk = false }, (*life).talks},
	{"LegMargin", func(r *EvidenceRules) { r.LegMargin++ }, (*life).talks},
	{"LongestQueue", func(r *EvidenceRules) { r.LongestQueue-- }, (*life).isQueued},
	{"LongestQueue", func(r *EvidenceRules) { r.LongestQueue = time.Hour }, (*life).isOutsideItsWindow},
	{"LongestTalk", func(r *EvidenceRules) { r.LongestTalk-- }, (*life).isQueued},
}

// life is what becomes of an attempt that an account of another carrier dials.
type life struct {
	*tale
	seen []any // what a watcher saw
}

// goesOn wakes the Call whenever it wants to be woken, for some days. The carrier's list is empty; asked about a
// call, the carrier reports status.
func (l *life) goesOn(status Status) {
	for end := l.now.Add(5 * 24 * time.Hour); !l.WakeAt.IsZero() && l.WakeAt.Before(end); {
		l.now = latest(l.now, l.WakeAt)
		acts, events := l.Wake(l.now, otherAccount)
		l.got(events)
		for _, a := range acts {
			l.seen = append(l.seen, a, l.now)
			switch a.Kind {
			case Search:
				l.listed(a.Attempt)
			case LookUp:
				l.looked(a.Attempt, status)
			}
		}
	}
}

// isLost plays a story in which the answer to the create request gets lost.
func (l *life) isLost() { l.goesOn("") }

func (l *life) isQueued() { l.got(l.Placed(1, "CA1", l.now)); l.goesOn(Queued) }
func (l *life) talks()    { l.got(l.Placed(1, "CA1", l.now)); l.goesOn(InProgress) }

func (l *life) isPostponed() {
	l.postponed(1, time.Minute)
	l.seen = append(l.seen, l.WaitsFor(l.now))
}

func (l *life) isNotListed() { l.after(time.Hour).listed(1).after(30 * time.Second).listed(1) }

func (l *life) isMissed() {
	l.got(l.Placed(1, "CA1", l.now)).after(20 * time.Second)
	l.seen = append(l.seen, l.Missed(1, Report{SID: "CA1", Status: Ringing, Asked: true}, l.now))
}

func (l *life) isOutsideItsWindow() {
	l.Policy.Window = hours(0, 20, "UTC")
	l.got(l.Placed(1, "CA1", l.now))
}

// Without a list redial does not search: after a lost answer it waits for a callback, or for the longest life.
func TestACarrierWithoutAList(t *testing.T) {
	other := otherCarrier(t)
	*other = *rulesOf(account)
	other.Carrier, other.HasList = carrierOf(otherAccount), false
	lost := func(t *testing.T) *tale {
		s := begin(t, deadline(10*24*time.Hour)).wakesBy(otherAccount).after(SendWindow + searchMargin).sleeps()
		s.last(AttemptUnanswered)
		if n := s.Inquire(s.now, s.now); n != 0 || s.WakeAt.Before(s.now.Add(time.Hour)) {
			t.Errorf("%d are asked about, the call wakes at %s", n, s.WakeAt)
		}
		return s
	}
	t.Run("nothing comes", func(t *testing.T) {
		s := lost(t)
		s.after(legLimit - s.now.Sub(morning) - 1).sleeps().is(Dialing).after(1).sleeps().results(Ambiguous)
	})
	t.Run("a callback comes", func(t *testing.T) {
		lost(t).hears(1, Ringing, StatusBusy).results(Busy)
	})
}

// redial looks at the list no more often than absences count.
func TestSearchesAreAsFarApartAsAbsences(t *testing.T) {
	other := otherCarrier(t)
	*other = *rulesOf(account)
	other.Carrier, other.AbsentApart = carrierOf(otherAccount), 5*time.Minute
	s := begin(t).wakesBy(otherAccount).after(SendWindow + searchMargin).wakes(Action{Search, 1}).listed(1)
	s.after(5*time.Minute - 1).sleeps().after(1).wakes(Action{Search, 1}).is(Dialing).listed(1).results(Unplaced)
}

// wakesBy wakes the Call, and another account dials its attempts.
func (s *tale) wakesBy(by string) *tale {
	s.Helper()
	_, events := s.Wake(s.now, by)
	return s.got(events)
}

// The account that placed an attempt says whose rules hold for it.
func TestWhoseRulesHold(t *testing.T) {
	other := otherCarrier(t)
	other.Carrier = carrierOf(otherAccount)
	for by, want := range map[string]*EvidenceRules{
		account: carriers[0], "http://127.0.0.1:4567/2010-04-01/Accounts/AC1": carriers[0], "the account": carriers[0],
		"": carriers[0], otherAccount: other, laterAccount: cautious,
	} {
		if got := rulesOf(by); got != want {
			t.Errorf("%q is judged by the rules of %s, want %s", by, got.Name, want.Name)
		}
	}
	s := begin(t, attempts(2)).wakes(Action{Dial, 1}).postponed(1, time.Minute).after(time.Minute).wakesBy(otherAccount)
	if a := s.Attempt(1); a.rules() != other {
		t.Errorf("an attempt that another account dials at last is judged by the rules of %s", a.rules().Name)
	}
}
