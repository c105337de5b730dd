package api

import (
	_ "embed"
	"encoding/json"
	"errors"
	"regexp"
	"time"
)

// OpenAPI is the contract, in OpenAPI 3 as YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Presets are the policies that every installation has, as a JSON object by name.
//
//go:embed presets.json
var Presets []byte

// CreateCall asks for a call. Exactly one of Say, Twiml and URL is set.
type CreateCall struct {
	To       string            `json:"to"`                // E.164, or national where the server has a default region
	People   []Person          `json:"-"`                 // whom to reach, in this order; in JSON they replace To
	From     string            `json:"from,omitzero"`     // like To; empty: the server's default
	Say      *Say              `json:"say,omitzero"`      // a text to be spoken
	Twiml    string            `json:"twiml,omitzero"`    // a TwiML document, at most 4000 characters
	URL      string            `json:"url,omitzero"`      // where Twilio fetches TwiML once the call is answered
	Policy   *Policy           `json:"policy,omitzero"`   // fields that are left out have defaults
	Options  json.RawMessage   `json:"options,omitzero"`  // further parameters of Twilio's create call, by its names
	Metadata map[string]string `json:"metadata,omitzero"` // the caller's own; redial keeps it and gives it back
	Webhook  string            `json:"webhook,omitzero"`  // where its events go, beside the endpoints
}

// MarshalJSON writes the people, where there are any, in the place of the number.
func (c CreateCall) MarshalJSON() ([]byte, error) {
	type plain CreateCall
	if len(c.People) == 0 {
		return json.Marshal(plain(c))
	}
	return json.Marshal(struct {
		To []Person `json:"to"`
		plain
	}{c.People, plain(c)})
}

// UnmarshalJSON reads both forms of to.
func (c *CreateCall) UnmarshalJSON(b []byte) error {
	type plain CreateCall
	w := struct {
		To json.RawMessage `json:"to"`
		*plain
	}{plain: (*plain)(c)}
	if err := json.Unmarshal(b, &w); err != nil || len(w.To) == 0 {
		return err
	}
	if w.To[0] == '[' {
		return json.Unmarshal(w.To, &c.People)
	}
	return json.Unmarshal(w.To, &c.To)
}

// Person is somebody to be reached; only the number is needed.
type Person struct {
	Number   string `json:"number,omitzero"`
	Name     string `json:"name,omitzero"`     // told to the others who listen
	Language string `json:"language,omitzero"` // BCP 47; empty: the message's
	Say      string `json:"say,omitzero"`      // instead of the message's text
}

// UnmarshalJSON also reads a number alone.
func (p *Person) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*p = Person{}
		return json.Unmarshal(b, &p.Number)
	}
	type plain Person
	return json.Unmarshal(b, (*plain)(p))
}

// Say is a text to be spoken. In JSON it may also be the text alone.
type Say struct {
	Text     string `json:"text"`
	Language string `json:"language,omitzero"` // BCP 47, such as ja-JP
	Voice    string `json:"voice,omitzero"`    // a Twilio voice
	Repeat   int    `json:"repeat,omitzero"`   // how often it is spoken
}

// UnmarshalJSON reads both forms.
func (s *Say) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*s = Say{}
		return json.Unmarshal(b, &s.Text)
	}
	type plain Say
	return json.Unmarshal(b, (*plain)(s))
}

