package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Scope is something that an API key may be used for.
type Scope string

// The scopes, beside trigger:NAME, which may play that trigger alone.
const (
	CallsWrite Scope = "calls:write" // ask for calls, and steer those that the key's own name made
	CallsRead  Scope = "calls:read"  // read what the key's own name made
	Operate    Scope = "operate"     // read, stop and steer whatever there is
	Numbers    Scope = "numbers"     // see people's numbers whole
	Metrics    Scope = "metrics"     // see the metrics, which count everybody's calls
	Admin      Scope = "admin"       // anything, API keys included
)

// Scopes lists every Scope that has no name of its own in it.
func Scopes() []Scope { return []Scope{CallsWrite, CallsRead, Operate, Numbers, Metrics, Admin} }

const triggerScope = "trigger:"

// A keyName is also the name of a trigger.
var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// Check says what is wrong with a Scope.
func (s Scope) Check() error {
	name, triggers := strings.CutPrefix(string(s), triggerScope)
	if slices.Contains(Scopes(), s) || triggers && keyName.MatchString(name) {
		return nil
	}
	return fmt.Errorf(
		"%q is no scope: there are calls:write, calls:read, trigger:NAME, operate, numbers, metrics and admin", string(s))
}

const maxScopes = 50 // of a key

// ParseScopes reads the scopes of a key.
func ParseScopes(words []string) (scopes []Scope, err error) {
	if len(words) == 0 || len(words) > maxScopes {
		return nil, fmt.Errorf("must be 1 to %d scopes", maxScopes)
	}
	for _, word := range words {
		s := Scope(word)
		if err := s.Check(); err != nil {
			return nil, err
		}
		if slices.Contains(scopes, s) {
			return nil, fmt.Errorf("has %s twice", word)
		}
		scopes = append(scopes, s)
	}
	return scopes, nil
}

// The names of those who have no key of the database.
const (
	NameOfEnv   = "env"   // keys of the configuration that have no name
	NameOfLocal = "local" // programs of this very machine, where there are no keys
)

// NameOfTrigger is the name of whoever brings the secret of a trigger. It is no API key's.
func NameOfTrigger(name string) string { return triggerScope + name }

// CheckNewKeyName says what is wrong with the name of a new API key.
func CheckNewKeyName(name string) error {
	if name == NameOfEnv || name == NameOfLocal {
		return fmt.Errorf("must not be %s, which is the name of those who have no named key", name)
	}
	return CheckKeyName(name)
}

// CheckKeyName says what is wrong with a name that is to be that of an API key.
func CheckKeyName(name string) error {
	if keyName.MatchString(name) {
		return nil
	}
	return errors.New("must be 1 to 63 lower-case letters, digits, dots, hyphens and underscores, " +
		"and begin with a letter or digit")
}

// Key is an API key. Its secret is not kept: whoever brings it is found by the hash.
type Key struct {
	ID         string
	Name       string
	Hash       string
	Hint       string // how the secret begins
	Scopes     []Scope
	CreatedAt  time.Time
	CreatedBy  string    // the name of the key that asked for it
	ExpiresAt  time.Time // zero: never
	RevokedAt  time.Time // zero: it is not
	LastUsedAt time.Time // to the minute; zero: never
}

// Works says whether the key is neither revoked nor expired.
func (k *Key) Works(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// End is when the key stops working, and whether because it was revoked; zero: never.
func (k *Key) End() (at time.Time, revoked bool) {
	if k.RevokedAt.IsZero() || !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(k.RevokedAt) {
		return k.ExpiresAt, false
	}
	return k.RevokedAt, true
}

// ErrKeyEnded is returned if the API key that asks is not known, or has been revoked, or has expired.
var ErrKeyEnded = errors.New("this API key works no longer")

// Asker is who asks for something.
type Asker struct {
	Name    string // of the API key
	KeyID   string // of a key that the database holds, else empty
	Keyless bool   // let in without an API key, as there was none
	Scopes  []Scope
	From    string // the address that the request came from; empty: no request, or not known
}

// May says whether one of these scopes is the asker's.
func (a Asker) May(scopes ...Scope) bool {
	return slices.ContainsFunc(a.Scopes, func(s Scope) bool { return s == Admin || slices.Contains(scopes, s) })
}

// OnlyOf is the name that made what the asker may see; empty: whoever made it.
func (a Asker) OnlyOf() string {
	if a.May(Operate) {
		return ""
	}
	return a.Name
}

const (
	secretPrefix = "rdl_" // by which scanners find secrets
	hintLength   = 8
)

// NewKey makes a key with a new secret, which is returned this once. The secret has 260 random bits: a
// plain hash of it can't be guessed.
func NewKey(name string, scopes []Scope, by string, now time.Time) (k Key, secret string) {
	secret = secretPrefix + rand.Text() + rand.Text()
	return Key{
		ID: "key_" + rand.Text(), Name: name, Hash: HashSecret(secret), Hint: secret[:hintLength], Scopes: scopes,
		CreatedAt: now, CreatedBy: by,
	}, secret
}

// HashSecret is what is kept of the secret of a Key.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
