package store

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"redial/internal/store/engine"
)

// TriggerSecret is a secret by which senders reach a trigger. The secret itself is not kept: whoever brings it is found
// by the hash.
type TriggerSecret struct {
	Hash      string
	Trigger   string // its name
	Hint      string // how the secret ends
	MadeAt    time.Time
	MadeBy    string    // the name of the key that asked for it
	ExpiresAt time.Time // zero: never
}

// Works says whether the secret has not expired.
func (x *TriggerSecret) Works(now time.Time) bool {
	return x.ExpiresAt.IsZero() || now.Before(x.ExpiresAt)
}

const hintOfTrigger = 4 // digits

// NewTriggerSecret makes a new secret of a trigger, which is returned this once: 128 random bits in 32 hex digits, as
// PagerDuty's routing keys have. A plain hash of it can't be guessed.
func NewTriggerSecret(name, by string, now time.Time) (x TriggerSecret, secret string) {
	var bits [16]byte
	_, _ = rand.Read(bits[:]) // it never fails
	secret = hex.EncodeToString(bits[:])
	return TriggerSecret{
		Hash: HashSecret(secret), Trigger: name, Hint: secret[len(secret)-hintOfTrigger:], MadeAt: now, MadeBy: by,
	}, secret
}

func triggerSecretColumns(x *TriggerSecret) []column {
	return []column{
		{"hash", &x.Hash},
		{"trigger_name", &x.Trigger},
		{"hint", &x.Hint},
		{"made_at", asMicros{&x.MadeAt}},
		{"made_by", &x.MadeBy},
		{"expires_at", asMicros{&x.ExpiresAt}},
	}
}

var selectTriggerSecrets = "SELECT " + names(triggerSecretColumns(new(TriggerSecret))) +
	" FROM trigger_secrets ORDER BY trigger_name, made_at, hash"

// readTriggerSecrets reads all of them, by trigger, and of each the oldest first.
func readTriggerSecrets(found func(*TriggerSecret)) engine.Statement {
	return engine.Statement{SQL: selectTriggerSecrets, Rows: func(scan func(...any) error) error {
		x := new(TriggerSecret)
		if err := scan(fields(triggerSecretColumns(x))...); err != nil {
			return err
		}
		found(x)
		return nil
	}}
}
