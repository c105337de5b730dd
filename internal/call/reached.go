package call

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ConfirmKind is which keys prove that a person listens.
type ConfirmKind string

// The kinds of confirmation.
const (
	ConfirmNone   ConfirmKind = ""        // being answered is proof enough
	ConfirmAnyKey ConfirmKind = "any-key" //
	ConfirmDigit  ConfirmKind = "digit"   // one certain key
	ConfirmPIN    ConfirmKind = "pin"     // several, which only the right person knows
)

// Confirm is what a person must do to be reached.
type Confirm struct {
	Kind      ConfirmKind `json:"kind"`
	Digit     string      `json:"digit,omitempty"`      // of ConfirmDigit: 0-9, * or #
	PINLength int         `json:"pin_length,omitempty"` // of ConfirmPIN
	PINSalt   string      `json:"pin_salt,omitempty"`
	PINHash   string      `json:"pin_hash,omitempty"` // base64; the PIN itself is kept nowhere
	Prompt    string      `json:"prompt,omitempty"`   // spoken after the message; empty: redial's own
}

// Bounds of a confirmation. KeyTries is how often a key may be wrong in one leg.
const (
	KeyTries   = 3
	PINFloor   = 3
	PINCeiling = 12
	maxPrompt  = 500 // characters

	keySigns = "0123456789*#" // of a phone's keys

	pinRounds = 100_000 // of PBKDF2: some ten milliseconds each guess
)

// ConfirmByPIN is a Confirm by PIN, of which only a hash is kept; the salt is random.
func ConfirmByPIN(pin, salt, prompt string) (Confirm, error) {
	if len(pin) < PINFloor || len(pin) > PINCeiling || strings.Trim(pin, "0123456789") != "" {
		return Confirm{}, &PolicyError{"confirm.pin", fmt.Sprintf("must have %d to %d digits", PINFloor, PINCeiling)}
	}
	c := Confirm{Kind: ConfirmPIN, PINLength: len(pin), PINSalt: salt, Prompt: prompt}
	c.PINHash = SlowHash(pin, c.PINSalt)
	return c, nil
}

// SlowHash is a hash of what few guesses would find, in base64.
func SlowHash(secret, salt string) string {
	key, err := pbkdf2.Key(sha256.New, secret, []byte(salt), pinRounds, sha256.Size)
	if err != nil {
		return "" // matches nothing
	}
	return base64.StdEncoding.EncodeToString(key)
}

// Accepts says whether these keys confirm. For a PIN it takes some ten milliseconds.
func (c Confirm) Accepts(keys string) bool {
	switch c.Kind {
	case ConfirmAnyKey: // Twilio also brings words here, such as hangup
		return keys != "" && strings.Trim(keys, keySigns) == ""
	case ConfirmDigit:
		return keys == c.Digit
	case ConfirmPIN:
		hash := SlowHash(keys, c.PINSalt)
		return hash != "" && subtle.ConstantTimeCompare([]byte(hash), []byte(c.PINHash)) == 1
	}
	return false
}

// MachineDo is what follows when a machine answers.
type MachineDo string

// What can follow.
const (
	MachineIgnore       MachineDo = ""              // nobody finds out
	MachineRedial       MachineDo = "redial"        // hang up at once
	MachineLeaveMessage MachineDo = "leave-message" // speak after the beep
)

// MachinePolicy is what is done about answering machines.
type MachinePolicy struct {
	Do  MachineDo `json:"do"`
	Say string    `json:"say,omitempty"` // what is left as a message; empty: the Call's own
	End bool      `json:"end,omitempty"` // a person whose machine has the message is not rung again
}

// The answers of Twilio's detection, beside those that begin with machine_.
const (
	human     = "human"
	undecided = "unknown"
	fax       = "fax"
)

// KnownAnswer says whether this is one of Twilio's answers.
func KnownAnswer(by string) bool {
	return by == human || by == undecided || isMachine(by)
}

func isMachine(by string) bool { return by == fax || strings.HasPrefix(by, "machine_") }

