package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"redial/api"
	"redial/internal/call"
	"redial/internal/twilio"
)

// The bounds of metadata, which redial only keeps.
const (
	maxMetadata      = 50  // entries
	maxMetadataKey   = 100 // bytes
	maxMetadataValue = 1000
)

// wish decodes and checks a request for a call. Everything that is wrong with it
// is told at once, as a 422, or a 400 if it is not JSON at all.
func (s *Server) wish(body []byte) (call.Wish, error) {
	if err := checkJSON(body); err != nil {
		return call.Wish{}, err
	}
	var f faults
	var to, from string
	var say, policy json.RawMessage
	w := call.Wish{Policy: call.DefaultPolicy(), Polled: s.Polled}
	f.object(body, "", map[string]any{
		"to": &to, "from": &from, "say": &say, "twiml": &w.Message.Twiml, "url": &w.Message.URL,
		"policy": &policy, "options": &w.Options, "metadata": &w.Metadata,
	})
	f.say(say, &w.Message)
	f.policy(policy, &w.Policy)
	f.message(w.Message)
	f.options(&w.Options)
	f.metadata(w.Metadata)
	s.Numbers.read(&f, to, from, &w)
	if err := f.problem(); err != nil {
		return call.Wish{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return call.Wish{}, fmt.Errorf("making an id: %w", err)
	}
	w.ID, w.Secret = id.String(), rand.Text()
	return w, nil
}

// say reads the text to be spoken, given as an object or as a string alone.
func (f *faults) say(raw json.RawMessage, m *call.Message) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	m.Say = new(call.Say)
	if raw[0] == '"' {
		f.object(json.RawMessage(`{"text":`+string(raw)+`}`), "say", map[string]any{"text": &m.Say.Text})
		return
	}
	f.object(raw, "say", map[string]any{
		"text": &m.Say.Text, "language": &m.Say.Language, "voice": &m.Say.Voice, "repeat": &m.Say.Repeat,
	})
}

// policy reads the fields that are given over the defaults.
func (f *faults) policy(raw json.RawMessage, p *call.Policy) {
	var ring, deadline *api.Duration
	var after json.RawMessage
	before := len(*f)
	f.object(raw, "policy", map[string]any{
		"max_attempts": &p.MaxAttempts, "ring_timeout": &ring, "deadline": &deadline, "redial_after": &after,
	})
	delays := map[string]any{}
	given := map[call.Result]*api.Duration{}
	for _, r := range call.Redialed() {
		d := api.Duration(p.RedialAfter[r])
		given[r], delays[string(r)] = &d, &d
	}
	f.object(after, "policy.redial_after", delays)
	if len(*f) > before {
		return
	}
	if ring != nil {
		p.RingTimeout = ring.Std()
	}
	if deadline != nil {
		p.Deadline = deadline.Std()
	}
	for r, d := range given {
		p.RedialAfter[r] = d.Std()
	}
	if e, ok := errors.AsType[*call.PolicyError](p.Check()); ok {
		f.add("policy."+e.Field, e.Problem)
	}
}

func (f *faults) message(m call.Message) {
	given := 0
	for _, is := range []bool{m.Say != nil, m.Twiml != "", m.URL != ""} {
		if is {
			given++
		}
	}
	switch given {
	case 0:
		f.add("say", "there is no message: give one of say, twiml and url")
	case 1:
		f.twilio(twilio.CheckMessage(m))
	default:
		f.add("say", "there is more than one message: give just one of say, twiml and url")
	}
}

func (f *faults) options(raw *json.RawMessage) {
	checked, err := twilio.CheckOptions(*raw)
	f.twilio(err)
	*raw = checked
}

// twilio adds what the edge to Twilio found.
func (f *faults) twilio(err error) {
	if e, ok := errors.AsType[*twilio.FieldError](err); ok {
		f.add(e.Field, e.Problem)
	} else if err != nil {
		f.add("body", err.Error())
	}
}

func (f *faults) metadata(m map[string]string) {
	if len(m) > maxMetadata {
		f.add("metadata", fmt.Sprintf("has more than %d entries", maxMetadata))
	}
	for k, v := range m {
		if len(k) > maxMetadataKey || len(v) > maxMetadataValue {
			f.add("metadata", fmt.Sprintf("a key may have %d bytes, a value %d", maxMetadataKey, maxMetadataValue))
			return
		}
	}
}
