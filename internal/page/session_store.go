package page

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"

	"redial/internal/store"
)

// sessionLife is how long a browser stays signed in: a day's work.
const sessionLife = 12 * time.Hour

// newSessions keeps sessions in our own store, by the hashes of their tokens.
func newSessions(s *store.Store) *scs.SessionManager {
	return &scs.SessionManager{
		Lifetime: sessionLife, Store: kept{s}, Codec: plain{}, HashTokenInStore: true,
	}
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