// Policy says how hard to try, and when. In a request, a field that is left out has the preset's value or a default.
// An answer has the policy that the call follows.
type Policy struct {
	Preset       string            `json:"preset,omitzero"`         // the base: article, urgent, polite or another
	MaxAttempts  *int              `json:"max_attempts,omitzero"`   // dials of each person, including the first
	MaxPerResult map[string]int    `json:"max_per_result,omitzero"` // how many of those may end with each result
	RingTimeout  *Duration         `json:"ring_timeout,omitzero"`   // whole seconds
	TalkLimit    *Duration         `json:"talk_limit,omitzero"`     // of a conversation, whole seconds
	NotBefore    *Moment           `json:"not_before,omitzero"`     // the first dial is not before it
	Deadline     *Moment           `json:"deadline,omitzero"`       // no dial begins at or after it
	RedialAfter  map[string]Delays `json:"redial_after,omitzero"`   // by no-answer, busy, failed, machine, unconfirmed
	Jitter       *Duration         `json:"jitter,omitzero"`         // a random time up to this is added to each delay
	Window       *Window           `json:"window,omitzero"`         // when a phone may ring; none: at any time
	Confirm      *Confirm          `json:"confirm,omitzero"`        // what proves that a person listens
	Machine      *Machine          `json:"machine,omitzero"`        // what is done when a machine answers
	Ladder       string            `json:"ladder,omitzero"`         // of several people: sequence, rounds or parallel
}

// Window is when a phone may ring, in local time. A phone that could ring past its end is not dialed.
type Window struct {
	Days     []string `json:"days,omitzero"`     // mon to sun, on which it opens; empty: every day
	Hours    string   `json:"hours,omitzero"`    // 09:00-21:00, or over midnight 22:00-06:00; empty: all day
	Zone     string   `json:"zone,omitzero"`     // IANA, or any-of-number; empty: the number's, if it has one only
	Zones    []string `json:"zones,omitzero"`    // in an answer: the zones of any-of-number; all must be open
	Holidays []string `json:"holidays,omitzero"` // dates such as 2026-12-25, on which nothing rings
}

// Moment is the time At or, if At is zero, the time After the call's creation. In JSON it is an RFC 3339 time or a
// duration, as a string.
type Moment struct {
	After Duration
	At    time.Time
}

// After is the Moment d after the call's creation.
func After(d time.Duration) *Moment { return &Moment{After: Duration(d)} }

func (m Moment) String() string {
	if m.At.IsZero() {
		return m.After.String()
	}
	return m.At.Format(time.RFC3339Nano)
}

// spaced matches a time whose zone has a space instead of its sign.
var spaced = regexp.MustCompile(`^[0-9-]+T[0-9:.]+ [0-9:]+$`)

// ParseMoment reads "24h" or "2026-12-24T18:00:00+09:00".
func ParseMoment(text string) (m Moment, err error) {
	d, noDuration := ParseDuration(text)
	if noDuration == nil {
		return Moment{After: d}, nil
	}
	m.At, err = time.Parse(time.RFC3339, text)
	switch {
	case err == nil:
		return m, nil
	case amount.MatchString(text):
		return Moment{}, noDuration
	case spaced.MatchString(text):
		return Moment{}, errors.New("has a space before its zone, which is what becomes of a + in a URL: " +
			"write +09:00 or, in a URL, %2B09:00")
	}
	return Moment{}, errors.New(`must be a duration such as "24h", or a time such as "2026-12-24T18:00:00+09:00"`)
}

// MarshalJSON writes a string.
func (m Moment) MarshalJSON() ([]byte, error) { return quoted(m.String()), nil }

// UnmarshalJSON reads a string only.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		text = ""
	}
	read, err := ParseMoment(text)
	if err == nil {
		*m = read
	}
	return err
}

// Delays are the pauses after the first dial, after the second, and so on; the last one also follows all later dials.
// In JSON a single delay may be written without the list.
type Delays []Duration

// MarshalJSON writes the shorter of the two forms.
func (d Delays) MarshalJSON() ([]byte, error) {
	if len(d) == 1 {
		return d[0].MarshalJSON()
	}
	return json.Marshal([]Duration(d))
}

// UnmarshalJSON reads both forms.
func (d *Delays) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var list []Duration
		err := json.Unmarshal(b, &list)
		if err == nil && len(list) == 0 {
			err = errors.New(`must have a delay, such as "0s"`)
		}
		*d = list
		return err
	}
	var one Duration
	err := json.Unmarshal(b, &one)
	*d = Delays{one}
	return err
}

