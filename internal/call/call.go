package call

import (
	"encoding/json"
	"slices"
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
	Reached         Outcome = "reached"   // a person, as proven as the policy wants it
	Unreached       Outcome = "unreached" // the policy's attempts are used up
	OutcomeRefused  Outcome = "refused"   // the carrier will not take this call, now or later
	OutcomeCanceled Outcome = "canceled"
	Expired         Outcome = "expired" // the deadline came first
)

// Outcomes lists every Outcome.
func Outcomes() []Outcome {
	return []Outcome{Reached, Unreached, OutcomeRefused, OutcomeCanceled, Expired}
}

// Say is a text to be spoken. Language is a BCP 47 tag and Voice the carrier's name of one;
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
	URL   string `json:"url,omitempty"`   // where the carrier fetches TwiML once answered
}

// Person is somebody to be reached. Name, Language (a BCP 47 tag) and Say, what this
// person hears instead of the Call's own text, may be empty.
type Person struct {
	Number   string `json:"number"` // E.164
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
	Say      string `json:"say,omitempty"`
}

// MaxPeople is how many people a Call can try to reach.
const MaxPeople = 10

// Wish is a request as the edge has checked it: numbers in E.164, a sound
// message, options that the carrier's create call knows.
type Wish struct {
	ID       string            // unique, ordered in time
	Secret   string            // random; the keys of the attempts are derived from it
	To       string            // E.164, of the first person
	People   []Person          // whom To reaches first; none: only To
	From     string            // E.164
	Message  Message           //
	Policy   Policy            //
	Options  json.RawMessage   // further parameters of the carrier's create call, a JSON object, or nil
	Metadata map[string]string // the caller's own
	Webhook  string            // where events are sent, beside the endpoints of the installation; empty: nowhere
	By       string            // whose wish it is: the name of an API key; empty: nobody knows
	Polled   bool              // no callbacks will come: the carrier is asked all the while
}

// Call is the wish to reach a person, and all that is known about it.
type Call struct {
	Wish
	State           State
	Outcome         Outcome
	CreatedAt       time.Time
	Deadline        time.Time // no dial begins at or after it
	CancelRequested time.Time // zero when nobody has asked
	EndedAt         time.Time
	NextAttemptAt   time.Time // zero when no dial is planned
	WakeAt          time.Time // the earliest time to look at the Call again; zero when it is over
	Held            string    // the number that the next dial waits for, as another Call is ringing it; or empty
	Offered         string    // the number that became free for the next dial, while that is due; empty when none
	ReachedBy       int       // the attempt that reached a person; 0 while none has
	CutShort        bool      // the cancel ends conversations, too
	RedialAsked     time.Time // when somebody last asked for the next dial at once
	Seq             int       // of the last Event
	Attempts        []Attempt // attempt n at index n-1
}

// Attempt returns attempt n, nil if there is none.
func (c *Call) Attempt(n int) *Attempt {
	if n < 1 || n > len(c.Attempts) {
		return nil
	}
	return &c.Attempts[n-1]
}

// Clone returns a copy that shares nothing that a step could change.
func (c *Call) Clone() Call {
	d := *c
	d.Attempts = slices.Clone(c.Attempts) // People belong to the Wish, which no step changes
	return d
}
