package call

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Policy is how hard to try, and when.
type Policy struct {
	Preset       string            `json:"preset,omitempty"`         // what it was made from, for people
	MaxAttempts  int               `json:"max_attempts"`             // dials of each person in all, the first one too
	MaxPerResult map[Result]int    `json:"max_per_result,omitempty"` // how many of these dials may end with each result
	RingTimeout  time.Duration     `json:"ring_timeout"`             // how long the phone rings, whole seconds
	TalkLimit    time.Duration     `json:"talk_limit,omitempty"`     // whole seconds; 0: the message decides
	NotBefore    When              `json:"not_before,omitzero"`      // of the first dial
	Deadline     When              `json:"deadline"`                 // no dial begins at or after it
	RedialAfter  map[Result]Delays `json:"redial_after"`             // from the end of an attempt to the next dial
	Jitter       time.Duration     `json:"jitter,omitempty"`         // at most so much is added to each delay
	Window       Window            `json:"window,omitzero"`          // when a phone may ring
	Confirm      Confirm           `json:"confirm,omitzero"`
	Machine      MachinePolicy     `json:"machine,omitzero"`
	Ladder       Ladder            `json:"ladder,omitempty"` // in which order people are rung; empty: sequence
}

// When is a moment: a time, or a duration after the Call's creation.
type When struct {
	After time.Duration `json:"after,omitempty"`
	At    time.Time     `json:"at,omitzero"` // zero: After counts
}

func (w When) from(created time.Time) time.Time {
	if !w.At.IsZero() {
		return w.At
	}
	return created.Add(w.After)
}

// Delays are the pauses after a person's first dial, after the second, and so on. The last one counts for all
// later dials. An empty list means no pause.
type Delays []time.Duration

func (d Delays) after(dials int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[max(0, min(dials, len(d))-1)]
}

// Ladder is the order in which several people are rung.
type Ladder string

// The orders. In each, the first person who is reached ends the Call.
const (
	Sequence Ladder = "sequence" // the next person when the attempts of the one before are used up
	Rounds   Ladder = "rounds"   // one attempt for each person in turn, again and again
	Parallel Ladder = "parallel" // all at once, and again when no phone rings any more
)

// Ladders lists every Ladder.
func Ladders() []Ladder { return []Ladder{Sequence, Rounds, Parallel} }

// The bounds of a Policy keep every Call finite. No carrier is known to ring a phone for longer than 600 s.
const (
	MaxAttemptsCeiling = 20
	RingTimeoutFloor   = 5 * time.Second
	RingTimeoutCeiling = 600 * time.Second
	DeadlineFloor      = 10 * time.Second
	DeadlineCeiling    = 30 * 24 * time.Hour
	RedialAfterCeiling = 7 * 24 * time.Hour
	JitterCeiling      = 24 * time.Hour
)

// DefaultPolicy is the article's, with a pause after a busy line: three dials in all, each ringing 30 s, because
// the carrier may repeat a longer ring over a route that hides the caller.
func DefaultPolicy() Policy {
	return Policy{
		MaxAttempts: 3,
		RingTimeout: 30 * time.Second,
		Deadline:    When{After: 24 * time.Hour},
		RedialAfter: map[Result]Delays{
			NoAnswer: {0}, Busy: {30 * time.Second}, Failed: {10 * time.Second},
			Machine: {time.Minute}, Unconfirmed: {30 * time.Second},
		},
	}
}

// Redialed lists the results after which the phone rings again.
func Redialed() []Result { return []Result{NoAnswer, Busy, Failed, Machine, Unconfirmed} }

// NeedsURL says whether the carrier must be able to reach redial for this policy.
func (p Policy) NeedsURL() bool {
	return p.Confirm.Kind != ConfirmNone || p.Machine.Do != MachineIgnore
}

// Impersonal is the Policy without the words that were written for a person, and without the person's PIN. Of each key
// it tells what the key does, but no answer.
func (p Policy) Impersonal() Policy {
	p.Confirm.Prompt, p.Confirm.PINLength, p.Confirm.PINSalt, p.Confirm.PINHash, p.Machine.Say = "", 0, "", "", ""
	keys := maps.Clone(p.Confirm.Keys) // the Policy's own are left as they are
	for key, m := range keys {
		keys[key] = Meaning{Do: m.Do}
	}
	p.Confirm.Keys = keys
	return p
}

// PolicyError names the field of a Policy that is out of bounds.
type PolicyError struct{ Field, Problem string }

func (e *PolicyError) Error() string { return e.Field + " " + e.Problem }

