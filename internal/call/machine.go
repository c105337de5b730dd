package call

import "strings"

// MachineDo is what follows when a machine answers.
type MachineDo string

// What can follow.
const (
	MachineIgnore       MachineDo = ""              // nobody tries to find out
	MachineRedial       MachineDo = "redial"        // hang up at once
	MachineLeaveMessage MachineDo = "leave-message" // speak after the beep
)

// MachinePolicy is what is done about answering machines.
type MachinePolicy struct {
	Do  MachineDo `json:"do"`
	Say string    `json:"say,omitempty"` // what is left as a message; empty: the Call's own
	End bool      `json:"end,omitempty"` // a person whose machine has the message is not rung again
}

// The answers of a carrier's detection, beside those that begin with machine_.
const (
	human     = "human"
	undecided = "unknown"
	fax       = "fax"
)

// KnownAnswer says whether this is one of the answers.
func KnownAnswer(by string) bool {
	return by == human || by == undecided || isMachine(by)
}

func isMachine(by string) bool { return by == fax || strings.HasPrefix(by, "machine_") }

// stronger says whether an answer outweighs another. A carrier gives only one; should it ever give two that contradict
// each other, their order must not matter.
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
