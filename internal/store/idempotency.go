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

// Idempotency is a caller's promise that two requests with the same Idempotency-Key are the
// same request. Scope says whose it is, Hash what was asked.
type Idempotency struct {
	Scope, Key, Hash string
}

const sealPrefix = "hmac:"

// seal is the hash as it is kept: without the Call's secret nobody can try which request it is of.
func (k Idempotency) seal(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(k.Hash))
	return sealPrefix + hex.EncodeToString(mac.Sum(nil))
}

// isOf says whether what is kept with a Call is of the same request. Once the personal data is gone
// nobody can tell, and it is taken for that. What versions before kept is the hash itself.
func (k Idempotency) isOf(kept, secret string) bool {
	switch {
	case kept == "":
		return true
	case strings.HasPrefix(kept, sealPrefix):
		return hmac.Equal([]byte(kept), []byte(k.seal(secret)))
	}
	return kept == k.Hash
}

// ErrConflict is returned by Create when the Idempotency-Key was used for another request.
var ErrConflict = errors.New("the Idempotency-Key was used for another request")

const selectFirst = "SELECT id, idem_hash, secret FROM calls WHERE idem_scope = $1 AND idem_key = $2"

// First returns the Call that this request made when it came with this Idempotency-Key before,
// as it is now; ErrNotFound if the Idempotency-Key is new, ErrConflict if it was another request's.
func (s *Store) First(ctx context.Context, key Idempotency) (call.Call, error) {
	var id, hash, secret string
	found, err := s.reading(ctx).row(selectFirst, []any{key.Scope, key.Key}, &id, asText{&hash}, &secret)
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

var insertKeyedCall = insertionIfFree("calls", append(callColumns(new(call.Call)), keyColumns(new(Idempotency))...),
	"id", "idem_scope", "idem_key")
