package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/store"
	"redial/internal/wire"
)

// DefaultEvents are those that an application wants as a rule: how each attempt, and
// then the call, has ended.
func DefaultEvents() store.Filter {
	return store.Filter{string(call.AttemptEnded), string(call.CallEnded)}
}

// Body implements store.Sender: the event, and the Call as it then was. Where a call's
// events go is not the business of whoever else hears of them.
func (s *Sender) Body(c *call.Call, e *call.Event) (string, error) {
	shown := wire.Call(c)
	shown.Webhook = ""
	event := wire.Event(*e)
	body, err := json.Marshal(api.Webhook{
		ID: store.EventID(c.ID, e.Seq), Type: string(e.Type), Timestamp: e.At,
		Data: api.WebhookData{Event: &event, Call: &shown},
	})
	if err != nil {
		return "", fmt.Errorf("writing a webhook: %w", err)
	}
	return string(body), nil
}

// testType is the type of a message that only says that it arrived.
const testType = "webhook.test"

func testBody(id string, now time.Time) ([]byte, error) {
	return json.Marshal(api.Webhook{ID: id, Type: testType, Timestamp: now})
}
