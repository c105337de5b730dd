package call

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// State says where a Call stands; everything finer is its last Attempt's status.
type State string

// The states of a Call.
const (
	Waiting State = "waiting" // for its next dial
	Dialing State = "dialing" // an Attempt is, or may be, alive
	Ended   State = "ended"   // and stays so
)

// States lists every State.
func States() []State { return []State{Waiting, Dialing, Ended} }

// Outcome says how a Call ended; empty while it has not.
type Outcome string

// The outcomes of a Call.
const (
	Reached         Outcome = "reached"   // a person, as far as the policy wants proof of that
	Unreached       Outcome = "unreached" // the policy's attempts are used up
	OutcomeRefused  Outcome = "refused"   // Twilio will not take this call, now or later
	OutcomeCanceled Outcome = "canceled"
	Expired         Outcome = "expired" // the deadline came first
)

// Outcomes lists every Outcome.
func Outcomes() []Outcome {
	return []Outcome{Reached, Unreached, OutcomeRefused, OutcomeCanceled, Expired}
}

// Say is a text to be spoken. Language is a BCP 47 tag and Voice a Twilio voice;
// both may be empty. Repeat is how often the text is spoken, at least once.
type Say struct {
	Text     string `json:"text"`
	Language string `json:"language,omitempty"`
	Voice    string `json:"voice,omitempty"`
	Repeat   int    `json:"repeat,omitempty"`
}

// Message is what the person hears; exactly one field is set.
type Message struct {
	Say   *Say   `json:"say,omitempty"`
	Twiml string `json:"twiml,omitempty"` // a TwiML document
	URL   string `json:"url,omitempty"`   // where Twilio fetches TwiML once answered
}

// Wish is a request as the edge has checked it: numbers in E.164, a sound
// message, options that Twilio's create call knows.
type Wish struct {
	ID       string            // unique, ordered in time
	Secret   string            // random; the keys of the attempts are derived from it
	To       string            // E.164, of the first person
	People   []Person          // whom To reaches first; none: only To
	From     string            // E.164
	Message  Message           //
	Policy   Policy            //
	Options  json.RawMessage   // further parameters of Twilio's create call, a JSON object, or nil
	Metadata map[string]string // the caller's own
	Webhook  string            // where events are sent, beside the endpoints of the installation; empty: nowhere
	Polled   bool              // no callbacks will come: Twilio is asked all the while
}

// Call is the wish to reach a person, and all that is known about it.
type Call struct {
	Wish
	State           State
	Outcome         Outcome
	CreatedAt       time.Time
	Deadline        time.Time // no dial begins at or after it
	CancelRequested time.Time // zero when nobody has
	EndedAt         time.Time
	NextAttemptAt   time.Time // zero when no dial is planned
	WakeAt          time.Time // the earliest time to look at the Call again; zero when it is over
	Held            string    // the number that another Call must let go of before the next dial; empty when none
	Offered         string    // the number that became free for the next dial, while that is due; empty when none
	ReachedBy       int       // the attempt that reached a person; 0 while none has
	CutShort        bool      // the cancel ends conversations, too
	RedialAsked     time.Time // when somebody asked for the next dial at once, last
	Seq             int       // of the last Event
	Attempts        []Attempt // attempt n at index n-1
}

// ErrIncomplete is returned by New for a Wish that the edge should not have let through.
var ErrIncomplete = errors.New("a call needs an id, a secret, to, from and a message")

// New makes the Call of a wish: waiting, its first dial due as soon as the policy lets
// it. It returns a *PolicyError where the policy is out of bounds, or never lets it ring.
func New(w Wish, now time.Time) (Call, []Event, error) {
	if w.ID == "" || w.Secret == "" || w.To == "" || w.From == "" || w.Message == (Message{}) {
		return Call{}, nil, ErrIncomplete
	}
	if err := w.Policy.Check(now); err != nil {
		return Call{}, nil, err
	}
	if w.Policy.TalkLimit == 0 {
		w.Policy.TalkLimit = w.Message.talkLimit()
	}
	c := Call{Wish: w, State: Waiting, CreatedAt: now, Deadline: w.Policy.Deadline.from(now)}
	_, at, waiting := c.due(now)
	if !at.Before(c.Deadline) {
		return Call{}, nil, &PolicyError{"window", w.Policy.Window.never(now, c.Deadline, w.Policy.ringLength())}
	}
	c.NextAttemptAt, c.WakeAt = at, at
	return c, []Event{c.event(CallCreated, now, Event{NextAttemptAt: at, Waiting: waiting})}, nil
}

// Attempt returns attempt n, nil if there is none.
func (c *Call) Attempt(n int) *Attempt {
	if n < 1 || n > len(c.Attempts) {
		return nil
	}
	return &c.Attempts[n-1]
}

// LiveNumbers returns the attempts that may be ringing, by the number they ring.
// A Call that has ended claims no number: nobody would let go of it again.
func (c *Call) LiveNumbers() map[string]int {
	live := map[string]int{}
	for i := range c.Attempts {
		if a := &c.Attempts[i]; c.State != Ended && a.Live() {
			live[a.To] = a.N
		}
	}
	return live
}

// Refusal returns why Twilio would not take the Call, nil if it did not refuse.
func (c *Call) Refusal() *Refusal {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Result() == Refused {
			return a.Refusal
		}
	}
	return nil
}

// Clone returns a copy that shares nothing that a step could change.
func (c *Call) Clone() Call {
	d := *c
	d.Attempts = slices.Clone(c.Attempts) // People belong to the Wish, which no step changes
	return d
}

const keyDigits = 32

// Key is what the callbacks of attempt n carry: it names the attempt and cannot
// be guessed, being derived from the Call's secret.
func (c *Call) Key(n int) string {
	return c.ID + "." + strconv.Itoa(n) + "." + c.mac(n)
}

func (c *Call) mac(n int) string { return hex.EncodeToString(c.hash(c.ID, n))[:keyDigits] }

// hash is what nobody can guess of attempt n, for one use.
func (c *Call) hash(use string, n int) []byte {
	h := hmac.New(sha256.New, []byte(c.Secret))
	h.Write([]byte(use + "." + strconv.Itoa(n)))
	return h.Sum(nil)
}

// ParseKey splits a key into the Call's id and the attempt's number. It proves
// nothing yet: see Call.Holds.
func ParseKey(key string) (id string, n int, ok bool) {
	id, rest, ok1 := strings.Cut(key, ".")
	num, mac, ok2 := strings.Cut(rest, ".")
	n, err := strconv.Atoi(num)
	if !ok1 || !ok2 || err != nil || id == "" || n < 1 || len(mac) != keyDigits {
		return "", 0, false
	}
	return id, n, true
}

// Holds says whether key is the key of this Call's attempt n, in constant time.
func (c *Call) Holds(key string, n int) bool {
	return c.Attempt(n) != nil && hmac.Equal([]byte(key), []byte(c.Key(n)))
}