// Confirm is what a person must press. In JSON it is none, any-key, or an object
// with the digit, the PIN or the keys.
type Confirm struct {
	AnyKey bool
	Digit  string             // 0 to 9, * or #
	PIN    string             // 3 to 12 digits; in an answer it is masked
	Keys   map[string]Meaning // what each key means
	Prompt string             // spoken after the message; empty: redial's own words
}

type confirmWire struct {
	Digit  string             `json:"digit,omitzero"`
	PIN    string             `json:"pin,omitzero"`
	Keys   map[string]Meaning `json:"keys,omitzero"`
	Prompt string             `json:"prompt,omitzero"`
}

// Meaning is what a key means. In JSON it is a word, or an object with the answer.
type Meaning struct {
	Do     string // confirm or pass-on; empty: it is an answer
	Answer string // 1 to 40 characters; empty once scrubbed
}

type meaningWire struct {
	Answer string `json:"answer"`
}

// MarshalJSON writes the form that has no empty part.
func (m Meaning) MarshalJSON() ([]byte, error) {
	if m.Do != "" {
		return json.Marshal(m.Do)
	}
	return json.Marshal(meaningWire{m.Answer})
}

// UnmarshalJSON reads both forms.
func (m *Meaning) UnmarshalJSON(b []byte) error {
	*m = Meaning{}
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &m.Do)
	}
	var w meaningWire
	err := json.Unmarshal(b, &w)
	m.Answer = w.Answer
	return err
}

// MarshalJSON writes the shorter of the two forms.
func (c Confirm) MarshalJSON() ([]byte, error) {
	switch {
	case c.AnyKey:
		return []byte(`"any-key"`), nil
	case c.Digit == "" && c.PIN == "" && len(c.Keys) == 0:
		return []byte(`"none"`), nil
	}
	return json.Marshal(confirmWire{c.Digit, c.PIN, c.Keys, c.Prompt})
}

// UnmarshalJSON reads both forms.
func (c *Confirm) UnmarshalJSON(b []byte) error {
	*c = Confirm{}
	switch string(b) {
	case `"none"`:
		return nil
	case `"any-key"`:
		c.AnyKey = true
		return nil
	}
	var w confirmWire
	if err := json.Unmarshal(b, &w); err != nil {
		return errors.New(`must be "none", "any-key", or an object with a digit, a pin or keys`)
	}
	c.Digit, c.PIN, c.Keys, c.Prompt = w.Digit, w.PIN, w.Keys, w.Prompt
	return nil
}

// Machine says what to do when a machine answers. In JSON it may be Do alone.
type Machine struct {
	Do   string `json:"do"`            // ignore, redial or leave-message
	Say  string `json:"say,omitzero"`  // what is left as a message; empty: the call's own
	Then string `json:"then,omitzero"` // after a message: redial (the default) or end
}

// MarshalJSON writes the shorter of the two forms.
func (m Machine) MarshalJSON() ([]byte, error) {
	if m.Say == "" && m.Then == "" {
		return json.Marshal(m.Do)
	}
	type plain Machine
	return json.Marshal(plain(m))
}

// UnmarshalJSON reads both forms.
func (m *Machine) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*m = Machine{}
		return json.Unmarshal(b, &m.Do)
	}
	type plain Machine
	return json.Unmarshal(b, (*plain)(m))
}

