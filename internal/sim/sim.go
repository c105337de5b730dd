package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Config of a Sim. The zero value of a field that is not required is sensible.
type Config struct {
	AccountSID     string            // required
	AuthToken      string            // required: signs in, and signs callbacks
	APIKeys        map[string]string // key sid to secret: may sign in too
	Speed          float64           // how many times faster than in life phones act; 0: as in life
	Seed           uint64            // of the faults
	CallsPerSecond float64           // how fast the account's queue drains; 0: at once
	Client         *http.Client      // delivers callbacks, fetches TwiML; nil: one with time-outs
	Faults         Faults
	Account        Account
	Scripts        map[string]string // what phones do, by number
	Default        string            // what other phones do; empty: answer
	Logger         *slog.Logger      // nil: discard
	News           func(News)        // called with what phones do and hear, also concurrently; may be nil
}

// News is something that a phone did or heard.
type News struct {
	SID  string // of the call; empty: it was refused
	To   string // whose phone
	Does string // rings; hears "Hello."; presses 1; …
}

// Request is a request to the REST API, and how it was answered.
type Request struct {
	At     time.Time  `json:"at"`
	Method string     `json:"method"`
	Path   string     `json:"path"`
	Form   url.Values `json:"form"`
	Status int        `json:"status"` // of HTTP; 0: the connection was dropped
	Code   int        `json:"code"`   // Twilio's error code
	SID    string     `json:"sid"`    // of the call that was placed
}

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

// Sim is a Twilio. It serves the REST API, and under /sim/ its own control API.
type Sim struct {
	conf   Config
	client *http.Client
	ctx    context.Context
	cancel context.CancelFunc
	legs   sync.WaitGroup

	mu        sync.Mutex
	faults    Faults
	account   Account
	scripts   map[string][]step
	sources   map[string]string // the scripts as they were written
	fallback  []step
	used      map[string]int // create requests so far, by number
	requests  []Request
	calls     []*leg // in the order of their creation
	run       uint64 // random: the sids of two Sims differ
	placed    int    // so far, also those that a reset forgot: sids are never used twice
	suspended int    // the error code that answers every request; 0: none

	suspendedWith int // the HTTP status of these answers
	nextStart     time.Time

	counting sync.Mutex
	faulted  map[string]int // how often each fault happened
}

// New makes a Sim. Close ends it.
func New(c Config) (*Sim, error) {
	if c.AccountSID == "" || c.AuthToken == "" {
		return nil, errors.New("sim needs an account SID and an auth token")
	}
	if c.Speed < 0 || c.CallsPerSecond < 0 {
		return nil, errors.New("sim's speed and calls per second must not be negative")
	}
	c.Speed = cmp.Or(c.Speed, 1)
	s := &Sim{
		conf: c, client: c.Client, scripts: map[string][]step{}, sources: map[string]string{}, used: map[string]int{},
		faulted: map[string]int{}, run: rand.Uint64(),
	}
	if s.client == nil {
		s.client = newClient()
	}
	if s.conf.Logger == nil {
		s.conf.Logger = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	var err error
	if s.fallback, err = parseScript(cmp.Or(c.Default, "answer")); err != nil {
		return nil, fmt.Errorf("the default script: %w", err)
	}
	if err := errors.Join(s.SetFaults(c.Faults), s.SetAccount(c.Account)); err != nil {
		return nil, err
	}
	for number, script := range c.Scripts {
		if err := s.Script(number, script); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close ends every call without a callback, and returns when nothing runs any more.
func (s *Sim) Close() {
	s.cancel()
	s.legs.Wait()
}

// Script says what a number's phone does from its next call on. Each call that the number got before has used up a
// step.
func (s *Sim) Script(number, script string) error {
	if !e164.MatchString(number) {
		return fmt.Errorf("%q is no number as Twilio is given it, such as +819012345678", number)
	}
	steps, err := parseScript(script)
	if err != nil {
		return fmt.Errorf("the script of %s: %w", number, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[number], s.sources[number] = steps, script
	return nil
}

// SetFaults changes what goes wrong from now on.
func (s *Sim) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return fmt.Errorf("the faults: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
	return nil
}

// Suspend answers every request with HTTP 401 and this error code, such as
// 20003, until it is called with 0.
func (s *Sim) Suspend(code int) { s.SuspendWith(http.StatusUnauthorized, code) }

// SuspendWith is Suspend with another HTTP status than 401.
func (s *Sim) SuspendWith(status, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suspended, s.suspendedWith = code, status
}

// Requests returns every request to the REST API so far, in order.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Faulted says how often each fault of a callback or a create request happened,
// by the name of its modifier.
func (s *Sim) Faulted() map[string]int {
	s.counting.Lock()
	defer s.counting.Unlock()
	return maps.Clone(s.faulted)
}

// Legs returns every call that was placed so far, in order.
func (s *Sim) Legs() []Leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	legs := make([]Leg, len(s.calls))
	for i, l := range s.calls {
		legs[i] = l.Leg
		legs[i].Heard, legs[i].Pressed = slices.Clone(l.Heard), slices.Clone(l.Pressed)
	}
	return legs
}

// next returns what the number's phone does with this create request, and how
// many there were before. The mutex is held.
func (s *Sim) next(number string) (step, int) {
	steps, ok := s.scripts[number]
	if !ok {
		steps = s.fallback
	}
	nth := s.used[number]
	s.used[number]++
	return steps[min(nth, len(steps)-1)], nth
}

// news tells what a phone does. The mutex is not held.
func (s *Sim) news(sid, to, does string, args ...any) {
	if s.conf.News != nil {
		s.conf.News(News{SID: sid, To: to, Does: fmt.Sprintf(does, args...)})
	}
}

// scaled is how long d of a phone's time takes here.
func (s *Sim) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / s.conf.Speed) }

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
