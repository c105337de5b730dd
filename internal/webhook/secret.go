package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/internal/store"
)

const (
	secretPrefix = "whsec_"
	secretBytes  = 32
	mostSecrets  = 5 // of one endpoint, that sign at once
)

// RotationTime is how long a secret still signs after it was replaced.
const RotationTime = 24 * time.Hour

// NewSecret makes one, in the form of Standard Webhooks.
func NewSecret() string {
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// CheckSecret says what is wrong with a secret that somebody made. Standard Webhooks wants 24 to 64 bytes.
func CheckSecret(secret string) error {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return errors.New("must be whsec_ and 24 to 64 bytes in base64")
	}
	return nil
}

// rotate gives an endpoint a new secret. Its older ones sign for RotationTime, too.
func rotate(e *store.Endpoint, secret string, now time.Time) {
	list := []store.Secret{{Text: secret}}
	for _, s := range e.Secrets {
		if s.Until.IsZero() {
			s.Until = now.Add(RotationTime)
		}
		if now.Before(s.Until) && len(list) < mostSecrets {
			list = append(list, s)
		}
	}
	e.Secrets = list
}

// sign returns the signature header of a message: one signature for each secret that is valid.
func sign(secrets []store.Secret, id string, at time.Time, body []byte) (string, error) {
	var list []string
	for _, s := range secrets {
		if !s.Until.IsZero() && !at.Before(s.Until) {
			continue
		}
		w, err := standardwebhooks.NewWebhook(s.Text)
		if err != nil {
			return "", ours("a secret is no base64") // the library's error would quote it
		}
		signature, err := w.Sign(id, at, body)
		if err != nil {
			return "", fmt.Errorf("signing: %w", err)
		}
		list = append(list, signature)
	}
	if len(list) == 0 {
		return "", ours("there is no secret to sign with")
	}
	return strings.Join(list, " "), nil
}
