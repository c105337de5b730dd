package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/shown"
	"redial/internal/store"
)

// DefaultEvents are those that most applications want: how each attempt has ended, and how the call has.
func DefaultEvents() store.Filter {
	return store.Filter{string(call.AttemptEnded), string(call.CallEnded)}
}

const (
	maxBody  = 4 << 10 // bytes of a message: the database keeps one for each endpoint and event
	attempts = 3       // that a message shows: the latest, besides the one that it is about
)

// parts of a Call are left out of a message that is too long, in this order. The first are those that the request had:
// the application knows them, and can ask for the call.
var parts = []struct {
	name string
	drop func(*api.Call, *call.Event)
}{
	{"policy", func(c *api.Call, _ *call.Event) { c.Policy = api.Policy{} }},
	{"people", func(c *api.Call, _ *call.Event) { c.People = nil }},
	{"attempts", func(c *api.Call, e *call.Event) { c.Attempts = latest(c.Attempts, 1, e.Attempt) }},
	{"metadata", func(c *api.Call, _ *call.Event) { c.Metadata = nil }},
}

// Body implements store.Sender. It is the event, the Call as it then was, and the names of what is left out of the
// Call. The call's own webhook is left out without a word: it is of no concern to other endpoints.
func (s *Sender) Body(c *call.Call, e *call.Event) (string, error) {
	view, event := shown.Call(c), shown.Event(*e)
	view.Webhook = ""
	view.Say, view.Twiml, view.URL = nil, "", "" // the application that asked for the call knows them
	data := api.WebhookData{Event: &event, Call: &view}
	if len(view.Attempts) > attempts {
		view.Attempts = latest(view.Attempts, attempts, e.Attempt)
		data.LeftOut = []string{"attempts"}
	}
	for i := 0; ; i++ {
		w := api.Webhook{ID: store.EventID(c.ID, e.Seq), Type: string(e.Type), Timestamp: e.At, Data: data}
		body, err := json.Marshal(w)
		if err != nil {
			return "", fmt.Errorf("writing a webhook: %w", err)
		}
		if len(body) <= maxBody || i == len(parts) {
			return string(body), nil
		}
		parts[i].drop(&view, e)
		if !slices.Contains(data.LeftOut, parts[i].name) {
			data.LeftOut = append(data.LeftOut, parts[i].name)
		}
	}
}

// latest are the last n attempts, and the attempt with this number if it is not among them.
func latest(all []api.Attempt, n, number int) (kept []api.Attempt) {
	for i := range all {
		if i >= len(all)-n || all[i].Number == number {
			kept = append(kept, all[i])
		}
	}
	return kept
}

// testType is the type of a message by which somebody tries whether messages arrive.
const testType = "webhook.test"

func testBody(id string, now time.Time) ([]byte, error) {
	return json.Marshal(api.Webhook{ID: id, Type: testType, Timestamp: now})
}
