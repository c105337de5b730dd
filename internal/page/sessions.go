package page

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"redial/internal/store"
)

// What is kept of a session.
const (
	ofKey   = "key"   // the id of the API key, if the database has it
	ofProof = "proof" // else a proof of the API key of the settings
)

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

// The cookies of sessions. A browser sends the first only to the very host that set it, over TLS. The second is for
// loopback, where not every browser takes the first.
const (
	sessionCookie = "__Host-redial"
	localCookie   = "redial-session"
)

// sessionCookieFor is the cookie with a session's token. Without a token it removes the one that the browser has.
func sessionCookieFor(t transport, token string) *http.Cookie {
	c := &http.Cookie{
		Name: localCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(sessionLife.Seconds()),
	}
	if t == overTLS {
		c.Name, c.Secure = sessionCookie, true
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// tokenOf is the token of a browser's session, or empty.
func tokenOf(r *http.Request) string {
	if token := cookie(r, sessionCookie); token != "" {
		return token
	}
	return cookie(r, localCookie)
}
