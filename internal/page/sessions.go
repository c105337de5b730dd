package page

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"redial/internal/store"
)

// sessionLife is how long a browser stays signed in: a day's work.
const sessionLife = 12 * time.Hour

// What is kept of a session.
const (
	ofKey   = "key"   // the id of the API key, if the database has it
	ofProof = "proof" // else a proof of the API key of the settings
)

// newSessions keeps sessions in our own store, by the hashes of their tokens.
func newSessions(s *store.Store) *scs.SessionManager {
	return &scs.SessionManager{
		Lifetime: sessionLife, Store: kept{s}, Codec: plain{}, HashTokenInStore: true,
	}
}

// begin begins a session of who has a secret, and returns its token. It is a new one, whatever the browser had before.
func (s *Server) begin(ctx context.Context, a store.Asker, secret string) (token string, err error) {
	if ctx, err = s.sessions.Load(ctx, ""); err != nil {
		return "", err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return "", err
	}
	if a.KeyID != "" {
		s.sessions.Put(ctx, ofKey, a.KeyID)
	} else {
		hash := sha256.Sum256([]byte(secret))
		s.sessions.Put(ctx, ofProof, proof(s.sessions.Token(ctx), hash[:]))
	}
	token, _, err = s.sessions.Commit(ctx)
	return token, err
}

// proof is of an API key of the settings. Whoever reads the database learns nothing of the key from it, since only the
// browser has the token.
func proof(token string, hash []byte) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write(hash)
	return hex.EncodeToString(mac.Sum(nil))
}

// signedIn is who has a session; without a name if nobody has, or its API key does not work any more.
func (s *Server) signedIn(r *http.Request) (store.Asker, error) {
	token := tokenOf(r)
	if token == "" {
		return store.Asker{}, nil
	}
	ctx, err := s.sessions.Load(r.Context(), token)
	if err != nil {
		return store.Asker{}, err
	}
	if id := s.sessions.GetString(ctx, ofKey); id != "" {
		return s.Keys.ByID(ctx, id)
	}
	want := s.sessions.GetString(ctx, ofProof)
	return s.Keys.Configured(func(hash []byte) bool { return hmac.Equal([]byte(proof(token, hash)), []byte(want)) }), nil
}

// end ends the session of a browser.
func (s *Server) end(r *http.Request) error {
	ctx, err := s.sessions.Load(r.Context(), tokenOf(r))
	if err != nil {
		return err
	}
	return s.sessions.Destroy(ctx)
}

// kept is our store, as scs takes it.
type kept struct{ store *store.Store }

// Find implements scs.Store.
func (k kept) Find(token string) ([]byte, bool, error) { return k.FindCtx(context.Background(), token) }

// Commit implements scs.Store.
func (k kept) Commit(token string, b []byte, until time.Time) error {
	return k.CommitCtx(context.Background(), token, b, until)
}

// Delete implements scs.Store.
func (k kept) Delete(token string) error { return k.DeleteCtx(context.Background(), token) }

// FindCtx implements scs.CtxStore.
func (k kept) FindCtx(ctx context.Context, token string) (b []byte, found bool, err error) {
	data, err := k.store.Session(ctx, token)
	return []byte(data), data != "", err
}

// CommitCtx implements scs.CtxStore. It counts the session's life by the database's clock.
func (k kept) CommitCtx(ctx context.Context, token string, b []byte, until time.Time) error {
	return k.store.KeepSession(ctx, token, string(b), k.store.Now().Add(time.Until(until)))
}

// DeleteCtx implements scs.CtxStore.
func (k kept) DeleteCtx(ctx context.Context, token string) error {
	return k.store.ForgetSession(ctx, token)
}

// plain writes sessions as JSON.
type plain struct{}

type session struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode implements scs.Codec.
func (plain) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	s := session{deadline, map[string]string{}}
	for k, v := range values {
		text, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("%s of a session is no text", k)
		}
		s.Values[k] = text
	}
	return json.Marshal(s)
}

// Decode implements scs.Codec.
func (plain) Decode(b []byte) (time.Time, map[string]any, error) {
	var s session
	if err := json.Unmarshal(b, &s); err != nil {
		return time.Time{}, nil, fmt.Errorf("reading a session: %w", err)
	}
	values := map[string]any{}
	for k, v := range s.Values {
		values[k] = v
	}
	return s.Deadline, values, nil
}
