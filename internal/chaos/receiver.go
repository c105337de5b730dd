package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/api"
)

// secret signs the webhooks of a run.
const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// Receiver is an application on a bad day, which is sent the events of calls: it fails to take some messages, and
// answers some late or never. It uses only the public library.
type Receiver struct {
	wh *standardwebhooks.Webhook

	mu      sync.Mutex
	came    map[string]bool        // the messages that were sent here, taken or not
	heard   map[string][]api.Event // by call, each in the order of its first arrival
	seen    map[string]bool        // the ids of the messages that were taken
	forged  int                    // messages that can't be verified
	repeats int
	failed  int
}

// NewReceiver makes one.
func NewReceiver() (*Receiver, error) {
	wh, err := standardwebhooks.NewWebhook(secret)
	return &Receiver{wh: wh, heard: map[string][]api.Event{}, seen: map[string]bool{}, came: map[string]bool{}}, err
}

// mood is what a receiver does with a message.
type mood int

const (
	takes mood = iota
	fails
	forgets // it takes the message, and answers that it failed
	hangs   // it takes the message, and never answers
)

const hangTime = 20 * time.Second // longer than redial waits

// ServeHTTP takes a message, or fails to.
func (x *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender has died
	}
	m := x.mood(r.Header.Get("webhook-id"))
	if m == fails {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	x.take(body, r.Header)
	switch m {
	case forgets:
		w.WriteHeader(http.StatusInternalServerError)
	case hangs:
		select {
		case <-r.Context().Done():
		case <-time.After(hangTime):
		}
	}
}

// mood is bad for every tenth message, and for the first, but never twice for the same message: a run would wait
// for the third try for minutes.
func (x *Receiver) mood(id string) (m mood) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.came[id] {
		return takes
	}
	switch n := len(x.came); {
	case n%100 == 55:
		m = hangs
	case n%20 == 0:
		m = fails
	case n%20 == 10:
		m = forgets
	}
	x.came[id] = true
	if m != takes {
		x.failed++
	}
	return m
}

// take keeps a message that it has not seen yet.
func (x *Receiver) take(body []byte, h http.Header) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var m api.Webhook
	if x.wh.Verify(body, h) != nil || json.Unmarshal(body, &m) != nil || m.ID != h.Get("webhook-id") ||
		m.Data.Call == nil {
		x.forged++
		return
	}
	if x.seen[m.ID] {
		x.repeats++
		return
	}
	x.seen[m.ID] = true
	x.heard[m.Data.Call.ID] = append(x.heard[m.Data.Call.ID], *m.Data.Event)
}

// Missing counts the events that have not arrived.
func (x *Receiver) Missing(timelines map[string][]api.Event) (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, events := range timelines {
		n += max(0, len(events)-len(x.heard[id]))
	}
	return n
}

// Audit returns what contradicts the timelines of the calls: every event of every call must arrive, as it is
// recorded, and the first arrivals must be in sequence.
func (x *Receiver) Audit(timelines map[string][]api.Event) (found []Finding) {
	x.mu.Lock()
	defer x.mu.Unlock()
	find := func(k Kind, what string, args ...any) { found = append(found, Finding{k, fmt.Sprintf(what, args...)}) }
	if x.forged > 0 {
		find(Unheard, "%d webhooks can't be verified", x.forged)
	}
	for id, events := range timelines {
		heard := map[int]api.Event{}
		last := 0
		for _, e := range x.heard[id] {
			if e.Seq < last {
				find(Unheard, "call %s: event %d was heard of after event %d", id, e.Seq, last)
			}
			last, heard[e.Seq] = e.Seq, e
		}
		for _, e := range events {
			switch got, ok := heard[e.Seq]; {
			case !ok:
				find(Unheard, "call %s: nobody heard of event %d, %s", id, e.Seq, e.Type)
			case !reflect.DeepEqual(got, e):
				find(Unheard, "call %s: event %d was told as %+v, and is %+v", id, e.Seq, got, e)
			}
		}
		if len(heard) > len(events) {
			find(Unheard, "call %s: %d events were told, and %d happened", id, len(heard), len(events))
		}
	}
	return found
}
