package shown

import (
	"redial/api"
	"redial/internal/store"
)

// Key is an API key as the API shows it: without its secret.
func Key(k *store.Key) api.Key {
	w := api.Key{
		ID: k.ID, Name: k.Name, Hint: k.Hint, By: k.CreatedBy, CreatedAt: k.CreatedAt,
		ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, LastUsedAt: k.LastUsedAt,
	}
	for _, scope := range k.Scopes {
		w.Scopes = append(w.Scopes, string(scope))
	}
	return w
}

// KeyWithSecret shows the secret, too, for whoever has just made the key.
func KeyWithSecret(k *store.Key, secret string) api.Key {
	w := Key(k)
	w.Secret = secret
	return w
}
