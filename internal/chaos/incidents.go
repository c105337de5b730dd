package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"redial/api"
)

// The states that a sender tells of a key.
const (
	firing       = "firing"
	acknowledged = "acknowledged"
	resolved     = "resolved"
)

// Told is what a sender told a trigger about one key, as often as it took until that was answered with success.
type Told struct {
	Trigger, Key string
	State        string
	Rings        bool      // of what fires: the trigger is for it
	Sent         time.Time // for the first time
	Answered     time.Time
	Late         bool // one time was neither answered nor refused: it may have been taken in after Answered
}

// Rule is how long a trigger waits before it rings about a key, and before it rings again.
type Rule struct{ Hold, Again time.Duration }

const (
	// slack is how far the clocks of nodes may be apart.
	slack = time.Second
	// lookTime is how long a node may take to see what its trigger waits for, and to make the call.
	lookTime = 15 * time.Second
)

// spell is a time in which a key fires and nobody takes care of it.
type spell struct {
	told []Told // that it fires: the beginning, and its repeats
	over *Told  // nil: it still fires
}

// may says whether the key may fire at a time, by all that was sent.
func (s *spell) may(t time.Time) bool {
	return !t.Before(s.told[0].Sent.Add(-slack)) && (s.over == nil || !t.After(s.over.Answered.Add(slack)))
}

// does says whether the key fires at a time, by all that was answered.
func (s *spell) does(t time.Time) bool {
	return t.After(s.told[0].Answered.Add(slack)) && (s.over == nil || t.Before(s.over.Sent.Add(-slack)))
}

// topic is a key of a trigger.
type topic struct{ trigger, key string }

// spellsOf are the spells of each key, in their order.
func spellsOf(told []Told) map[topic][]*spell {
	all, fires := map[topic][]*spell{}, map[topic]bool{}
	told = slices.Clone(told)
	slices.SortStableFunc(told, func(a, b Told) int { return a.Sent.Compare(b.Sent) })
	for _, e := range told {
		k := topic{e.Trigger, e.Key}
		list := all[k]
		switch {
		case e.State == firing && e.Rings && !fires[k]:
			all[k] = append(list, &spell{told: []Told{e}})
			fires[k] = true
		case e.State == firing && fires[k]:
			if last := list[len(list)-1]; last.over == nil {
				last.told = append(last.told, e)
			}
		case e.State != firing && fires[k]:
			if last := list[len(list)-1]; last.over == nil {
				last.over = new(e)
			}
			fires[k] = e.State == acknowledged // until it is resolved it does not ring
		}
	}
	return all
}

// incidents holds what triggers were told against the calls that they made.
type incidents struct {
	audit
	rules  map[string]Rule
	told   []Told
	spells map[topic][]*spell
	by     map[string][]*api.Call // by trigger, in the order of their creation
	about  map[topic][]*api.Call  // the same by key
	away   []Span
}

func keysOf(c *api.Call) []string { return strings.Fields(c.Metadata["keys"]) }

