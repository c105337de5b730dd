package trigger

import (
	"time"

	"redial/internal/call"
)

// Told is what became of an event.
type Told struct {
	Trigger    string
	Calls      []call.Call // that were made about it
	Joined     []string    // the calls that tell of it already, and have not ended
	Canceled   []call.Call // that told of nothing else
	Incidents  []string    // that it belongs to
	RingsAt    time.Time   // when a phone rings about it that does not ring yet; zero: none will
	Recipients []Recipient // whom the calls reach, and why
	Why        string      // why no phone rings, as a sentence; empty if one does
	Doubts     []string    // what went wrong on the way, for whoever wrote the file

	refused error // why a call about it can't be made yet
}

func ids(calls []call.Call) (list []string) {
	for _, c := range calls {
		list = append(list, c.ID)
	}
	return list
}
