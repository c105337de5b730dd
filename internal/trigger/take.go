package trigger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"redial/internal/call"
	"redial/internal/incident"
	"redial/internal/source"
	"redial/internal/store"
)

// taker takes an event, or a look at what is due, into what is known of a trigger. It is a store.Teller: what it does
// in the transaction can be done again.
type taker struct {
	file    *File
	trigger *Trigger
	by      store.Asker
	event   *source.Event // nil: a look, or something by hand
	around  Around

	events      []incident.Event           // of the members that have a key
	fires       map[string][]source.Member // what the event says of those that fire, by key
	apart       [][]source.Member          // those that ring by themselves, by whom they reach
	apartPeople []string                   // whom each of apart reaches
	nobody      error                      // there are members that would ring, and for none of them anybody to be rung
	doubts      []string                   // of the event

	incident string         // by hand: the incident
	state    incident.State // and what becomes of it

	everybody  *string            // whom the trigger reaches now, if no template says so
	most       string             // the key under which members are told that are too many
	ringing    []string           // doubts of what is done in the transaction
	recipients []Recipient        // of the calls that were made
	became     []store.ToldMember // the members of the event, afterwards
}

// manyKey is the key of the member that stands for those that are too many.
const manyKey = "(more)"

func newTaker(f *File, t *Trigger, by store.Asker, e *source.Event, around Around) *taker {
	k := &taker{file: f, trigger: t, by: by, event: e, around: around, fires: map[string][]source.Member{}}
	if e == nil {
		return k
	}
	k.doubts = append(k.doubts, e.Doubts...)
	unreached := 0
	for i := range e.Members {
		if !k.take(&e.Members[i]) {
			unreached++
		}
	}
	rings := func(e incident.Event) bool { return e.State == incident.Firing && e.Rings }
	if unreached > 0 && len(k.apart) == 0 && !slices.ContainsFunc(k.events, rings) {
		k.nobody = ErrNobody
	}
	return k
}

// take takes in what the event says of a member. It returns false if that is to ring, and there is nobody to be rung.
func (k *taker) take(m *source.Member) bool {
	key, doubt := k.trigger.Key(k.event, m)
	if doubt != "" {
		k.doubt(doubt)
	}
	rings := m.State == source.Firing && k.trigger.matches(m)
	wants := ""
	if rings {
		var doubts []string
		if wants, doubts = k.wanted(m); wants == "" {
			for _, d := range doubts {
				k.doubt(d)
			}
			return false
		}
	}
	switch {
	case key == "" && rings:
		k.ringsApart(m, wants)
		return true
	case key == "":
		return true
	}
	e := incident.Event{Key: key, Group: k.group(m), Rings: rings, Wants: wants}
	if k.trigger.Once == nil { // several members may share the key of once, each with times of its own
		e.Began, e.Ended = m.At, m.Ended
	}
	switch m.State {
	case source.Firing:
		e.State, e.Incident = incident.Firing, newID()
		k.fires[key] = append(k.fires[key], *m)
	case source.Acknowledged:
		e.State = incident.Acknowledged
	case source.Resolved:
		e.State, e.Rings = incident.Over, k.trigger.matches(m)
	default: // more was said about it, which rings nobody. What a later call says was told when it fired
		return true
	}
	k.merge(e)
	return true
}

// ringsApart adds a member that rings by itself, in one call with those that reach the same people.
func (k *taker) ringsApart(m *source.Member, people string) {
	i := slices.Index(k.apartPeople, people)
	if i < 0 {
		i = len(k.apart)
		k.apartPeople, k.apart = append(k.apartPeople, people), append(k.apart, nil)
	}
	k.apart[i] = append(k.apart[i], *m)
}

