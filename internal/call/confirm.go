package call

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// ConfirmKind is which keys prove that a person listens.
type ConfirmKind string

// The kinds of confirmation.
const (
	ConfirmNone   ConfirmKind = ""        // being answered is proof enough
	ConfirmAnyKey ConfirmKind = "any-key" //
	ConfirmDigit  ConfirmKind = "digit"   // one certain key
	ConfirmPIN    ConfirmKind = "pin"     // several, which only the right person knows
	ConfirmKeys   ConfirmKind = "keys"    // each with a meaning of its own
)

// Meaning is what a person says with the keys that were pressed. Without a word they mean nothing, and the person is
// asked again.
type Meaning struct {
	Do     KeyDo  `json:"do"`
	Answer string `json:"answer,omitempty"` // of KeyAnswers: which one
}

// KeyDo is what a key does.
type KeyDo string

// What a key can do. Whoever confirms or answers is reached.
const (
	KeyConfirms KeyDo = "confirm"
	KeyAnswers  KeyDo = "answer"
	KeyPassesOn KeyDo = "pass-on" // the person leaves the call to the others
)

// Confirm is what a person must do to be reached.
type Confirm struct {
	Kind      ConfirmKind        `json:"kind"`
	Digit     string             `json:"digit,omitempty"`      // of ConfirmDigit: 0-9, * or #
	PINLength int                `json:"pin_length,omitempty"` // of ConfirmPIN
	PINSalt   string             `json:"pin_salt,omitempty"`
	PINHash   string             `json:"pin_hash,omitempty"` // base64; the PIN itself is kept nowhere
	Keys      map[string]Meaning `json:"keys,omitempty"`     // of ConfirmKeys, by key: 0-9, * or #
	Prompt    string             `json:"prompt,omitempty"`   // spoken after the message; empty: redial's own
}

// Bounds of a confirmation. KeyTries is how often a key may be wrong in one leg.
const (
	KeyTries   = 3
	PINFloor   = 3
	PINCeiling = 12
	maxPrompt  = 500 // characters
	maxAnswer  = 40  // characters

	keySigns = "1234567890*#" // of a phone's keys, as they stand on it

	pinRounds = 100_000 // of PBKDF2: some ten milliseconds each guess
)

// Means returns what these keys mean. For a PIN it takes some ten milliseconds.
func (c Confirm) Means(keys string) Meaning {
	switch {
	case c.Kind == ConfirmKeys:
		return c.Keys[keys]
	case c.accepts(keys):
		return Meaning{Do: KeyConfirms}
	}
	return Meaning{}
}

// Keys lists the keys of a phone, in the order in which they stand on it.
func Keys() []string { return strings.Split(keySigns, "") }

// EachKey yields the keys that have a meaning, in that order.
func (c Confirm) EachKey(yield func(string, Meaning) bool) {
	for _, key := range Keys() {
		if m, ok := c.Keys[key]; ok && !yield(key, m) {
			return
		}
	}
}

func (c Confirm) accepts(keys string) bool {
	switch c.Kind {
	case ConfirmAnyKey: // a carrier may bring words here, too, such as hangup
		return keys != "" && strings.Trim(keys, keySigns) == ""
	case ConfirmDigit:
		return keys == c.Digit
	case ConfirmPIN:
		hash := SlowHash(keys, c.PINSalt)
		return hash != "" && subtle.ConstantTimeCompare([]byte(hash), []byte(c.PINHash)) == 1
	}
	return false
}

// SlowHash is a hash of what few guesses would find, in base64.
func SlowHash(secret, salt string) string {
	key, err := pbkdf2.Key(sha256.New, secret, []byte(salt), pinRounds, sha256.Size)
	if err != nil {
		return "" // matches nothing
	}
	return base64.StdEncoding.EncodeToString(key)
}