func newIncidents(rules map[string]Rule, told []Told, calls []api.Call, away []Span) *incidents {
	x := &incidents{
		rules: rules, told: told, spells: spellsOf(told), by: map[string][]*api.Call{}, about: map[topic][]*api.Call{},
		away: away,
	}
	for i := range calls {
		if c := &calls[i]; byTrigger(c) {
			x.by[c.Metadata["trigger"]] = append(x.by[c.Metadata["trigger"]], c)
		}
	}
	for name, list := range x.by {
		slices.SortFunc(list, func(a, b *api.Call) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		for _, c := range list {
			for _, key := range keysOf(c) {
				x.about[topic{name, key}] = append(x.about[topic{name, key}], c)
			}
		}
	}
	return x
}

// Incidents returns what contradicts what the triggers were told: whoever fires is told of, in one call at a time, and
// not again too soon; what is over rings nobody.
func Incidents(rules map[string]Rule, told []Told, calls []api.Call, away []Span) []Finding {
	x := newIncidents(rules, told, calls, away)
	for _, name := range slices.Sorted(maps.Keys(x.by)) {
		x.oneAtATime(name)
		for _, c := range x.by[name] {
			x.call(c)
		}
	}
	for k, spells := range x.spells {
		for _, s := range spells {
			x.rings(k, s)
		}
	}
	for k := range x.about {
		x.distance(k)
	}
	return x.findings
}

// Untold counts the keys that fire, and that no call tells of yet.
func Untold(rules map[string]Rule, told []Told, calls []api.Call) (n int) {
	x := newIncidents(rules, told, calls, nil)
	for k, spells := range x.spells {
		if s := spells[len(spells)-1]; s.over == nil {
			x.rings(k, s)
		}
	}
	return len(x.findings)
}

// ended is when a call ended; in a far future if it has not.
func ended(c *api.Call) time.Time {
	if c.EndedAt.IsZero() {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return c.EndedAt
}

// oneAtATime looks for two calls of a trigger that lived at the same time: each trigger of a run reaches one person.
func (x *incidents) oneAtATime(name string) {
	var before *api.Call
	for _, c := range x.by[name] {
		if before != nil && c.CreatedAt.Before(ended(before).Add(-slack)) {
			x.find(Twice, "calls %s and %s of the trigger %s lived at once", before.ID, c.ID, name)
		}
		if before == nil || ended(c).After(ended(before)) {
			before = c
		}
	}
}

// call holds a call against what it tells of.
func (x *incidents) call(c *api.Call) {
	var spells []*spell
	for _, key := range keysOf(c) {
		list := x.spells[topic{c.Metadata["trigger"], key}]
		spells = append(spells, list...)
		if !slices.ContainsFunc(list, func(s *spell) bool { return s.may(c.CreatedAt) }) {
			x.find(Twice, "call %s tells of %s, which did not fire at %v", c.ID, key, c.CreatedAt)
		}
		at := c.CancelRequestedAt
		if !at.IsZero() && slices.ContainsFunc(list, func(s *spell) bool { return s.does(at) }) {
			x.find(Lost, "call %s was canceled, and %s fires", c.ID, key)
		}
	}
	if len(spells) == 0 {
		x.find(Differs, "call %s of the trigger %s tells of nothing", c.ID, c.Metadata["trigger"])
	}
	for _, a := range c.Attempts {
		if !slices.ContainsFunc(spells, func(s *spell) bool { return s.may(a.DialedAt) }) {
			x.find(Twice, "call %s: attempt %d was dialed at %v, when all that it tells was over", c.ID, a.Number, a.DialedAt)
		}
	}
}

// distance holds the calls about one key against each other.
func (x *incidents) distance(k topic) {
	list := x.about[k]
	for i := 1; i < len(list); i++ {
		before, c := list[i-1], list[i]
		apart := c.CreatedAt.Sub(ended(before))
		switch {
		case apart < x.rules[k.trigger].Again-slack:
			x.find(Twice, "call %s tells of %s, %s after the end of call %s", c.ID, k.key, apart, before.ID)
		case before.Outcome == "reached" && !x.heardOf(k, resolved, before.CreatedAt, c.CreatedAt):
			x.find(Twice, "call %s tells of %s, which call %s has reached somebody about", c.ID, k.key, before.ID)
		case before.Outcome != "reached" && !x.heardOf(k, firing, before.EndedAt, c.CreatedAt) && !x.anew(k, before, c):
			x.find(Twice, "call %s tells of %s after call %s, and nobody repeated it", c.ID, k.key, before.ID)
		}
	}
}

// heardOf says whether a state of a key may have been taken in between two times.
func (x *incidents) heardOf(k topic, state string, from, to time.Time) bool {
	return slices.ContainsFunc(x.told, func(e Told) bool {
		return e.Trigger == k.trigger && e.Key == k.key && e.State == state && !e.Sent.After(to.Add(slack)) &&
			(e.Late || !e.Answered.Before(from.Add(-slack)))
	})
}

// anew says whether the key began to fire anew while a call lived that told of it before.
func (x *incidents) anew(k topic, before, next *api.Call) bool {
	return slices.ContainsFunc(x.spells[k], func(s *spell) bool {
		return s.told[0].Sent.After(before.CreatedAt) && !s.told[0].Sent.After(next.CreatedAt.Add(slack))
	})
}

// rings finds what was told of a spell and rang nobody, though it should have.
func (x *incidents) rings(k topic, s *spell) {
	for _, e := range s.told {
		if !x.owed(k, s, &e) || x.isTold(k, s, &e) {
			continue
		}
		if s.over == nil {
			x.find(Lost, "%s of the trigger %s fires since %v, and no call tells of it", k.key, k.trigger, e.Sent)
			return
		}
		if free := x.free(k, e.Answered, s.over.Sent); free > lookTime {
			x.find(Lost, "%s of the trigger %s fired at %v, and no call told of it, which could for %s",
				k.key, k.trigger, e.Sent, free)
			return
		}
	}
}

// owed says whether a call must follow what was told: there was none before, or it reached nobody and has ended.
func (x *incidents) owed(k topic, s *spell, e *Told) bool {
	var last *api.Call
	for _, c := range x.about[k] {
		if c.CreatedAt.Before(e.Sent) {
			last = c
		}
	}
	return last == nil || ended(last).Before(e.Sent.Add(-slack)) &&
		(last.Outcome != "reached" || last.EndedAt.Before(s.told[0].Sent.Add(-slack)))
}

// isTold says whether a call tells of a key that lived after something was told of it.
func (x *incidents) isTold(k topic, s *spell, e *Told) bool {
	return slices.ContainsFunc(x.about[k], func(c *api.Call) bool {
		return ended(c).After(e.Sent.Add(-slack)) && (s.over == nil || c.CreatedAt.Before(s.over.Answered.Add(slack)))
	})
}

// free is the longest time in which nothing kept a trigger from ringing about a key.
func (x *incidents) free(k topic, from, to time.Time) (most time.Duration) {
	const step = 250 * time.Millisecond
	now, rule := time.Duration(0), x.rules[k.trigger]
	for t := from; t.Before(to); t = t.Add(step) {
		kept := t.Before(from.Add(rule.Hold)) ||
			slices.ContainsFunc(x.away, func(s Span) bool { return s.holds(t) }) ||
			slices.ContainsFunc(x.by[k.trigger], func(c *api.Call) bool {
				return Span{c.CreatedAt.Add(-slack), ended(c)}.holds(t)
			}) ||
			slices.ContainsFunc(x.about[k], func(c *api.Call) bool {
				return Span{c.CreatedAt, ended(c).Add(rule.Again)}.holds(t)
			})
		if now += step; kept {
			now = 0
		}
		most = max(most, now)
	}
	return most
}

// Incident is what redial keeps of an incident, and Member what it keeps of a key.
type (
	Incident struct {
		ID   string
		Open bool
	}
	Member struct {
		Trigger, Key, Incident, Call string
		Firing                       bool
	}
)

// Kept returns what contradicts itself in what redial keeps of incidents, or contradicts what it was told.
func Kept(kept []Incident, members []Member, told []Told, calls []api.Call) []Finding {
	x := newIncidents(nil, told, calls, nil)
	there, fires := map[string]bool{}, map[string]bool{}
	rows := map[topic]Member{}
	for _, i := range kept {
		there[i.ID] = true
	}
	for _, m := range members {
		rows[topic{m.Trigger, m.Key}] = m
		fires[m.Incident] = fires[m.Incident] || m.Firing
		x.member(m, there[m.Incident])
	}
	for _, i := range kept {
		if i.Open != fires[i.ID] {
			x.find(Differs, "incident %s: it is open: %t, a member of it fires: %t", i.ID, i.Open, fires[i.ID])
		}
	}
	for k, list := range x.about {
		if _, is := rows[k]; !is {
			x.find(Differs, "call %s tells of %s of the trigger %s, which is not kept", list[0].ID, k.key, k.trigger)
		}
	}
	for k := range x.spells {
		if state := x.lastState(k); rows[k].Firing != (state != resolved) {
			x.find(Differs, "%s of the trigger %s is %s, and kept as firing: %t", k.key, k.trigger, state, rows[k].Firing)
		}
	}
	for _, list := range x.by {
		for _, c := range list {
			if !there[c.Metadata["incident"]] {
				x.find(Differs, "call %s is about incident %q, which is not there", c.ID, c.Metadata["incident"])
			}
		}
	}
	return x.findings
}

// member holds a key as it is kept against the calls.
func (x *incidents) member(m Member, there bool) {
	k := topic{m.Trigger, m.Key}
	list := x.about[k]
	if !there {
		x.find(Differs, "%s of the trigger %s belongs to incident %q, which is not there", m.Key, m.Trigger, m.Incident)
	}
	at := slices.IndexFunc(list, func(c *api.Call) bool { return c.ID == m.Call })
	switch {
	case m.Call == "" && m.Firing && len(list) > 0 && x.firesSince(k, list[len(list)-1]):
		x.find(Differs, "%s of the trigger %s names no call, and call %s tells of it", m.Key, m.Trigger, list[len(list)-1].ID)
	case m.Call != "" && at < 0:
		x.find(Differs, "%s of the trigger %s names call %s, which does not tell of it", m.Key, m.Trigger, m.Call)
	case m.Call != "" && at != len(list)-1:
		x.find(Differs, "%s of the trigger %s names call %s, and a later one tells of it", m.Key, m.Trigger, m.Call)
	}
}

// firesSince says whether a key fires in the same spell in which a call was made about it.
func (x *incidents) firesSince(k topic, c *api.Call) bool {
	list := x.spells[k]
	return len(list) > 0 && list[len(list)-1].told[0].Sent.Before(c.CreatedAt)
}

func (x *incidents) lastState(k topic) string {
	var last Told
	for _, e := range x.told {
		if e.Trigger == k.trigger && e.Key == k.key && !e.Sent.Before(last.Sent) {
			last = e
		}
	}
	return last.State
}

// rungBy are the calls that triggers made, as if they had been asked for: to whom each trigger rings.
func rungBy(people map[string]string, calls []api.Call) (list []Asked) {
	for i := range calls {
		if name := calls[i].Metadata["trigger"]; name != "" {
			list = append(list, Asked{calls[i].ID, []string{people[name]}})
		}
	}
	return list
}

// askedFor are the calls that no trigger made.
func askedFor(calls []api.Call) []api.Call {
	return slices.DeleteFunc(slices.Clone(calls), func(c api.Call) bool { return byTrigger(&c) })
}

// described tells how many calls were made about how much.
func described(told []Told, calls []api.Call) string {
	fired, over := 0, 0
	for _, spells := range spellsOf(told) {
		for _, s := range spells {
			fired++
			if s.over != nil {
				over++
			}
		}
	}
	canceled := 0
	for i := range calls {
		if byTrigger(&calls[i]) && calls[i].Outcome == "canceled" {
			canceled++
		}
	}
	return fmt.Sprintf("%d times something fired, %d times it was over, %d calls, of these %d canceled", fired, over,
		len(rungBy(nil, calls)), canceled)
}
