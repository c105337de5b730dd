package page

import (
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// An act is something that can be done with a call: a form with a button.
type act struct {
	Path string // behind the call's own
	Text string // its id in the catalogue
	Main bool   // the one that is meant most often
	Once string // the same form, sent twice, does it once
}

// onceFor is for how long a form that is sent again does nothing new.
const onceFor = 10 * time.Minute

// acts are what the viewer may do with a Call, as it stands.
func (v viewer) acts(c *call.Call) (list []act) {
	if !v.Asker.May(store.CallsWrite, store.Operate) {
		return nil
	}
	if c.State == call.Ended {
		if c.To != "" && v.Asker.May(store.CallsWrite) {
			list = append(list, act{Path: "again", Text: "act.again", Once: v.now.Truncate(onceFor).Format(time.RFC3339)})
		}
		return list
	}
	if c.State == call.Waiting && c.Held == "" {
		list = append(list, act{Path: "redial", Text: "act.redial", Main: true})
	}
	if c.CancelRequested.IsZero() {
		list = append(list, act{Path: "cancel", Text: "act.cancel"})
	}
	if a := liveAttempt(c); a != nil && a.Status() == call.InProgress && !c.CutShort {
		list = append(list, act{Path: "hangup", Text: "act.hangup"})
	}
	return list
}