// Check returns a *PolicyError for the first field that is out of bounds, for a Call
// that is made at now.
func (p Policy) Check(now time.Time) error {
	deadline := p.Deadline.from(now).Sub(now)
	switch {
	case p.MaxAttempts < 1 || p.MaxAttempts > MaxAttemptsCeiling:
		return &PolicyError{"max_attempts", fmt.Sprintf("must be from 1 to %d", MaxAttemptsCeiling)}
	case p.RingTimeout < RingTimeoutFloor || p.RingTimeout > RingTimeoutCeiling:
		return &PolicyError{"ring_timeout", between(RingTimeoutFloor, RingTimeoutCeiling)}
	case p.RingTimeout%time.Second != 0:
		return &PolicyError{"ring_timeout", "must be whole seconds"}
	case deadline < DeadlineFloor || deadline > DeadlineCeiling:
		return &PolicyError{"deadline", between(DeadlineFloor, DeadlineCeiling) + " after the request"}
	case p.NotBefore.After < 0:
		return &PolicyError{"not_before", "must not be negative"}
	case !p.NotBefore.from(now).Before(p.Deadline.from(now)):
		return &PolicyError{"not_before", "must be before the deadline"}
	case p.Jitter < 0 || p.Jitter > JitterCeiling:
		return &PolicyError{"jitter", between(0, JitterCeiling)}
	}
	for _, r := range Redialed() {
		if len(p.RedialAfter[r]) > MaxAttemptsCeiling {
			return &PolicyError{"redial_after." + string(r), fmt.Sprintf("may have %d delays", MaxAttemptsCeiling)}
		}
		for _, d := range p.RedialAfter[r] {
			if d < 0 || d > RedialAfterCeiling {
				return &PolicyError{"redial_after." + string(r), between(0, RedialAfterCeiling)}
			}
		}
		if n, limited := p.MaxPerResult[r]; limited && (n < 1 || n > MaxAttemptsCeiling) {
			return &PolicyError{"max_per_result." + string(r), fmt.Sprintf("must be from 1 to %d", MaxAttemptsCeiling)}
		}
	}
	if err := p.Window.check(p.ringLength()); err != nil {
		return err
	}
	return cmp.Or(p.checkTalk(), p.checkReached(), p.checkLadder())
}

// between names the bounds as people write durations: 168h, not 168h0m0s.
func between(least, most time.Duration) string {
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(fmt.Sprintf("must be from %s to %s", least, most))
}

// checkTalk accepts 0, which means that the message decides.
func (p Policy) checkTalk() error {
	switch {
	case p.TalkLimit == 0:
	case p.TalkLimit < TalkLimitFloor || p.TalkLimit > TalkLimitCeiling:
		return &PolicyError{"talk_limit", between(TalkLimitFloor, TalkLimitCeiling)}
	case p.TalkLimit%time.Second != 0:
		return &PolicyError{"talk_limit", "must be whole seconds"}
	}
	return nil
}

// checkReached checks what counts as reached.
func (p Policy) checkReached() error {
	c, m := p.Confirm, p.Machine
	switch {
	case c.Kind == ConfirmDigit && (len(c.Digit) != 1 || !strings.Contains(keySigns, c.Digit)):
		return &PolicyError{"confirm.digit", "must be one of 0 to 9, * and #"}
	case c.Kind == ConfirmKeys && len(c.KeyFaults()) > 0:
		return c.KeyFaults()[0]
	case utf8.RuneCountInString(c.Prompt) > maxPrompt:
		return &PolicyError{"confirm.prompt", fmt.Sprintf("must have at most %d characters", maxPrompt)}
	case m.Do != MachineIgnore && m.Do != MachineRedial && m.Do != MachineLeaveMessage:
		return &PolicyError{"machine", "must be ignore, redial or leave-message"}
	}
	return nil
}

