package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"redial/internal/call"
)

// Idempotency is a caller's promise that two requests with the same Idempotency-Key are the same request. Scope says
// whose Idempotency-Key it is. Hash is a hash of the request.
type Idempotency struct {
	Scope, Key, Hash string
	// Before are the scopes that versions before gave requests of the same caller. They are looked up as long as any Call
	// has one, and given to none.
	Before []string
}

const sealPrefix = "hmac:"

// seal is the hash as it is stored. Without the Call's secret nobody can test which request it belongs to.
func (k Idempotency) seal(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(k.Hash))
	return sealPrefix + hex.EncodeToString(mac.Sum(nil))
}

// isOf says whether a stored hash is of the same request. It is taken for the same once the Call's personal data is
// gone, because nobody can tell any more. Older versions stored the hash itself.
func (k Idempotency) isOf(kept, secret string) bool {
	switch {
	case kept == "":
		return true
	case strings.HasPrefix(kept, sealPrefix):
		return hmac.Equal([]byte(kept), []byte(k.seal(secret)))
	}
	return kept == k.Hash
}

// ErrConflict is returned if the Idempotency-Key was used for another request.
var ErrConflict = errors.New("the Idempotency-Key was used for another request")

const selectFirst = "SELECT id, idem_hash, secret FROM calls WHERE idem_scope = $1 AND idem_key = $2"

// First returns the Call that this request created when it came with this Idempotency-Key before, in its present
// state. It returns ErrNotFound if the Idempotency-Key is new, and ErrConflict if it was used for another request.
func (s *Store) First(ctx context.Context, key Idempotency) (call.Call, error) {
	var id, hash, secret string
	var found bool
	var err error
	before, _ := s.oldScopes.toRead(key.Before)
	for _, scope := range append([]string{key.Scope}, before...) {
		found, err = s.reading(ctx).row(selectFirst, []any{scope, key.Key}, &id, asText{&hash}, &secret)
		if err != nil || found {
			break
		}
	}
	switch {
	case err != nil:
		return call.Call{}, fmt.Errorf("looking for the first request: %w", err)
	case !found:
		return call.Call{}, ErrNotFound
	case !key.isOf(hash, secret):
		return call.Call{}, ErrConflict
	}
	return s.Get(ctx, id)
}

func keyColumns(k *Idempotency) []column {
	return []column{{"idem_scope", asText{&k.Scope}}, {"idem_key", asText{&k.Key}}, {"idem_hash", asText{&k.Hash}}}
}

var insertKeyedCall = func() bulk {
	cols := append(callColumns(new(call.Call)), keyColumns(new(Idempotency))...)
	b := insertionIfFree("calls", cols, "id", "idem_scope", "idem_key")
	b.insert.Free.Index = "calls_idem_scope_idem_key_key"
	return b
}()
