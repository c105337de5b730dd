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
)

// Confirm is what a person must do to be reached.
type Confirm struct {
	Kind      ConfirmKind `json:"kind"`
	Digit     string      `json:"digit,omitempty"`      // of ConfirmDigit: 0-9, * or #
	PINLength int         `json:"pin_length,omitempty"` // of ConfirmPIN
	PINSalt   string      `json:"pin_salt,omitempty"`
	PINHash   string      `json:"pin_hash,omitempty"` // base64; the PIN itself is kept nowhere
	Prompt    string      `json:"prompt,omitempty"`   // spoken after the message; empty: redial's own
}

// Bounds of a confirmation. KeyTries is how often a key may be wrong in one leg.
const (
	KeyTries   = 3
	PINFloor   = 3
	PINCeiling = 12
	maxPrompt  = 500 // characters

	keySigns = "0123456789*#" // of a phone's keys

	pinRounds = 100_000 // of PBKDF2: some ten milliseconds each guess
)

// Accepts says whether these keys confirm. For a PIN it takes some ten milliseconds.
func (c Confirm) Accepts(keys string) bool {
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
