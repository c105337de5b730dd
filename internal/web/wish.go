package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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

// wish decodes and checks a request for a call, which readBody has read. Everything that
// is wrong with it is told at once, as a 422, beside the wish as far as it was read.
func (s *Server) wish(body []byte) (call.Wish, error) {
	var f faults
	var from string
	var to, say, policy json.RawMessage
	w := call.Wish{Policy: call.DefaultPolicy(), Polled: s.Polled}
	f.object(body, "", map[string]any{
		"to": &to, "from": &from, "say": &say, "twiml": &w.Message.Twiml, "url": &w.Message.URL,
		"policy": &policy, "options": &w.Options, "metadata": &w.Metadata, "webhook": &w.Webhook,
	})
	f.say(say, &w.Message)
	f.policy(policy, s.Presets, &w.Policy)
	f.options(&w.Options)
	f.timeLimit(policy, &w)
	f.metadata(w.Metadata)
	if w.Webhook != "" {
		f.webhook("webhook", s.Webhooks.CheckOfCall(w.Webhook))
	}
	f.zone(s.Numbers.read(&f, f.people(to), from, &w), &w.Policy, s.Store.Now())
	f.message(s.Rules, w.Message, s.Numbers.dialable(from))
	f.twilio(s.Rules.CheckURLs(w.Options))
	for i, p := range w.People {
		f.twilioAt(fmt.Sprintf("to[%d]", i), s.Rules.CheckPerson(p))
	}
	f.check(w.Policy, s.Store.Now())
	f.twilio(twilio.CheckDetection(w.Options, w.Policy.Machine))
	if s.Polled && w.Policy.NeedsURL() {
		f.add("policy."+needsURL(w.Policy), "needs HOST_URL, the public URL under which Twilio reaches this redial")
	}
	if f.none() {
		f.twilio(twilio.CheckInstructions(s.HostURL, withKey(w)))
	}
	if err := f.problem(); err != nil {
		return w, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return call.Wish{}, fmt.Errorf("making an id: %w", err)
	}
	w.ID, w.Secret = id.String(), rand.Text()
	return w, nil
}

// needsURL names the field for which Twilio must reach redial.
func needsURL(p call.Policy) string {
	if p.Confirm.Kind != call.ConfirmNone {
		return "confirm"
	}
	return "machine"
}

// withKey gives a wish an id and a secret as long as the real ones.
func withKey(w call.Wish) call.Wish {
	w.ID, w.Secret = uuid.Nil.String(), "-"
	return w
}

// people reads whom to call: a number, or a list of numbers and people.
func (f *faults) people(raw json.RawMessage) (people []api.Person) {
	if missing(raw) {
		return nil
	}
	if raw[0] == '"' {
		var number string
		if err := json.Unmarshal(raw, &number); err != nil || number == "" {
			return nil
		}
		return []api.Person{{Number: number}}
	}
	if raw[0] != '[' {
		f.add("to", "must be a number, as a string, or a list of people")
		return nil
	}
	d := reading(raw)
	_, _ = d.ReadToken() // the bracket
	n := 0
	for ; d.PeekKind() != ']'; n++ {
		if n >= call.MaxPeople {
			_ = d.SkipValue()
			continue
		}
		people = append(people, f.person(next(d), n))
	}
	if n > call.MaxPeople {
		f.add("to", fmt.Sprintf("has %d people, and may have %d", n, call.MaxPeople))
	}
	return people
}

// person reads one of the people: a number alone, or a number and more.
func (f *faults) person(raw json.RawMessage, i int) (p api.Person) {
	if raw[0] == '"' {
		_ = json.Unmarshal(raw, &p.Number)
		return p
	}
	f.object(raw, fmt.Sprintf("to[%d]", i), map[string]any{
		"number": &p.Number, "name": &p.Name, "language": &p.Language, "say": &p.Say,
	})
	return p
}

// say reads the text to be spoken, given as an object or as a string alone.
func (f *faults) say(raw json.RawMessage, m *call.Message) {
	if missing(raw) {
		return
	}
	m.Say = new(call.Say)
	if raw[0] == '"' {
		_ = json.Unmarshal(raw, &m.Say.Text)
		return
	}
	f.object(raw, "say", map[string]any{
		"text": &m.Say.Text, "language": &m.Say.Language, "voice": &m.Say.Voice, "repeat": &m.Say.Repeat,
	})
}

func (f *faults) message(rules twilio.Rules, m call.Message, callee func(string) error) {
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
		f.twilio(rules.CheckMessage(m, callee))
	default:
		f.add("say", "there is more than one message: give just one of say, twiml and url")
	}
}

func (f *faults) options(raw *json.RawMessage) {
	if values(*raw) > maxValues {
		f.add("options", fmt.Sprintf("has more than %d values", maxValues))
		*raw = nil
	}
	checked, err := twilio.CheckOptions(*raw)
	f.twilio(err)
	*raw = checked
}

// timeLimit takes Twilio's TimeLimit, among the options, for the policy's talk limit.
func (f *faults) timeLimit(policy json.RawMessage, w *call.Wish) {
	rest, limit, err := twilio.TimeLimit(w.Options)
	f.twilio(err)
	if limit == 0 {
		return
	}
	var given map[string]json.RawMessage
	_ = json.Unmarshal(policy, &given) // what is wrong with it was told
	if _, twice := given["talk_limit"]; twice {
		f.add("options.TimeLimit", "is policy.talk_limit: give one of the two")
		return
	}
	w.Options, w.Policy.TalkLimit = rest, limit
}

// twilio adds what the edge to Twilio found.
func (f *faults) twilio(err error) { f.twilioAt("", err) }

// twilioAt does as twilio does, for what stands in a part of the request.
func (f *faults) twilioAt(prefix string, err error) {
	if e, ok := errors.AsType[*twilio.FieldError](err); ok {
		f.add(join(prefix, e.Field), e.Problem)
	} else if err != nil {
		f.add(or(prefix, "body"), err.Error())
	}
}

func (f *faults) metadata(m map[string]string) {
	if len(m) > maxMetadata {
		f.add("metadata", fmt.Sprintf("has %d entries, and may have %d", len(m), maxMetadata))
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(name) > maxMetadataKey {
			f.add(join("metadata", name), fmt.Sprintf("has a name of %d bytes, which may have %d", len(name), maxMetadataKey))
		}
		if n := len(m[name]); n > maxMetadataValue {
			f.add(join("metadata", name), fmt.Sprintf("has %d bytes, and may have %d", n, maxMetadataValue))
		}
	}
}