// Call is a wish to reach somebody, and what became of it so far. A field that is not known yet is left out, and so
// is the personal data of a scrubbed call.
type Call struct {
	ID    string `json:"id"`
	State string `json:"state"` // waiting, dialing or ended

	// Outcome is reached, unreached, refused, canceled or expired, once the call has ended.
	Outcome string `json:"outcome,omitzero"`

	To            string    `json:"to,omitzero"`
	People        []Person  `json:"people,omitzero"` // set if there are several, or more is known than a number
	From          string    `json:"from,omitzero"`
	Say           *Say      `json:"say,omitzero"`   // the message as it was asked for: one of these three
	Twiml         string    `json:"twiml,omitzero"` //
	URL           string    `json:"url,omitzero"`   //
	Policy        Policy    `json:"policy"`
	Attempts      []Attempt `json:"attempts"`
	Reached       *Reached  `json:"reached,omitzero"`         // who was reached, and how that is known
	Refusal       *Refusal  `json:"refusal,omitzero"`         // why Twilio would not take the call
	Held          bool      `json:"held,omitzero"`            // waits until its number is free
	NextAttemptAt time.Time `json:"next_attempt_at,omitzero"` // when the phone rings again, at the earliest

	// Waiting says why the phone does not ring although the call is due. It is computed when somebody asks for the call.
	Waiting []string `json:"waiting,omitzero"`

	By                string            `json:"by,omitzero"`                  // the name of the API key that asked for it
	CancelRequestedAt time.Time         `json:"cancel_requested_at,omitzero"` //
	DeadlineAt        time.Time         `json:"deadline_at"`                  // no dial begins at or after it
	CreatedAt         time.Time         `json:"created_at"`
	EndedAt           time.Time         `json:"ended_at,omitzero"`
	Metadata          map[string]string `json:"metadata,omitzero"`
	IdempotencyKey    string            `json:"idempotency_key,omitzero"` // of the request; only where calls are read
	Webhook           string            `json:"webhook,omitzero"`         // where its events go, beside the endpoints

	// Ignored are the article's options that redial decides itself. They stand in the answer to their request alone.
	Ignored []string `json:"ignored,omitzero"`
	// Unsearchable are the names of the metadata by which the call is not found, as it has more than can be searched.
	// They stand in the answer to its request alone.
	Unsearchable []string `json:"unsearchable,omitzero"`
}

// Reached is the evidence that a person was reached.
type Reached struct {
	Attempt  int       `json:"attempt"`
	To       string    `json:"to,omitzero"`
	Name     string    `json:"name,omitzero"`
	By       string    `json:"by"`                // key, pin, human (was detected), or answer (nothing else is known)
	Answer   string    `json:"answer,omitzero"`   // what the pressed key means, where it is an answer
	At       time.Time `json:"at"`                //
	Listened int       `json:"listened,omitzero"` // seconds, set once the conversation is over
}

// ResolveAttempt says what became of an ambiguous attempt; one of the two fields is set.
type ResolveAttempt struct {
	SID      string `json:"sid,omitzero"`      // the CallSid under which Twilio knows it
	Unplaced bool   `json:"unplaced,omitzero"` // it was never placed
}

// Attempt is one dial. Each of its times is when redial heard of it.
type Attempt struct {
	Number      int       `json:"number"` // from 1
	To          string    `json:"to,omitzero"`
	SID         string    `json:"sid,omitzero"`    // Twilio's CallSid
	Status      string    `json:"status"`          // how far it has come
	Result      string    `json:"result,omitzero"` // how it ended
	DialedAt    time.Time `json:"dialed_at"`
	PlacedAt    time.Time `json:"placed_at,omitzero"` // Twilio took it
	RingingAt   time.Time `json:"ringing_at,omitzero"`
	AnsweredAt  time.Time `json:"answered_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	AnsweredBy  string    `json:"answered_by,omitzero"`  // what Twilio's detection found: human, unknown, fax, machine_…
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"` // the right key was pressed
	PassedOnAt  time.Time `json:"passed_on_at,omitzero"` // the person left the call to the others, by a key
	WrongKeys   int       `json:"wrong_keys,omitzero"`
	Duration    int       `json:"duration,omitzero"` // of the conversation, seconds
	SIPCode     int       `json:"sip_code,omitzero"` // the network's last word
	Refusal     *Refusal  `json:"refusal,omitzero"`  // also the error that Twilio reported of a call it had taken
}

// Refusal is Twilio's error code and words.
type Refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message,omitzero"`
}

