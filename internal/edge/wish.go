package edge

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"redial/api"
	"redial/internal/call"
	"redial/internal/twilio"
)

// The bounds of metadata, which redial keeps and does not read.
const (
	maxMetadata      = 50  // entries
	maxMetadataKey   = 100 // bytes
	maxMetadataValue = 1000
)

// A Reader makes checked wishes of what was sent.
type Reader struct {
	Numbers Numbers
	Presets Presets
	Rules   twilio.Rules            // of TwiML, URLs and languages
	Webhook func(link string) error // says what is wrong with a webhook that a call brings
	HostURL string                  // the public base URL, without a slash at the end; empty where Twilio can't call back
}

// NewReader makes a Reader of settings in which Numbers.Check and Rules.Check found no fault.
func NewReader(r Reader) *Reader {
	r.Numbers, _ = r.Numbers.prepared()
	return &r
}

// Wish decodes and checks a request for a call, in which CheckJSON found no fault. It returns everything that is wrong
// with the request as one 422, and the wish as far as it was read.
func (r *Reader) Wish(body []byte, now time.Time) (call.Wish, error) {
	var f Faults
	var from string
	var to, say, policy json.RawMessage
	w := call.Wish{Policy: call.DefaultPolicy(), Polled: r.HostURL == ""}
	f.Object(body, "", Fields{
		{"to", &to}, {"from", &from}, {"say", &say}, {"twiml", &w.Message.Twiml}, {"url", &w.Message.URL},
		{"policy", &policy}, {"options", &w.Options}, {"metadata", &w.Metadata}, {"webhook", &w.Webhook},
	})
	f.say(say, &w.Message)
	f.policy(policy, r.Presets, &w.Policy)
	f.options(&w.Options)
	f.timeLimit(policy, &w)
	f.metadata(w.Metadata)
	if w.Webhook != "" {
		f.Wrong("webhook", r.Webhook(w.Webhook))
	}
	f.zone(r.Numbers.read(&f, f.people(to), from, &w), &w.Policy, now)
	f.message(r.Rules, w.Message, r.Numbers.dialable(from))
	f.twilio(r.Rules.CheckURLs(w.Options))
	for i, p := range w.People {
		f.twilioAt(fmt.Sprintf("to[%d]", i), r.Rules.CheckPerson(p))
	}
	f.check(w.Policy, now)
	f.twilio(twilio.CheckDetection(w.Options, w.Policy.Machine))
	if w.Polled && w.Policy.NeedsURL() {
		f.Add("policy."+needsURL(w.Policy), "needs HOST_URL, the public URL under which Twilio reaches this redial")
	}
	if f.None() {
		f.twilio(twilio.CheckInstructions(r.HostURL, withKey(w)))
	}
	if err := f.Problem(); err != nil {
		return w, err
	}
	w.ID, w.Secret = NewID(now), rand.Text()
	return w, nil
}

// needsURL names the field for which Twilio must reach redial.
func needsURL(p call.Policy) string {
	if p.Confirm.Kind != call.ConfirmNone {
		return "confirm"
	}
	return "machine"
}

// withKey returns the wish with an id and a secret as long as the real ones.
func withKey(w call.Wish) call.Wish {
	w.ID, w.Secret = uuid.Nil.String(), "-"
	return w
}

// people reads whom to call: a number, or a list of numbers and people.
func (f *Faults) people(raw json.RawMessage) (people []api.Person) {
	if missing(raw) {
		return nil
	}
	if raw[0] == '"' {
		if number := text(raw); number != "" {
			return []api.Person{{Number: number}}
		}
		return nil
	}
	if raw[0] != '[' {
		f.Add("to", "must be a number, as a string, or a list of people")
		return nil
	}
	d := reading(raw)
	defer d.done()
	_, _ = d.ReadToken() // the bracket
	n := 0
	for ; d.PeekKind() != ']'; n++ {
		if n >= call.MaxPeople {
			_ = d.SkipValue()
			continue
		}
		people = append(people, f.person(d.next(), n))
	}
	if n > call.MaxPeople {
		f.Add("to", fmt.Sprintf("has %d people, and may have %d", n, call.MaxPeople))
	}
	return people
}

// person reads one of the people: a number alone, or a number and more.
func (f *Faults) person(raw json.RawMessage, i int) (p api.Person) {
	if raw[0] == '"' {
		p.Number = text(raw)
		return p
	}
	f.Object(raw, fmt.Sprintf("to[%d]", i), Fields{
		{"number", &p.Number}, {"name", &p.Name}, {"language", &p.Language}, {"say", &p.Say},
	})
	return p
}

// say reads the text to be spoken, given as an object or as a string alone.
func (f *Faults) say(raw json.RawMessage, m *call.Message) {
	if missing(raw) {
		return
	}
	m.Say = new(call.Say)
	if raw[0] == '"' {
		m.Say.Text = text(raw)
		return
	}
	f.Object(raw, "say", Fields{
		{"text", &m.Say.Text}, {"language", &m.Say.Language}, {"voice", &m.Say.Voice}, {"repeat", &m.Say.Repeat},
	})
}

func (f *Faults) message(rules twilio.Rules, m call.Message, callee func(string) error) {
	given := 0
	for _, is := range []bool{m.Say != nil, m.Twiml != "", m.URL != ""} {
		if is {
			given++
		}
	}
	switch given {
	case 0:
		f.Add("say", "there is no message: give one of say, twiml and url")
	case 1:
		f.twilio(rules.CheckMessage(m, callee))
	default:
		f.Add("say", "there is more than one message: give just one of say, twiml and url")
	}
}

func (f *Faults) options(raw *json.RawMessage) {
	if values(*raw) > maxValues {
		f.Add("options", fmt.Sprintf("has more than %d values", maxValues))
		*raw = nil
	}
	checked, err := twilio.CheckOptions(*raw)
	f.twilio(err)
	*raw = checked
}

// timeLimit moves Twilio's TimeLimit from the options to the policy's talk limit.
func (f *Faults) timeLimit(policy json.RawMessage, w *call.Wish) {
	rest, limit, err := twilio.TimeLimit(w.Options)
	f.twilio(err)
	if limit == 0 {
		return
	}
	var given map[string]json.RawMessage
	_ = json.Unmarshal(policy, &given) // its faults were added
	if _, twice := given["talk_limit"]; twice {
		f.Add("options.TimeLimit", "is policy.talk_limit: give one of the two")
		return
	}
	w.Options, w.Policy.TalkLimit = rest, limit
}

// twilio adds the fault that package twilio found.
func (f *Faults) twilio(err error) { f.twilioAt("", err) }

// twilioAt does what twilio does, for a part of the request.
func (f *Faults) twilioAt(prefix string, err error) {
	if e, ok := errors.AsType[*twilio.FieldError](err); ok {
		f.Wrong(join(prefix, e.Field), e.Problem)
	} else {
		f.Wrong(cmp.Or(prefix, "body"), err)
	}
}

func (f *Faults) metadata(m map[string]string) {
	if len(m) > maxMetadata {
		f.Add("metadata", fmt.Sprintf("has %d entries, and may have %d", len(m), maxMetadata))
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(name) > maxMetadataKey {
			f.Add(join("metadata", name), fmt.Sprintf("has a name of %d bytes, which may have %d", len(name), maxMetadataKey))
		}
		if n := len(m[name]); n > maxMetadataValue {
			f.Add(join("metadata", name), fmt.Sprintf("has %d bytes, and may have %d", n, maxMetadataValue))
		}
	}
}
