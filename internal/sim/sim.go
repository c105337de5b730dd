package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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
	Try            string            // a command that makes a phone ring, for the desk's page; may be empty
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
	former    map[string]string // the scripts that a person at the desk has set aside
	fallback  []step
	others    string   // fallback as it was written
	phones    []*phone // in the order in which they came up
	byNumber  map[string]*phone
	used      map[string]int // create requests so far, by number
	requests  []Request
	calls     []*leg // in the order of their creation
	run       uint64 // random: the sids of two Sims differ
	placed    int    // so far, also those that a reset forgot: sids are never used twice
	suspended int    // the error code that answers every request; 0: none

	suspendedWith int // the HTTP status of these answers
	nextStart     time.Time

	once sync.Once
	own  http.Handler // what is not Twilio's, from the first request on

	watching sync.Mutex
	watchers map[chan struct{}]bool

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
		former: map[string]string{}, byNumber: map[string]*phone{}, faulted: map[string]int{}, run: rand.Uint64(),
		watchers: map[chan struct{}]bool{},
	}
	if s.client == nil {
		s.client = newClient()
	}
	if s.conf.Logger == nil {
		s.conf.Logger = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := errors.Join(s.SetDefault(c.Default), s.SetFaults(c.Faults), s.SetAccount(c.Account)); err != nil {
		return nil, err
	}
	for _, number := range slices.Sorted(maps.Keys(c.Scripts)) {
		if err := s.Script(number, c.Scripts[number]); err != nil {
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
// step. Without a script the phone does what others do.
func (s *Sim) Script(number, script string) error {
	if !e164.MatchString(number) {
		return fmt.Errorf("%q is no number as Twilio is given it, such as +819012345678", number)
	}
	if script == "" {
		s.mu.Lock()
		delete(s.scripts, number)
		delete(s.sources, number)
		s.mu.Unlock()
		s.stir()
		return nil
	}
	steps, err := parseScript(script)
	if err != nil {
		return fmt.Errorf("the script of %s: %w", number, err)
	}
	s.mu.Lock()
	s.scripts[number], s.sources[number] = steps, script
	s.phone(number)
	s.mu.Unlock()
	s.stir()
	return nil
}

// SetDefault says what phones without a script do from now on; empty: answer.
func (s *Sim) SetDefault(script string) error {
	script = cmp.Or(script, "answer")
	steps, err := parseScript(script)
	if err != nil {
		return fmt.Errorf("the default script: %w", err)
	}
	s.mu.Lock()
	s.fallback, s.others = steps, script
	s.mu.Unlock()
	s.stir()
	return nil
}

func (s *Sim) currentDefault() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.others
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
		legs[i].Heard, legs[i].Pressed, legs[i].Lines = slices.Clone(l.Heard), slices.Clone(l.Pressed), slices.Clone(l.Lines)
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

// phone returns the phone of a number, which comes up now if it is new. The mutex is held.
func (s *Sim) phone(number string) *phone {
	p, ok := s.byNumber[number]
	if !ok {
		p = &phone{number: number}
		s.byNumber[number] = p
		s.phones = append(s.phones, p)
	}
	return p
}

// numberOf is the number that a call goes to; empty if there is no such call.
func (s *Sim) numberOf(sid string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range slices.Backward(s.calls) {
		if l.SID == sid {
			return l.To
		}
	}
	return ""
}

// watched is how many watch.
func (s *Sim) watched() int {
	s.watching.Lock()
	defer s.watching.Unlock()
	return len(s.watchers)
}

// stir tells those who watch that something has changed.
func (s *Sim) stir() {
	s.watching.Lock()
	defer s.watching.Unlock()
	for changed := range s.watchers {
		select {
		case changed <- struct{}{}:
		default: // it is told already
		}
	}
}

// watch returns a channel that says when something has changed, until end is called.
func (s *Sim) watch() (changed <-chan struct{}, end func()) {
	ch := make(chan struct{}, 1)
	s.watching.Lock()
	defer s.watching.Unlock()
	s.watchers[ch] = true
	return ch, func() {
		s.watching.Lock()
		defer s.watching.Unlock()
		delete(s.watchers, ch)
	}
}
