package trigger

import (
	"crypto/sha256"
	"encoding/json"
	"regexp"
	"time"

	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/source"
)

// File is what stands in the file of people, rotas, triggers and presets.
type File struct {
	Hash     string // of its bytes, in hex: nodes that have read the same file have the same
	People   map[string]Person
	Rotas    map[string]*Rota
	Triggers map[string]*Trigger
	Presets  edge.Presets // also redial's own, and those of the installation
	reader   *edge.Reader // with these presets
}

// Reader reads requests with the file's presets, too.
func (f *File) Reader() *edge.Reader { return f.reader }

// Person is somebody of the file.
type Person struct {
	Number   string // E.164
	Name     string // told to others who listen; may be empty
	Language string // BCP 47; empty: that of what is said
}

// Settings are what a file is read with.
type Settings struct {
	Reader *edge.Reader                // what it would refuse in a request is a mistake in the file
	Taken  []string                    // presets of the installation, whose names the file can't use
	Env    func(string) (string, bool) // the environment, for secrets
	Now    time.Time
}

// Trigger says what an event of a source does.
type Trigger struct {
	Name     string
	Source   source.Kind
	Match    map[string][]string // which members may ring: each of these has one of the values; none: all
	To       []*Template         // names of people and rotas, and numbers where Numbers says so
	Numbers  bool
	Say      []Wording            // the first for whoever has no other's language; none: the source's own words
	Policy   json.RawMessage      // as a request has it; nil: the default
	Metadata map[string]*Template //
	Once     *Template            // the key of an incident; nil: the source's
	Each     bool                 // no incidents: each event rings by itself
	Secret   SecretHash           // given in the environment; zero: that of the database

	Hold        time.Duration // before the first ring
	AgainAfter  time.Duration // between two rings of one key
	RemindAfter time.Duration // of a reached incident that still fires; 0: never
	ForgetAfter time.Duration // without an event
}

// Wording is what is said in one language.
type Wording struct {
	Text     *Template
	Language string // BCP 47; empty: that of the text, as far as its letters tell
	Voice    string
	Repeat   int
}

// mostSaid is how many characters of TwiML the texts of a call may take, with all that is said beside them in 4000.
const mostSaid = 1200

// room is how many of them a text may take that is repeated.
func (t *Trigger) room() int {
	repeat := 1
	for _, s := range t.Say {
		repeat = max(repeat, s.Repeat)
	}
	return mostSaid / repeat
}

// Names in a call's metadata, unless the file uses them otherwise.
const (
	metaTrigger = call.MetaTrigger
	metaTest    = "test"    // it only tries the trigger
	metaDuty    = "on_duty" // who was on duty when the call was made, and why
)

// SecretHash is the hash of a trigger's secret, which is 128 random bits.
type SecretHash [sha256.Size]byte

// HashSecret returns the hash of a secret; false for a text that can't be one.
func HashSecret(secret string) (SecretHash, bool) {
	return sha256.Sum256([]byte(secret)), secretForm.MatchString(secret)
}

var secretForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
