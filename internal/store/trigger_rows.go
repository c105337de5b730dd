package store

import (
	"maps"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/incident"
	"redial/internal/store/engine"
)

// Bounds of a trigger.
const (
	MaxMembers = 10_000 // of a trigger, that are known at once
	maxActive  = 1_000  // of these, that are to ring, or that a call tells of
	maxForgets = 500    // members that one transaction forgets
)

// triggerRows are what is stored of a trigger, as far as a Telling needs it: as it was read, and as it is to be
// written.
type triggerRows struct {
	Telling

	at      time.Time // when it is decided
	members int       // as stored
	wakeAt  time.Time // as stored
	forget  time.Time // when the first member is forgotten, as stored

	trigger   incident.Trigger
	before    map[string]*memberRow
	incidents map[string]*incidentRow
	taken     Taken
}

// incidentRow is an incident before and after.
type incidentRow struct {
	before, after Incident
	there, event  bool // it is stored already; its event is new
	over          bool // a member was told to be over: else it was forgotten
}

func newTriggerRows(t Telling, at time.Time) *triggerRows {
	return &triggerRows{
		Telling: t, at: at,
		trigger: incident.Trigger{
			Members: map[string]*incident.Member{}, Calls: map[string]incident.Call{}, Open: map[string]string{},
		},
		before: map[string]*memberRow{}, incidents: map[string]*incidentRow{},
	}
}

// isIdle says whether there is nothing to be done, as the trigger's time has not come.
func (o *triggerRows) isIdle() bool {
	return o.OnlyDue && (o.wakeAt.IsZero() || o.wakeAt.After(o.at))
}

// isFull says whether the trigger has as many members as it can have.
func (o *triggerRows) isFull() bool {
	active := 0
	for _, m := range o.trigger.Members {
		if o.isActive(m) {
			active++
		}
	}
	return o.members >= MaxMembers || active >= maxActive
}

const (
	selectTrigger = "SELECT members, wake_at FROM triggers WHERE name = $1"
	membersByKey  = "trigger_name = $1 AND member_key IN ($2)"
	membersActive = "trigger_name = $1 AND active = 1"
	membersForgot = "trigger_name = $1 AND forget_at <= $2 ORDER BY forget_at LIMIT $3"
	membersFiring = "trigger_name = $1 AND incident_id = $2 AND firing = 1"
	// selectForget selects when the first member is forgotten: the last of the few that are read beside it may be.
	selectForget = "SELECT forget_at FROM incident_members WHERE trigger_name = $1 AND forget_at > $2 " +
		"ORDER BY forget_at LIMIT 1"
	incidentsByID  = "id IN ($1)"
	incidentsGroup = "trigger_name = $1 AND sender_key IN ($2) AND closed_at IS NULL AND grouped = 1"
	selectBecame   = "SELECT id, outcome, ended_at FROM calls WHERE id IN ($1)"
	selectAbout    = "SELECT member_key, about FROM incident_members WHERE trigger_name = $1 AND member_key IN ($2)"
	selectEvent    = "SELECT event FROM incidents WHERE id = $1"
)

var openGroups = engine.Index{Table: "incidents", Name: "incidents_open_groups"}

func triggerColumns(name *string, members *int, wakeAt *time.Time) []column {
	return []column{{"name", name}, {"members", members}, {"wake_at", asMicros{wakeAt}}}
}

var (
	insertTrigger = insertionIfFree("triggers", triggerColumns(new(string), new(int), new(time.Time)), "", "name")
	updateTrigger = updating("triggers", 1, triggerColumns(new(string), new(int), new(time.Time)))
)

// lock locks the trigger's row, which is made if there is none, and reads the members.
func (o *triggerRows) lock(l *loaded) error {
	none, never := 0, time.Time{}
	if err := l.write(&insertTrigger, [][]column{triggerColumns(&o.Trigger, &none, &never)}, nil); err != nil {
		return err
	}
	l.add(engine.Statement{SQL: selectTrigger, Args: []any{o.Trigger}, Lock: engine.ForUpdate,
		Rows: func(scan func(...any) error) error { return scan(&o.members, asMicros{&o.wakeAt}) }})
	if o.OnlyDue {
		if err := l.flush(); err != nil || o.isIdle() {
			return err
		}
	}
	if len(o.Keys) > 0 {
		l.add(o.readMembers(membersByKey, o.Trigger, engine.List(o.Keys)))
	}
	if o.Incident != "" {
		l.add(o.readMembers(membersFiring, o.Trigger, o.Incident))
	}
	l.add(
		o.readMembers(membersActive, o.Trigger),
		o.readMembers(membersForgot, o.Trigger, micros(o.at), maxForgets),
		engine.Statement{SQL: selectForget, Args: []any{o.Trigger, micros(o.at)},
			Rows: func(scan func(...any) error) error { return scan(asMicros{&o.forget}) }},
	)
	if len(o.Groups) > 0 {
		open := o.readIncidents(incidentsGroup, o.Trigger, engine.List(o.Groups))
		open.Index = openGroups
		l.add(open)
	}
	return l.flush()
}

