package app

import (
	"slices"
	"sync"

	"redial/internal/store"
)

// Verdict says whether a part of the set-up is right.
type Verdict string

// The verdicts.
const (
	Sound   Verdict = "ok"
	Warning Verdict = "warning"  // it may be meant
	Wrong   Verdict = "wrong"    // calls, or the news of them, don't get through
	LeftOut Verdict = "left_out" // it was not examined
)

// Finding is one result of an examination.
type Finding struct {
	About   string  `json:"about"` // the part of the set-up
	Verdict Verdict `json:"verdict"`
	Says    string  `json:"says"`              // what was seen
	Fix     string  `json:"fix,omitempty"`     // what can be done
	Setting string  `json:"setting,omitempty"` // the setting at fault
	Stops   bool    `json:"stops,omitzero"`    // serve does not start with this setting
}

// Examination holds what is examined, and what is known of it so far.
type Examination struct {
	Config Config
	Live   bool // examine only this machine: the settings, and the redial that serves here

	Unread []error      // settings that can't be read, each a *ConfigError
	Store  *store.Store // an open one; nil: the database is opened read-only

	fileHash string // of REDIAL_CONFIG; empty: there is none, or it is wrong

	faulty map[string]bool // settings that are wrong: whatever needs them is not examined
	local  local           // which program listens at REDIAL_LISTEN

	inspected  sync.Once
	inspection *store.Inspection
	inspectErr error
}

// needs says whether all of these settings are right, so that what needs them can be examined.
func (e *Examination) needs(settings ...string) bool {
	return !slices.ContainsFunc(settings, func(s string) bool { return e.faulty[s] })
}

const atOnce = 8 // questions of a part

// lookAtEach examines several things of a kind at the same time, and returns the findings in the order of the things.
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

// about sets the part that findings are about.
func about(part string, list ...Finding) []Finding {
	for i := range list {
		list[i].About = part
	}
	return list
}

// who says which program listens at redial's address.
type who int

const (
	nobody    who = iota // no program did; this process listens there now
	thisOne              // a redial with the same token, or with none
	otherOne             // a redial with another token
	otherKind            // another program
	nowhere              // no program can listen there
)

// local is what was found at REDIAL_LISTEN.
type local struct {
	who      who
	url      string // for messages; a phrase if REDIAL_LISTEN can't be read
	instance string // of the redial that answers probes there
	err      error  // why nobody can listen
}
