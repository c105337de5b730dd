package app

import (
	"slices"
	"sync"

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

// needs says whether settings are as they have to be to look at something.
func (e *Examination) needs(settings ...string) bool {
	return !slices.ContainsFunc(settings, func(s string) bool { return e.faulty[s] })
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

// about says which part findings are about.
func about(part string, list ...Finding) []Finding {
	for i := range list {
		list[i].About = part
	}
	return list
}

// who listens where redial is to.
type who int

const (
	nobody    who = iota // this process does now, in the place of a redial
	thisOne              // a redial with the same token, or with none
	otherOne             // a redial with another token
	otherKind            // another program
	nowhere              // nobody can
)

// local is what was found at REDIAL_LISTEN.
type local struct {
	who      who
	url      string // for a person, where that can't be read
	instance string // of the redial that answers probes there
	err      error  // of nowhere
}