func (o *triggerRows) readMembers(where string, args ...any) engine.Statement {
	return engine.Statement{SQL: selectMembers + where, Args: args, Rows: func(scan func(...any) error) error {
		m := new(memberRow)
		if err := scan(fields(memberColumns(m))...); err != nil {
			return err
		}
		if o.before[m.Key] == nil {
			now := m.Member
			o.before[m.Key], o.trigger.Members[m.Key] = m, &now
		}
		return nil
	}}
}

func (o *triggerRows) readIncidents(where string, args ...any) engine.Statement {
	return engine.Statement{SQL: selectIncidents + where, Args: args, Rows: func(scan func(...any) error) error {
		var i Incident
		if err := scan(fields(incidentColumns(&i))...); err != nil {
			return err
		}
		o.incidents[i.ID] = &incidentRow{before: i, after: i, there: true}
		if i.Grouped && i.ClosedAt.IsZero() {
			o.trigger.Open[i.Key] = i.ID
		}
		return nil
	}}
}

// readRelated reads the incidents of the members, and what became of their calls. The calls are not locked: nothing
// that locks a Call waits for a trigger, and a call that ends meanwhile is seen by the next look.
func (o *triggerRows) readRelated(l *loaded) error {
	var incidents, calls []string
	for _, m := range o.before {
		if o.incidents[m.Incident] == nil {
			incidents = append(incidents, m.Incident)
		}
		if m.Call != "" {
			calls = append(calls, m.Call)
		}
	}
	if o.Incident != "" {
		incidents = append(incidents, o.Incident)
	}
	if len(incidents) > 0 {
		l.add(o.readIncidents(incidentsByID, engine.List(sortedOnce(incidents))))
	}
	if len(calls) > 0 {
		l.add(engine.Statement{SQL: selectBecame, Args: []any{engine.List(sortedOnce(calls))},
			Rows: func(scan func(...any) error) error {
				var id, outcome string
				var ended time.Time
				err := scan(&id, asText{&outcome}, asMicros{&ended})
				reached := outcome == string(call.Reached)
				o.trigger.Calls[id] = incident.Call{Live: ended.IsZero(), Reached: reached, Ended: ended}
				return err
			}})
	}
	return l.flush()
}