// CallList is a page of calls, newest first.
type CallList struct {
	Calls        []Call        `json:"calls"`
	NextCursor   string        `json:"next_cursor,omitzero"`   // of the next page; empty on the last
	AccountPause *AccountPause `json:"account_pause,omitzero"` // set while Twilio takes no calls of the account
}

// AccountPause says why nothing is dialed, and when redial looks again.
type AccountPause struct {
	Since       time.Time `json:"since"`
	Code        int       `json:"code"`
	Message     string    `json:"message,omitzero"`
	NextCheckAt time.Time `json:"next_check_at"`
}

// Explanation is what will become of a call: when it rings, why not now, and what follows. The same code computes it
// that decides about calls.
type Explanation struct {
	State         string     `json:"state"`
	Outcome       string     `json:"outcome,omitzero"`         // set if the call has ended
	NextAttemptAt time.Time  `json:"next_attempt_at,omitzero"` // when the phone rings next, at the earliest
	Waiting       []string   `json:"waiting,omitzero"`         // why not now
	DeadlineAt    time.Time  `json:"deadline_at"`              // no dial begins at or after it
	EndsBy        time.Time  `json:"ends_by,omitzero"`         // when it is over at the latest, if nobody talks for long
	Policy        Policy     `json:"policy"`                   // the one that the call follows
	If            []Forecast `json:"if,omitzero"`              // what follows, by how the attempts end
}

// Forecast is what follows if all attempts from now on have the same result: no-answer comes after the ring timeout,
// any other result at once.
type Forecast struct {
	Result   string    `json:"result"`   // completed: a person is reached
	Attempts []Planned `json:"attempts"` // the attempts to come
	Outcome  string    `json:"outcome"`
	EndsAt   time.Time `json:"ends_at"`
}

// Planned is a dial to come.
type Planned struct {
	Number  int       `json:"number"`
	To      string    `json:"to,omitzero"`
	Name    string    `json:"name,omitzero"`
	At      time.Time `json:"at"`
	Waiting string    `json:"waiting,omitzero"` // why not sooner, if it is not the pause between two dials
}

// PresetList is the presets of an installation, by name.
type PresetList struct {
	Presets map[string]Policy `json:"presets"`
}

// Event is something that happened to a call. Fields that have no meaning for its type are left out.
type Event struct {
	Seq           int       `json:"seq"` // the call's own counter, from 1
	Type          string    `json:"type"`
	At            time.Time `json:"at"`
	Attempt       int       `json:"attempt,omitzero"` // 0: the event is about the whole call
	SID           string    `json:"sid,omitzero"`
	Person        int       `json:"person,omitzero"` // whose phone is dialed: the position in the call's people, from 1
	Result        string    `json:"result,omitzero"`
	Outcome       string    `json:"outcome,omitzero"`
	By            string    `json:"by,omitzero"` // whose request caused it: the name of an API key
	Reason        string    `json:"reason,omitzero"`
	Answer        string    `json:"answer,omitzero"`  // what the pressed key means, where it is an answer
	Waiting       string    `json:"waiting,omitzero"` // why the next dial is not made sooner
	Waited        []Wait    `json:"waited,omitzero"`  // what the dial waited for after it was due
	Code          int       `json:"code,omitzero"`    // Twilio's error code
	Message       string    `json:"message,omitzero"`
	SIPCode       int       `json:"sip_code,omitzero"`
	Duration      int       `json:"duration,omitzero"` // of the conversation, seconds
	NextAttemptAt time.Time `json:"next_attempt_at,omitzero"`
}

// Wait is a part of the time from which a dial was due until it was made.
type Wait struct {
	Why     string `json:"why"`
	Seconds int    `json:"seconds"`
}

// EventList is the timeline of a call.
type EventList struct {
	Events     []Event `json:"events"`
	NextCursor string  `json:"next_cursor,omitzero"` // of the next page; empty on the last
}