// merge adds what is told of a member. Where `once` gives several the same key, they are one that fires while any does.
func (k *taker) merge(e incident.Event) {
	i := slices.IndexFunc(k.events, func(other incident.Event) bool { return other.Key == e.Key })
	switch {
	case i < 0:
		k.events = append(k.events, e)
	case e.State == incident.Firing && (e.Rings || k.events[i].State != incident.Firing):
		k.events[i] = e
	}
}

// group is the sender's name for what a member belongs to; empty if it is alone.
func (k *taker) group(m *source.Member) string {
	if k.trigger.Once != nil || k.event.Key == m.Key {
		return ""
	}
	return k.event.Key
}

func newID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic(err) // there is no randomness: nothing can go on
	}
	return id.String()
}

func (k *taker) doubt(text string) {
	if len(k.doubts) < maxDoubts && !slices.Contains(k.doubts, text) {
		k.doubts = append(k.doubts, text)
	}
}

func (k *taker) allDoubts() []string {
	all := slices.Clone(k.doubts)
	for _, d := range k.ringing {
		if len(all) < maxDoubts && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// keys are those of the members that the event is about.
func (k *taker) keys() []string {
	keys := []string{manyKey}
	for _, e := range k.events {
		keys = append(keys, e.Key)
	}
	return keys
}

func (k *taker) groups() (groups []string) {
	for _, e := range k.events {
		if e.Group != "" && !slices.Contains(groups, e.Group) {
			groups = append(groups, e.Group)
		}
	}
	return groups
}

// Take is a step of store.Teller.
func (k *taker) Take(t *incident.Trigger, now time.Time, full bool) store.Taken {
	k.around.Now, k.everybody = now, nil
	k.ringing, k.recipients, k.most = nil, nil, ""
	tr := k.trigger
	t.Rules = incident.Rules{
		Hold: tr.Hold, AgainAfter: tr.AgainAfter, RemindAfter: tr.RemindAfter, ForgetAfter: tr.ForgetAfter,
	}
	t.Forget(k.around.Now)
	if k.file == nil {
		k.abandon(t)
	}
	if k.incident != "" {
		return k.takeByHand(t)
	}
	t.Tell(k.fold(t, full), k.around.Now)
	taken := store.Taken{About: k.about(t), Why: store.ClosedResolved, Words: k.words()}
	if k.event != nil {
		taken.Group = store.About{Title: cmp.Or(k.event.Title, k.event.Key), Data: kept(k.event)}
	}
	return taken
}

// abandon forgets the members of a trigger that no file has any more, even if they were still to ring.
func (k *taker) abandon(t *incident.Trigger) {
	maps.DeleteFunc(t.Members, func(_ string, m *incident.Member) bool {
		return !t.Live(m) && !m.Seen.Add(t.ForgetAfter).After(k.around.Now)
	})
}

func (k *taker) takeByHand(t *incident.Trigger) store.Taken {
	var events []incident.Event
	for key, m := range t.Members {
		if m.Incident == k.incident && m.Firing {
			events = append(events, incident.Event{Key: key, State: k.state})
		}
	}
	t.Tell(events, k.around.Now)
	return store.Taken{Why: store.ClosedByHand, Words: k.words()}
}

// ends adds that messages are over whose title the event names.
func (k *taker) ends(t *incident.Trigger) []incident.Event {
	events := slices.Clone(k.events)
	for _, e := range k.events {
		for _, key := range slices.Sorted(maps.Keys(t.Members)) {
			if e.State != incident.Firing && source.IsMessage(key, e.Key) {
				events = append(events, incident.Event{Key: key, State: e.State})
			}
		}
	}
	return events
}

// fold has the members that are too many told as one.
func (k *taker) fold(t *incident.Trigger, full bool) []incident.Event {
	events := k.ends(t)
	if !full {
		return events
	}
	for i, e := range events {
		switch known := t.Members[e.Key] != nil; {
		case known || !e.Rings:
		case e.State == incident.Firing:
			events[i].Key, events[i].Group, k.most = manyKey, "", e.Key
		default: // that it is over is kept of none that is not known yet
			events[i].Rings = false
		}
	}
	if k.most != "" {
		if many := t.Members[manyKey]; many != nil && !t.Live(many) { // what was told of was others
			events = slices.Insert(events, 0, incident.Event{Key: manyKey, State: incident.Over})
		}
		k.ringing = append(k.ringing, "there are too many that fire at once: what is new is told as one, without its name")
	}
	return events
}

// about is what is new about members that fire.
func (k *taker) about(t *incident.Trigger) map[string]store.About {
	about := map[string]store.About{}
	for key, members := range k.fires {
		if m := t.Members[key]; m != nil && m.Firing {
			about[key] = aboutOf(members)
		}
	}
	if k.most != "" {
		members := slices.Clone(k.fires[k.most])
		about[manyKey] = aboutOf(members)
	}
	return about
}

// words say why a call is canceled that tells of nothing any more.
func (k *taker) words() string {
	switch {
	case k.state == incident.Closed:
		return "the incident was closed by " + cmp.Or(k.by.Name, "hand")
	case k.state == incident.Acknowledged:
		return "the incident was acknowledged by " + cmp.Or(k.by.Name, "hand")
	case k.event != nil && k.event.State == source.Acknowledged:
		return "acknowledged: somebody takes care of it"
	}
	return "resolved: nothing that it tells of fires any more"
}

// wanted names those whom a member is to reach: empty, with the doubts that explain it, if there is nobody.
func (k *taker) wanted(m *source.Member) (people string, doubts []string) {
	if k.isFixed() {
		if people = k.all(); people == "" {
			doubts = k.doubtsOf(nil)
		}
		return people, doubts
	}
	told := k.event.Of([]source.Member{*m})
	var d Decision
	k.file.recipients(&d, k.trigger, told.Data(), k.around)
	return peopleOf(d.Recipients), d.Doubts
}

func (k *taker) isFixed() bool {
	return !slices.ContainsFunc(k.trigger.To, func(t *Template) bool { return !t.Fixed() })
}

// all names those whom the trigger reaches now, if no template says so.
func (k *taker) all() string {
	if k.everybody == nil {
		var d Decision
		if k.file != nil {
			k.file.recipients(&d, k.trigger, nil, k.around)
		}
		people := peopleOf(d.Recipients)
		k.everybody = &people
	}
	return *k.everybody
}

func (k *taker) doubtsOf(data map[string]any) []string {
	var d Decision
	k.file.recipients(&d, k.trigger, data, k.around)
	return d.Doubts
}

// peopleOf is the same for the same numbers in any order.
func peopleOf(all []Recipient) string {
	if len(all) == 0 {
		return ""
	}
	var numbers []string
	for _, r := range all {
		numbers = append(numbers, r.Number)
	}
	slices.Sort(numbers)
	sum := sha256.Sum256([]byte(strings.Join(numbers, " ")))
	return hex.EncodeToString(sum[:16])
}

// People is a step of store.Teller.
func (k *taker) People(m *incident.Member) string {
	if k.isFixed() {
		return k.all()
	}
	return m.Wants
}

// Make is a step of store.Teller.
func (k *taker) Make(r incident.Ring, about []string, of store.Incident) (call.Call, []call.Event, error) {
	if k.file == nil || len(k.trigger.To) == 0 {
		return call.Call{}, nil, ErrNoTrigger
	}
	e := laterEvent(r, about, of)
	if k.isWhole(r, len(e.Members)) {
		e = k.event
	}
	return k.call(e, e.Members, of.By, map[string]string{metaIncident: of.ID})
}

// isWhole says whether a ring tells of all that the event tells of: then it is told as its sender tells it.
func (k *taker) isWhole(r incident.Ring, members int) bool {
	return k.event != nil && members == len(k.event.Members) &&
		!slices.ContainsFunc(r.Members, func(m *incident.Member) bool { return k.fires[m.Key] == nil })
}

const metaIncident = call.MetaIncident

// call makes a call about members of an event.
func (k *taker) call(
	e *source.Event, members []source.Member, by string, metadata map[string]string,
) (call.Call, []call.Event, error) {
	now := k.around.Now
	d, err := k.file.Decide(k.trigger, e, members, k.around)
	if err != nil {
		k.ringing = append(k.ringing, d.Doubts...)
		return call.Call{}, nil, err
	}
	for name, value := range metadata {
		if _, taken := d.Metadata[name]; !taken {
			d.Metadata[name] = value
		}
	}
	w, err := k.file.Wish(&d, now)
	k.ringing = append(k.ringing, d.Doubts...)
	if err != nil {
		return call.Call{}, nil, fmt.Errorf("a call of the trigger %s: %w", k.trigger.Name, err)
	}
	w.By = by
	c, events, err := call.New(w, now)
	if err != nil {
		return call.Call{}, nil, fmt.Errorf("a call of the trigger %s: %w", k.trigger.Name, err)
	}
	if doubts := k.allDoubts(); len(doubts) > 0 {
		events = append(events, c.Doubt(strings.Join(doubts, "; "), now)...)
	}
	k.recipients = append(k.recipients, d.Recipients...)
	return c, events, nil
}

// fill says what became of the members of the event.
func (k *taker) fill(told *Told, became *store.ToldTrigger) {
	told.Canceled = became.Canceled
	waits := false
	for _, e := range k.events {
		m, known := became.Members[e.Key]
		if !known {
			m, known = became.Members[manyKey]
			known = known && k.most != "" && e.Rings
		}
		if !known {
			continue
		}
		if !slices.Contains(told.Incidents, m.Incident) {
			told.Incidents = append(told.Incidents, m.Incident)
		}
		k.joins(told, became, &m)
		waits = waits || e.Rings && !m.Live && !m.RingsAt.IsZero()
		if at := m.RingsAt; !at.IsZero() && (told.RingsAt.IsZero() || at.Before(told.RingsAt)) {
			told.RingsAt = at
		}
		k.became = append(k.became, m)
	}
	if waits {
		told.refused = became.Refused
	}
}

// joins says which call tells of a member that fires: one that was made now, or before.
func (k *taker) joins(told *Told, became *store.ToldTrigger, m *store.ToldMember) {
	if !m.Live || !m.Firing || m.Acknowledged {
		return
	}
	is := func(c call.Call) bool { return c.ID == m.Call }
	switch i := slices.IndexFunc(became.Made, is); {
	case i >= 0 && !slices.ContainsFunc(told.Calls, is):
		told.Calls = append(told.Calls, became.Made[i])
	case i < 0 && !slices.Contains(told.Joined, m.Call):
		told.Joined = append(told.Joined, m.Call)
	}
}

// why says why no phone rings about the event now.
func (k *taker) why(told *Told) string {
	rings := func(e incident.Event) bool { return e.Rings && e.State == incident.Firing }
	switch {
	case len(told.Canceled) > 0:
		return canceled(k.event)
	case !slices.ContainsFunc(k.events, rings):
		return silence(k.event)
	case len(told.Joined) > 0:
		return "a call tells of it already"
	case slices.ContainsFunc(k.became, func(m store.ToldMember) bool { return m.Acknowledged }):
		return "somebody takes care of it already"
	case slices.ContainsFunc(k.became, func(m store.ToldMember) bool { return !m.Reached.IsZero() }):
		return "somebody was reached about it already"
	case !told.RingsAt.IsZero() && told.RingsAt.After(k.around.Now):
		return "it rings at " + told.RingsAt.UTC().Format(time.RFC3339) + ", unless it is over before"
	case !told.RingsAt.IsZero():
		return "another call of the trigger is under way: it is told in the next one"
	}
	return "it is old news: it was over already"
}
