package edge

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/nearest"
	"redial/internal/phone"
)

// Presets are policies by name, as a request would write them.
type Presets map[string]json.RawMessage

// ReadPresets returns the presets that every installation has, and its own, which may replace them: a JSON object by
// name, or nothing. The error names what is wrong.
func ReadPresets(own []byte) (Presets, error) {
	p := Presets{}
	if err := json.Unmarshal(api.Presets, &p); err != nil {
		return nil, fmt.Errorf("reading redial's own presets: %w", err)
	}
	if len(own) > 0 {
		if err := cmp.Or(CheckJSON(own), json.Unmarshal(own, &p)); err != nil {
			return nil, fmt.Errorf("must be a JSON object of policies by name: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		var f Faults
		policy := call.DefaultPolicy()
		f.fields(p[name], &policy)
		if string(p[name]) == "null" {
			f.Add("policy", "must be a JSON object")
		}
		if policy.Preset != "" {
			f.Add("policy.preset", "can't stand in a preset")
		}
		if w := &policy.Window; !w.IsZero() && (w.Zone == "" || w.Zone == call.AnyOfNumber) {
			w.Zone = "Etc/UTC" // in place of the numbers' zones, which a request brings
		}
		f.check(policy, time.Now())
		if !f.None() {
			return nil, fmt.Errorf("%s: %s %s", name, strings.TrimPrefix(f.list[0].Field, "policy."), f.list[0].Detail)
		}
	}
	return p, nil
}

// Policy reads a policy as a request would write it, and returns all that is wrong with it, apart from what only a
// request's numbers tell: in which zones they are.
func (p Presets) Policy(raw []byte, now time.Time) (call.Policy, []api.FieldError) {
	var f Faults
	read := call.DefaultPolicy()
	f.policy(raw, p, &read)
	checked := read
	if w := &checked.Window; !w.IsZero() && (w.Zone == "" || w.Zone == call.AnyOfNumber) {
		w.Zone = "Etc/UTC"
	}
	f.check(checked, now)
	return read, f.list
}

// policy reads a policy. A given field replaces that of its preset, which replaces the default.
func (f *Faults) policy(raw json.RawMessage, presets Presets, p *call.Policy) {
	if missing(raw) {
		return
	}
	var named struct{ Preset string }
	_ = json.Unmarshal(raw, &named) // what is wrong is told when the fields are read
	if named.Preset != "" {
		if data, ok := presets[named.Preset]; ok {
			f.fields(data, p)
			if !p.Window.IsZero() {
				p.Window.Zone = cmp.Or(p.Window.Zone, call.AnyOfNumber)
			}
		} else {
			names := slices.Sorted(maps.Keys(presets))
			meant := ""
			if n := nearest.Of(named.Preset, names); n != "" {
				meant = ": is " + n + " meant?"
			}
			f.Add("policy.preset", fmt.Sprintf("is %.60q, which is no preset%s; there are: %s", named.Preset, meant,
				strings.Join(names, ", ")))
		}
	}
	f.fields(raw, p)
}

// fields reads the given fields of a policy into p, and leaves its others as they are.
func (f *Faults) fields(raw json.RawMessage, p *call.Policy) {
	var ring, talk, jitter *api.Duration
	var notBefore, deadline *api.Moment
	var after, perResult, window, confirm, machine json.RawMessage
	var ladder string
	f.Object(raw, "policy", Fields{
		{"preset", &p.Preset}, {"max_attempts", &p.MaxAttempts}, {"max_per_result", &perResult}, {"ring_timeout", &ring},
		{"talk_limit", &talk}, {"not_before", &notBefore}, {"deadline", &deadline}, {"redial_after", &after},
		{"jitter", &jitter}, {"window", &window}, {"confirm", &confirm}, {"machine", &machine}, {"ladder", &ladder},
	})
	f.byResult(after, perResult, p)
	f.window(window, &p.Window)
	f.confirm(confirm, &p.Confirm)
	f.machine(machine, &p.Machine)
	set(&p.RingTimeout, ring)
	if set(&p.TalkLimit, talk); talk != nil && p.TalkLimit == 0 {
		p.TalkLimit = -1 // out of bounds; zero would be the limit that follows from the message
	}
	set(&p.Jitter, jitter)
	setWhen(&p.NotBefore, notBefore)
	setWhen(&p.Deadline, deadline)
	if ladder != "" {
		p.Ladder = call.Ladder(ladder)
	}
}

func set(to *time.Duration, given *api.Duration) {
	if given != nil {
		*to = kept(*given)
	}
}

func setWhen(to *call.When, given *api.Moment) {
	if given != nil {
		*to = call.When{After: kept(given.After), At: given.At.UTC().Truncate(finest)}
	}
}

// finest is how finely the store keeps times.
const finest = time.Microsecond

func kept(d api.Duration) time.Duration { return d.Std().Truncate(finest) }

// byResult reads the fields that have a value for each result.
func (f *Faults) byResult(after, most json.RawMessage, p *call.Policy) {
	if missing(after) && missing(most) {
		return
	}
	results := call.Redialed()
	delays, limits := make([]*api.Delays, len(results)), make([]*int, len(results))
	delayOf, limitOf := make(Fields, len(results)), make(Fields, len(results))
	for i, r := range results {
		delayOf[i].Name, delayOf[i].Into = string(r), &delays[i]
		limitOf[i].Name, limitOf[i].Into = string(r), &limits[i]
	}
	f.Object(after, "policy.redial_after", delayOf)
	f.Object(most, "policy.max_per_result", limitOf)
	for i, r := range results {
		if given := delays[i]; given != nil {
			p.RedialAfter[r] = nil
			for _, d := range *given {
				p.RedialAfter[r] = append(p.RedialAfter[r], kept(d))
			}
		}
		if given := limits[i]; given != nil {
			if p.MaxPerResult == nil {
				p.MaxPerResult = map[call.Result]int{}
			}
			p.MaxPerResult[r] = *given
		}
	}
}

// check holds a policy against its bounds.
func (f *Faults) check(p call.Policy, now time.Time) {
	if f.None() { // else a field may be missing because it is wrong
		f.Bounds(p.Check(now))
	}
}

// Bounds adds the fault of a *call.PolicyError.
func (f *Faults) Bounds(err error) {
	if e, ok := errors.AsType[*call.PolicyError](err); ok {
		f.Add("policy."+e.Field, e.Problem)
	}
}

// window reads the given fields of a window into w, and leaves its others as they are. A window without fields is
// open at any time.
func (f *Faults) window(raw json.RawMessage, w *call.Window) {
	if missing(raw) {
		return
	}
	if raw[0] == '{' && len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0 {
		*w = call.Window{}
	}
	var hours *string
	var days *[]call.Day
	var holidays *[]string
	f.Object(raw, "policy.window", Fields{{"days", &days}, {"hours", &hours}, {"zone", &w.Zone}, {"holidays", &holidays}})
	if days != nil {
		w.Days = *days
		if len(w.Days) == 0 {
			f.Add("policy.window.days", "must name a day, such as mon")
		}
	}
	if holidays != nil {
		w.Holidays = *holidays
	}
	if hours != nil {
		from, to, _ := strings.Cut(*hours, "-")
		var ok1, ok2 bool
		w.From, ok1 = secondOfDay(from)
		w.To, ok2 = secondOfDay(to)
		if !ok1 || !ok2 || w.From == w.To {
			f.Add("policy.window.hours", "must be such as 09:00-21:00, or over midnight 22:00-06:00")
		}
	}
}

var clockTime = regexp.MustCompile(`^(\d\d):([0-5]\d)(?::([0-5]\d))?$`)

// secondOfDay reads 21:00 or 21:00:30, up to 24:00.
func secondOfDay(text string) (int, bool) {
	parts := clockTime.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	second := 0
	for _, p := range parts[1:] {
		n, _ := strconv.Atoi(p) // digits, or no seconds
		second = second*60 + n
	}
	return second, second <= 24*3600
}

// zone puts the zones of the numbers into a window that names no zone, or any-of-number. It does not guess: if a window
// names none, and the numbers may be in several, that is a fault, which lists them.
func (f *Faults) zone(callees []phone.Number, p *call.Policy, now time.Time) {
	w := &p.Window
	if w.IsZero() || w.Zone != "" && w.Zone != call.AnyOfNumber || len(callees) == 0 {
		return // without numbers there is a fault already
	}
	var names []string
	for _, n := range callees {
		if n.E164 == "" {
			return // its fault was added
		}
		if len(n.Zones) == 0 {
			f.Add("policy.window.zone", "is missing, and nobody knows in which zone the number is: give one, such as Asia/Tokyo")
			return
		}
		names = append(names, n.Zones...)
	}
	switch clocks := p.Clocks(names, now); {
	case len(clocks) == 1:
		w.Zone = clocks[0]
	case w.Zone == call.AnyOfNumber:
		w.Zone, w.Zones = clocks[0], clocks
	case len(clocks) > 1:
		f.Add("policy.window.zone", "is missing, and the number may be in several: "+strings.Join(clocks, ", ")+
			"; give one, or "+call.AnyOfNumber+": open only while it is open in all of them")
	}
}

// confirm reads what proves that a person listens. Only a hash of a PIN is kept.
func (f *Faults) confirm(raw json.RawMessage, c *call.Confirm) {
	if missing(raw) {
		return
	}
	*c = call.Confirm{}
	if raw[0] != '{' {
		switch string(raw) {
		case `"none"`:
		case `"any-key"`:
			c.Kind = call.ConfirmAnyKey
		default:
			f.Add("policy.confirm", `must be "none", "any-key", {"digit": "1"}, {"pin": "…"} or {"keys": {"1": "confirm"}}`)
		}
		return
	}
	var pin string
	var keys json.RawMessage
	before := f.count()
	f.Object(raw, "policy.confirm", Fields{{"digit", &c.Digit}, {"pin", &pin}, {"keys", &keys}, {"prompt", &c.Prompt}})
	if !missing(keys) {
		c.Kind = call.ConfirmKeys
		f.alone("policy.confirm.digit", c.Digit)
		f.alone("policy.confirm.pin", pin)
		f.keys(keys, c)
		return
	}
	switch {
	case f.count() > before:
	case (pin == "") == (c.Digit == ""):
		f.Add("policy.confirm", "must have one of digit, pin and keys")
	case pin == "":
		c.Kind = call.ConfirmDigit
	default:
		made, err := call.ConfirmByPIN(pin, rand.Text(), c.Prompt)
		f.Bounds(err)
		*c = made
	}
}

// alone adds a fault for a field that is given beside the keys.
func (f *Faults) alone(field, given string) {
	if given != "" {
		f.Add(field, `can't stand beside keys, which say what each key means, such as {"1": "confirm"}: leave it out`)
	}
}

// keys reads what each key means.
func (f *Faults) keys(raw json.RawMessage, c *call.Confirm) {
	all := call.Keys()
	given, fields := make([]json.RawMessage, len(all)), make(Fields, len(all))
	for i, key := range all {
		fields[i].Name, fields[i].Into = key, &given[i]
	}
	before := f.count()
	f.Object(raw, "policy.confirm.keys", fields)
	unread := f.count() > before // such as 11, in the place of 1
	c.Keys = map[string]call.Meaning{}
	for i, key := range all {
		if given[i] != nil {
			c.Keys[key] = f.meaning("policy.confirm.keys."+key, given[i])
		}
	}
	if len(c.Keys) == 0 && unread {
		return // what is missing is what can't be read
	}
	for _, fault := range c.KeyFaults() {
		f.Bounds(fault)
	}
}

// meaning reads what a key means. In the place of an answer that can't be read it returns another: its fault is added.
func (f *Faults) meaning(field string, raw json.RawMessage) (m call.Meaning) {
	before := f.count()
	switch raw[0] {
	case '"':
		m.Do = call.KeyDo(text(raw))
	case '{':
		m.Do = call.KeyAnswers
		f.Object(raw, field, Fields{{"answer", &m.Answer}})
	}
	if f.count() > before {
		m.Answer = "?"
	}
	return m
}

// machine reads what is done when a machine answers.
func (f *Faults) machine(raw json.RawMessage, m *call.MachinePolicy) {
	if missing(raw) {
		return
	}
	var do, then string
	*m = call.MachinePolicy{}
	if raw[0] == '{' {
		f.Object(raw, "policy.machine", Fields{{"do", &do}, {"say", &m.Say}, {"then", &then}})
	} else {
		f.field("policy.machine", raw, &do)
	}
	if do != "ignore" {
		m.Do = call.MachineDo(do)
	}
	m.End = then == "end"
	switch {
	case do == "":
		f.Add("policy.machine.do", "must be ignore, redial or leave-message")
	case then != "" && then != "redial" && then != "end":
		f.Add("policy.machine.then", "must be redial or end")
	case m.Do != call.MachineLeaveMessage && (then != "" || m.Say != ""):
		f.Add("policy.machine", "takes say and then only with leave-message")
	}
}
