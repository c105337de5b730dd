package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"redial/api"
	"redial/internal/sim"
)

// feed shows what happens at a desk: a line for everything that a phone or redial does.
type feed struct {
	mu      sync.Mutex
	to      io.Writer
	columns func() int // of the terminal; 0: there is none
	recent  []string   // ids of messages that were shown, since a message may come twice
}

const maxRecent = 100

func (f *feed) phone(n sim.News) { f.line(n.To, "phone", n.Does) }

// toldByPhones are the events that the phones' own lines already tell.
var toldByPhones = []string{
	"attempt.dialed", "attempt.placed", "attempt.initiated", "attempt.ringing", "attempt.answered",
}

func (f *feed) redial(m api.Webhook, _ []byte) error {
	e, c := m.Data.Event, m.Data.Call
	if e == nil || c == nil || slices.Contains(toldByPhones, e.Type) || slices.Contains(f.recent, m.ID) {
		return nil
	}
	f.recent = append(f.recent[max(0, len(f.recent)-maxRecent+1):], m.ID)
	does := story(*e, c.People)
	if e.Type == "call.created" {
		does = "call " + c.ID + waiting(*e)
	}
	f.line(numberOf(e, c), "redial", does)
	return nil
}

// numberOf is the number of the attempt that an event is about, or else the call's.
func numberOf(e *api.Event, c *api.Call) string {
	for _, a := range c.Attempts {
		if a.Number == e.Attempt {
			return a.To
		}
	}
	return c.To
}

// line prints a line with the current time. That is a moment later than the event's, but keeps the lines in order.
func (f *feed) line(number, who, does string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	printBehind(f.to, f.columns(), fmt.Sprintf("%s  %-13s  %-6s  ", zoned(local(time.Now()), exactTime), number, who),
		does)
}