func sortedOnce(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// countBefore counts some of the members as they were read.
func (o *triggerRows) countBefore(which func(*memberRow) bool) (n int) {
	for _, m := range o.before {
		if which(m) {
			n++
		}
	}
	return n
}

// save writes the members, the incidents and the trigger.
func (o *triggerRows) save(l *loaded) error {
	wake := o.trigger.WakeAt(o.at, o.Teller.People)
	wake = earlier(o.forget, wake)
	if o.countBefore(func(m *memberRow) bool { return !m.forgetAt.IsZero() && !m.forgetAt.After(o.at) }) >= maxForgets {
		wake = o.at // there may be more to forget
	}
	var rows memberWrites
	members := o.members
	for _, key := range slices.Sorted(maps.Keys(o.trigger.Members)) {
		m := o.trigger.Members[key]
		after := o.row(m)
		before := o.before[key]
		if before == nil {
			members++
		}
		o.count(before, after)
		rows.add(before, after, o.taken.About)
	}
	for key, before := range o.before {
		if o.trigger.Members[key] == nil {
			members--
			rows.forgotten = append(rows.forgotten, key)
			o.count(before, nil)
		}
	}
	if err := o.saveIncidents(l); err != nil {
		return err
	}
	if err := rows.save(l, o.Trigger); err != nil {
		return err
	}
	if members == o.members && wake.Equal(o.wakeAt) {
		return nil
	}
	return l.update(&updateTrigger, []rowChange{{
		triggerColumns(&o.Trigger, &o.members, &o.wakeAt), triggerColumns(&o.Trigger, &members, &wake),
	}})
}

// told are the members afterwards.
func (o *triggerRows) told() map[string]ToldMember {
	told := make(map[string]ToldMember, len(o.trigger.Members))
	for key, m := range o.trigger.Members {
		told[key] = ToldMember{*m, o.trigger.Live(m), o.trigger.Earliest(m)}
	}
	return told
}

func (o *triggerRows) isActive(m *incident.Member) bool {
	return o.trigger.Live(m) || !o.trigger.Earliest(m).IsZero()
}

// row is a member as it is to be stored. What is over can't ring until it fires anew, and is told of anew then: nothing
// of what was told of it is kept.
func (o *triggerRows) row(m *incident.Member) *memberRow {
	r := &memberRow{trigger: o.Trigger, Member: *m, forgetAt: o.trigger.ForgetAt(m)}
	r.active = o.isActive(m)
	if !m.Firing && !o.trigger.Live(m) { // numbers could be guessed from these
		r.People, r.Wants = "", ""
	}
	if m.Firing {
		if before := o.before[m.Key]; before != nil {
			r.title = before.title
		}
		if about, told := o.taken.About[m.Key]; told {
			r.title = about.Title
		}
	}
	return r
}

// count counts a member for its incidents, before and after.
func (o *triggerRows) count(before, after *memberRow) {
	if i := o.incidentOf(before); i != nil && before.Firing {
		i.after.Firing--
		i.over = i.over || after != nil
		if before.Acknowledged {
			i.after.Acknowledged--
		}
	}
	if after == nil {
		return
	}
	i := o.incident(after)
	if i == nil {
		return
	}
	if after.Firing {
		i.countFiring(after, before == nil || !before.Firing)
	}
	if before == nil || !before.Seen.Equal(after.Seen) {
		i.after.SeenAt = after.Seen
		if _, told := o.taken.About[after.Key]; told && o.taken.Group.Data != "" {
			i.after.Event, i.event = o.taken.Group.Data, true
		}
	}
}

// countFiring counts a member that fires. isNew says that it did not before.
func (i *incidentRow) countFiring(m *memberRow, isNew bool) {
	i.after.Firing++
	if m.Acknowledged {
		i.after.Acknowledged++
	}
	if isNew {
		i.after.Members++
	}
	if m.Call != "" {
		i.after.Call = m.Call
	}
	if !m.Reached.IsZero() && i.after.ReachedAt.IsZero() {
		i.after.ReachedAt = m.Reached
	}
}

// incidentOf is the incident of a member, nil if there is none any more.
func (o *triggerRows) incidentOf(m *memberRow) *incidentRow {
	if m == nil {
		return nil
	}
	return o.incidents[m.Incident]
}

// incident is that of a member. One that fires opens a new one. That of a member that is over may be gone.
func (o *triggerRows) incident(m *memberRow) *incidentRow {
	i := o.incidentOf(m)
	if i == nil && m.Firing {
		i = &incidentRow{after: Incident{
			ID: m.Incident, Trigger: o.Trigger, Key: m.Key, Title: m.title, By: o.By.Name, OpenedAt: o.at, SeenAt: o.at,
		}}
		if m.Group != "" {
			i.after.Key, i.after.Grouped, i.after.Title = m.Group, true, o.taken.Group.Title
		}
		o.incidents[m.Incident] = i
	}
	return i
}

// saveIncidents writes the incidents, and closes those of which nothing fires any more.
func (o *triggerRows) saveIncidents(l *loaded) error {
	var added [][]column
	var changed, told []rowChange
	for _, id := range slices.Sorted(maps.Keys(o.incidents)) {
		i := o.incidents[id]
		o.settleIncident(i, l.store.scrubEnded)
		switch before, after := &i.before, &i.after; {
		case !i.there:
			added = append(added, withEvent(after, incidentColumns(after)))
		case i.event:
			before.Event = unknown
			told = append(told, rowChange{withEvent(before, mutableIncident(before)), withEvent(after, mutableIncident(after))})
		case *before != *after:
			changed = append(changed, rowChange{mutableIncident(before), mutableIncident(after)})
		}
	}
	if err := l.write(&insertIncident, added, nil); err != nil {
		return err
	}
	if err := l.update(&tellIncident, told); err != nil {
		return err
	}
	return l.update(&updateIncident, changed)
}

// settleIncident says whether an incident is acknowledged, and closes it if nothing of it fires any more.
func (o *triggerRows) settleIncident(i *incidentRow, scrub bool) {
	a := &i.after
	switch {
	case a.Firing == 0:
	case a.Acknowledged < a.Firing:
		a.AcknowledgedAt = time.Time{}
	case a.AcknowledgedAt.IsZero():
		a.AcknowledgedAt = o.at
	}
	if !a.ClosedAt.IsZero() || a.Firing > 0 {
		return
	}
	a.ClosedAt, a.ClosedWhy = o.at, ClosedForgotten
	if i.over {
		a.ClosedWhy = o.taken.Why
	}
	if a.ClosedWhy == ClosedByHand {
		a.ClosedBy = o.By.Name
	}
	a.Event, i.event = "", true
	if scrub {
		a.Title = ""
	}
}

// unknown stands for a text of a row that was not read, and that is written in any case.
const unknown = "?"

// memberWrites are the rows of members that are written.
type memberWrites struct {
	added         [][]column
	changed, told []rowChange
	forgotten     engine.List
}

func (w *memberWrites) add(before, after *memberRow, told map[string]About) {
	about, isNew := told[after.Key]
	data := about.Data
	if !after.Firing {
		data = ""
	}
	switch {
	case before == nil:
		w.added = append(w.added, aboutMember(after, &data))
	case isNew || before.Firing && !after.Firing:
		old := unknown
		w.told = append(w.told, rowChange{aboutMember(before, &old), aboutMember(after, &data)})
	case *before != *after:
		w.changed = append(w.changed, rowChange{memberColumns(before), memberColumns(after)})
	}
}

const forgetMembers = "DELETE FROM incident_members WHERE trigger_name = $1 AND member_key IN ($2)"

func (w *memberWrites) save(l *loaded, trigger string) error {
	if len(w.forgotten) > 0 {
		l.add(engine.Statement{SQL: forgetMembers, Args: []any{trigger, w.forgotten}})
	}
	if err := l.write(&insertMember, w.added, nil); err != nil {
		return err
	}
	if err := l.update(&tellMember, w.told); err != nil {
		return err
	}
	return l.update(&updateMember, w.changed)
}