// stronger says whether an answer outweighs another: Twilio gives one, but where
// two should contradict each other, the order in which they come must not matter.
func stronger(by, than string) bool {
	rank := func(s string) int {
		switch {
		case isMachine(s):
			return 3
		case s == human:
			return 2
		case s == undecided:
			return 1
		}
		return 0
	}
	return rank(by) > rank(than) || rank(by) == rank(than) && by > than && rank(by) > 0
}

func (p Policy) checkProof() error {
	c, m := p.Confirm, p.Machine
	switch {
	case c.Kind == ConfirmDigit && (len(c.Digit) != 1 || !strings.Contains(keySigns, c.Digit)):
		return &PolicyError{"confirm.digit", "must be one of 0 to 9, * and #"}
	case utf8.RuneCountInString(c.Prompt) > maxPrompt:
		return &PolicyError{"confirm.prompt", fmt.Sprintf("must have at most %d characters", maxPrompt)}
	case m.Do != MachineIgnore && m.Do != MachineRedial && m.Do != MachineLeaveMessage:
		return &PolicyError{"machine", "must be ignore, redial or leave-message"}
	case p.Ladder != "" && !slices.Contains(Ladders(), p.Ladder):
		return &PolicyError{"ladder", "must be sequence, rounds or parallel"}
	}
	return nil
}

// Impersonal is the Policy without what was written for somebody, or known to them alone.
func (p Policy) Impersonal() Policy {
	p.Confirm.Prompt, p.Confirm.PINLength, p.Confirm.PINSalt, p.Confirm.PINHash, p.Machine.Say = "", 0, "", "", ""
	return p
}

// NeedsURL says whether Twilio must be able to reach redial for this policy.
func (p Policy) NeedsURL() bool {
	return p.Confirm.Kind != ConfirmNone || p.Machine.Do != MachineIgnore
}

// Pressed records the keys that were pressed on attempt n, in answer to the nth
// question of this leg; right says whether they confirm. A repeat changes nothing.
func (c *Call) Pressed(n int, sid string, nth int, right bool, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || sid == "" || a.SID != "" && a.SID != sid || !a.NeedsKey || c.State == Ended {
		return nil
	}
	before := a.Result()
	evs := c.learn(a, Report{SID: sid, Status: InProgress}, now)
	switch {
	case c.unwanted(a) == taken:
		evs = append(evs, c.hearsTaken(a, now)...)
	case right && setOnce(&a.ConfirmedAt, now):
		evs = append(evs, c.attemptEvent(AttemptConfirmed, now, n, Event{Reason: c.Policy.confirmedBy()}))
	case !right && nth > a.WrongKeys:
		a.WrongKeys = nth
		evs = append(evs, c.attemptEvent(AttemptKeyRefused, now, n, Event{}))
	}
	return append(append(evs, c.concluded(a, before, now)...), c.settle(now)...)
}

// hearsTaken records that whoever listens to an attempt is told, in answer to a
// request of Twilio's, that somebody else was reached: nobody has to break in for it.
func (c *Call) hearsTaken(a *Attempt, now time.Time) []Event {
	if a.Interrupts > 0 {
		return nil
	}
	a.Interrupts, a.HangUpAt = 1, now.Add(interruptAgain)
	return []Event{c.attemptEvent(AttemptTold, now, a.N, Event{Reason: taken})}
}

// Evidence is how it is known that a person was reached.
type Evidence struct {
	Attempt  int
	Person   Person
	By       string    // key, pin, human (was detected) or answer (and nothing else)
	At       time.Time //
	Listened int       // seconds; 0 while the conversation goes on
}

func (p Policy) confirmedBy() string {
	if p.Confirm.Kind == ConfirmPIN {
		return "pin"
	}
	return "key"
}

// Evidence returns who was reached and how that is known, nil if nobody was.
func (c *Call) Evidence() *Evidence {
	a := c.Attempt(c.ReachedBy)
	if a == nil {
		return nil
	}
	e := Evidence{Attempt: a.N, Person: c.Person(a.Person), By: "answer", At: a.AnsweredAt, Listened: a.Duration}
	e.Person.Number = a.To
	switch {
	case !a.ConfirmedAt.IsZero():
		e.By, e.At = c.Policy.confirmedBy(), a.ConfirmedAt
	case a.Detects:
		e.By = human
	}
	if e.At.IsZero() {
		e.At = a.EndedAt
	}
	return &e
}