// KeyFaults returns a *PolicyError for each thing that is wrong with the meanings of the keys.
func (c Confirm) KeyFaults() (faults []*PolicyError) {
	reaches := false
	for _, key := range slices.Sorted(maps.Keys(c.Keys)) {
		m, field := c.Keys[key], "confirm.keys."+key
		reaches = reaches || m.Do == KeyConfirms || m.Do == KeyAnswers
		switch {
		case len(key) != 1 || !strings.Contains(keySigns, key):
			faults = append(faults, &PolicyError{field, "is no key: there are 0 to 9, * and #"})
		case m.Do != KeyConfirms && m.Do != KeyAnswers && m.Do != KeyPassesOn:
			faults = append(faults, &PolicyError{field, `must be "confirm", "pass-on" or {"answer": "…"}`})
		case m.Do == KeyAnswers && (m.Answer == "" || utf8.RuneCountInString(m.Answer) > maxAnswer):
			faults = append(faults, &PolicyError{field + ".answer", fmt.Sprintf("must have 1 to %d characters", maxAnswer)})
		case m.Do != KeyAnswers && m.Answer != "":
			faults = append(faults, &PolicyError{field, "has an answer, and is none"})
		}
	}
	if !reaches && len(faults) == 0 {
		faults = append(faults, &PolicyError{"confirm.keys",
			`must have a key by which a person is reached: {"1": "confirm"}, or one with an answer`})
	}
	return faults
}

func (p Policy) checkLadder() error {
	if p.Ladder != "" && !slices.Contains(Ladders(), p.Ladder) {
		return &PolicyError{"ladder", "must be sequence, rounds or parallel"}
	}
	return nil
}

// ConfirmByPIN returns a Confirm by PIN that keeps only a hash of the PIN; the salt is to be random. It returns a
// *PolicyError if the PIN is too short, too long, or not of digits.
func ConfirmByPIN(pin, salt, prompt string) (Confirm, error) {
	if len(pin) < PINFloor || len(pin) > PINCeiling || strings.Trim(pin, "0123456789") != "" {
		return Confirm{}, &PolicyError{"confirm.pin", fmt.Sprintf("must have %d to %d digits", PINFloor, PINCeiling)}
	}
	c := Confirm{Kind: ConfirmPIN, PINLength: len(pin), PINSalt: salt, Prompt: prompt}
	c.PINHash = SlowHash(pin, c.PINSalt)
	return c, nil
}

// check returns a *PolicyError; ring is how long the window must stay open for one ring.
func (w Window) check(ring time.Duration) error {
	switch {
	case w.IsZero() && w.Zone != "":
		return &PolicyError{"window", "has a zone, and no days, hours or holidays"}
	case w.IsZero():
		return nil
	case len(w.Days) > len(Days()):
		return &PolicyError{"window.days", "may name each day once"}
	}
	for _, d := range w.Days {
		if !slices.Contains(Days(), d) {
			return &PolicyError{"window.days", "must be of mon, tue, wed, thu, fri, sat and sun"}
		}
	}
	for _, h := range w.Holidays {
		if _, err := time.Parse(holidayForm, h); err != nil {
			return &PolicyError{"window.holidays", "must be dates such as 2026-12-25"}
		}
	}
	switch {
	case w.Zone == "":
		return &PolicyError{"window.zone", "is missing: an IANA zone, such as Asia/Tokyo"}
	case len(w.Holidays) > maxHolidays:
		return &PolicyError{"window.holidays", fmt.Sprintf("may have %d dates", maxHolidays)}
	case w.From < 0 || w.From >= secondsOfDay || w.To < 0 || w.To > secondsOfDay || w.From == w.To && w.From != 0:
		return &PolicyError{"window.hours", "must be such as 09:00-21:00"}
	}
	for one := range w.each {
		if _, err := zone(one.Zone); err != nil {
			return &PolicyError{"window.zone", "must be an IANA zone, such as Asia/Tokyo, or " + AnyOfNumber}
		}
	}
	if open := (w.To - w.From + secondsOfDay) % secondsOfDay; open > 0 && open < int(ring.Seconds()) {
		return &PolicyError{"window.hours", fmt.Sprintf("must be open for %s at least: a ring takes that long", ring)}
	}
	return nil
}

// Clocks returns one of the names for each group of zones whose clocks show the same time for as long as a Call made
// at now may live.
func (p Policy) Clocks(names []string, now time.Time) []string {
	end := latest(p.Deadline.from(now), now)
	return clocks(names, now, end.Add(p.ringLength()+longestQueue()))
}

// ringLength is how long after the decision to dial the phone may ring: the create request may take all of its time,
// and so may the ring.
func (p Policy) ringLength() time.Duration { return SendWindow + p.RingTimeout + ringGrace }

// ringEnds is when the carrier should have ended a ring that began at since.
func (p Policy) ringEnds(since time.Time) time.Time { return since.Add(p.RingTimeout + ringGrace) }

// MostTalk is how long a conversation may last. A policy without a talk limit was made before there was one: its calls
// last for as long as the carrier lets them.
func (p Policy) MostTalk() time.Duration { return cmp.Or(p.TalkLimit, rulesOf("").LongestTalk) }
