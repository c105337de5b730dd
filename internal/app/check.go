package app

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"redial/internal/store"
)

// Verdict says how it is with a part of the set-up.
type Verdict string

// The verdicts.
const (
	Sound   Verdict = "ok"
	Warning Verdict = "warning"  // it may be meant
	Wrong   Verdict = "wrong"    // calls, or what is told of them, don't get through
	LeftOut Verdict = "left_out" // it was not looked at
)

// Finding is what was found out about a part of the set-up.
type Finding struct {
	About   string  `json:"about"` // the part
	Verdict Verdict `json:"verdict"`
	Says    string  `json:"says"`              // what was seen
	Fix     string  `json:"fix,omitempty"`     // what can be done
	Setting string  `json:"setting,omitempty"` // that it is about
	Stops   bool    `json:"stops,omitzero"`    // serve does not start for that setting
}

// Examination is what is looked at.
type Examination struct {
	Config Config
	Live   bool // only this machine: the settings, and the redial that serves here

	Unread []error      // settings that could not even be read, each a *ConfigError
	Store  *store.Store // that is open already; nil: the database is opened, to be read only

	faulty map[string]bool // settings that are wrong: what needs them is not looked at
	local  local           // who listens where this redial is to

	inspected  sync.Once
	inspection *store.Inspection
	inspectErr error
}

// examineTime bounds the examination: each of its questions has a bound of its own, but there may be
// many of them.
const examineTime = 40 * time.Second

// Findings looks at everything, and yields what was found part by part, always in the same order. It
// changes nothing, and moves no call.
func (e *Examination) Findings(ctx context.Context) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		settings := e.settings()
		end := e.findLocal(ctx)
		defer end()
		parts := []part{func(context.Context) []Finding { return settings }, e.listening}
		if !e.Live {
			parts = append(parts, e.database, e.account, e.caller, e.regions, e.host, e.webhooks)
		}
		ctx, cancel := context.WithTimeout(ctx, examineTime)
		defer cancel()
		sideBySide(ctx, parts, yield)
	}
}

// part looks at a part of the set-up.
type part func(context.Context) []Finding

// sideBySide runs all parts at once, and returns when they have ended: one of them may use the address
// that serve needs.
func sideBySide(ctx context.Context, parts []part, yield func(Finding) bool) {
	var found []chan []Finding
	for _, look := range parts {
		c := make(chan []Finding, 1)
		found = append(found, c)
		go func() { c <- look(ctx) }()
	}
	more := true
	for _, c := range found {
		for _, f := range <-c {
			more = more && yield(f)
		}
	}
}

const atOnce = 8 // questions of a part

// lookAtEach looks at several things of a kind side by side, and returns what was found in their order.
func lookAtEach(things []string, look func(string) Finding) []Finding {
	found := make([]Finding, len(things))
	var all sync.WaitGroup
	room := make(chan struct{}, atOnce)
	for i, thing := range things {
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			found[i] = look(thing)
		})
	}
	all.Wait()
	return found
}

// needs says whether settings are as they have to be to look at something.
func (e *Examination) needs(settings ...string) bool {
	return !slices.ContainsFunc(settings, func(s string) bool { return e.faulty[s] })
}
