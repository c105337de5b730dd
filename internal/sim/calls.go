package sim

import (
	"math"
	"net/url"
	"slices"
	"time"
)

// Leg is the truth about a call that was placed. Times are zero until they come.
type Leg struct {
	SID        string     `json:"sid"`
	To         string     `json:"to"`
	From       string     `json:"from"`
	Form       url.Values `json:"form"`
	Script     string     `json:"script"` // what the phone was to do
	Status     string     `json:"status"`
	CreatedAt  time.Time  `json:"created_at"`
	DialedAt   time.Time  `json:"dialed_at,omitzero"` // it left the queue
	RingingAt  time.Time  `json:"ringing_at,omitzero"`
	AnswerAt   time.Time  `json:"answered_at,omitzero"`
	EndedAt    time.Time  `json:"ended_at,omitzero"`
	AnsweredBy string     `json:"answered_by,omitempty"` // what machine detection said; empty without it
	Heard      []string   `json:"heard,omitempty"`       // what was said after it was answered, by who answers
	Pressed    []string   `json:"pressed,omitempty"`     // the keys that were pressed while Twilio listened
	Lines      []Line     `json:"lines,omitempty"`       // the conversation, in order
}

// Line is a moment of a conversation.
type Line struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`               // say, play, pause, gather, keys or unheard
	Text     string    `json:"text,omitempty"`     // what is said; the URL that is played; the keys
	Voice    string    `json:"voice,omitempty"`    // of a say, as the TwiML names it
	Language string    `json:"language,omitempty"` // of a say, as the TwiML names it
	Seconds  int       `json:"seconds,omitempty"`  // of a pause; of a gather: how long Twilio waits for a key
	Keys     int       `json:"keys,omitempty"`     // of a gather: so many end it; 0: any number
	Finish   string    `json:"finish,omitempty"`   // of a gather: this key ends it
}

// leg is a call and what sim knows about it beside the truth that it shows.
type leg struct {
	Leg
	account  string
	speed    float64
	step     step
	nth      int // of the calls to this number
	timeout  time.Duration
	longest  time.Duration // its TimeLimit
	cutAt    time.Time     // when that ends the conversation
	updated  time.Time
	changes  []change  // of its status, in order
	presses  []press   // that are left
	hangsUp  time.Time // when the person does; zero: not before the instructions end
	sip      int
	sequence int // of its callbacks
	deleted  bool
	deeds    chan string   // what a person does while it rings
	keys     chan string   // that are pressed
	listens  bool          // Twilio does, for keys
	hungUp   chan struct{} // a person hangs up
	ignored  bool          // a person lets it ring
	ended    chan struct{} // closed when a request ends it
	endAs    string
	twiml    chan string   // other instructions, from a request
	told     chan struct{} // closed once its first callback is delivered
}

// change is a status that a call took on.
type change struct {
	status string
	at     time.Time
}

// phone is a number that was rung, or has a script.
type phone struct {
	number string
	legs   []*leg // all calls to it, in order
}

// lastCall is when the phone was called last; zero: never.
func (p *phone) lastCall() (at time.Time) {
	if n := len(p.legs); n > 0 {
		at = p.legs[n-1].CreatedAt
	}
	return at
}

// scaled is how long d of the phone's time takes here. A phone in somebody's hand is no faster than life.
func (l *leg) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / l.speed) }

// now gives the call a status. The mutex is held.
func (l *leg) now(status string) {
	l.Status, l.updated = status, time.Now()
	l.changes = append(l.changes, change{status, l.updated})
}

func final(status string) bool {
	return slices.Contains([]string{"completed", "busy", "no-answer", "failed", "canceled"}, status)
}

// talked is how long the conversation lasted, in seconds of a phone's time.
func (l *leg) talked() int {
	if l.AnswerAt.IsZero() || l.EndedAt.IsZero() {
		return 0
	}
	return max(1, int(math.Round(l.EndedAt.Sub(l.AnswerAt).Seconds()*l.speed)))
}
