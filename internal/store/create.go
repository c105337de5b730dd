package store

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"redial/internal/call"
	"redial/internal/crashpoint"
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

// Create stores a new Call and its Events. When the Idempotency-Key has been used for the
// same request before, it stores nothing and returns the Call of then, replayed.
// An Idempotency-Key is kept as long as its Call's row.
func (s *Store) Create(ctx context.Context, c call.Call, events []call.Event, key Idempotency) (made call.Call, replayed bool, err error) {
	o := &creating{call: c, events: events, key: key}
	if err := s.commit(ctx, c.CreatedAt, o); err != nil {
		return call.Call{}, false, fmt.Errorf("creating a call: %w", err)
	}
	crashpoint.Point(crashpoint.CreateAfterCommit)
	return o.made, o.keyed != nil && o.keyed.first != "", nil
}

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

// creating is an operation: it stores a new Call, or finds the one that the same request made before.
type creating struct {
	entry
	call   call.Call
	events []call.Event
	key    Idempotency

	keyed *keyedRequest // nil without an Idempotency-Key
	made  call.Call
}

func (o *creating) read(r *reads) {
	o.keyed = nil
	if o.key.Key != "" {
		o.keyed = &keyedRequest{call: &o.call, key: o.key}
		r.keyed = append(r.keyed, o.keyed)
	}
}

func (o *creating) decide(b *batch) {
	if k := o.keyed; k != nil && !k.inserted {
		o.made, o.err = k.before(b)
		return
	}
	o.made, o.err = o.call, nil
	b.addNew(&o.call).record(&o.call, o.events)
	crashpoint.Point(crashpoint.CreateBeforeCommit)
}

func (o *creating) write(b *batch) {
	if o.keyed == nil { // else its row is there already
		b.newCalls = append(b.newCalls, callColumns(&o.call))
	}
}

func (o *creating) committed(*batch) {}

func (o *creating) failed(err error) { o.err = err }

// addNew has the batch know a Call whose row is inserted by it.
func (b *batch) addNew(c *call.Call) *stored {
	if b.calls[c.ID] == nil {
		b.calls[c.ID] = &stored{before: *c, after: *c}
		b.calls[c.ID].before.Attempts = nil // these are written with all others
	}
	return b.calls[c.ID]
}

// keyedRequest is a request for a Call with an Idempotency-Key, which may have been used before.
type keyedRequest struct {
	call *call.Call
	key  Idempotency

	inserted bool    // it was not
	first    string  // id of the Call that was made with the Idempotency-Key before
	hash     string  // of its request, as it is kept
	secret   string  // of that Call
	was      *stored // that Call, where no other operation of the batch has read it
}

// before is the Call that was made by the same request before.
func (k *keyedRequest) before(b *batch) (call.Call, error) {
	switch {
	case k.first == "":
		return call.Call{}, fmt.Errorf("the first request with this key is being deleted: %w", ErrConflict)
	case !k.key.isOf(k.hash, k.secret):
		return call.Call{}, ErrConflict
	}
	c := k.was
	if c == nil {
		c = b.get(k.first)
	}
	return c.after, c.err
}

func keyColumns(k *Idempotency) []column {
	return []column{{"idem_scope", asText{&k.Scope}}, {"idem_key", asText{&k.Key}}, {"idem_hash", asText{&k.Hash}}}
}

// insertKeyed queues the rows of Calls whose Idempotency-Keys may have been used before, in the order of these;
// the answer says whose were not.
func (b *batch) insertKeyed() error {
	slices.SortStableFunc(b.keyed, func(x, y *keyedRequest) int {
		return cmp.Or(cmp.Compare(x.key.Scope, y.key.Scope), cmp.Compare(x.key.Key, y.key.Key))
	})
	byID := make(map[string]*keyedRequest, len(b.keyed))
	rows := make([][]column, len(b.keyed))
	for i, k := range b.keyed {
		byID[k.call.ID] = k
		sealed := k.key
		sealed.Hash = k.key.seal(k.call.Secret)
		rows[i] = append(callColumns(k.call), keyColumns(&sealed)...)
	}
	return b.write(&insertKeyedCall, rows, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		if k := byID[id]; k != nil {
			k.inserted = true
			b.addNew(k.call)
		}
		return err
	})
}

// readFirst reads the Calls that were made with the Idempotency-Keys that were used before. These
// are not locked, and so not for others of the batch to change.
func (b *batch) readFirst() error {
	var repeats []*keyedRequest
	for _, c := range b.keyed {
		if c.inserted {
			continue
		}
		repeats = append(repeats, c)
		b.add(statement{
			sql:  selectFirst,
			args: []any{c.key.Scope, c.key.Key},
			rows: func(scan func(...any) error) error { return scan(&c.first, asText{&c.hash}, &c.secret) },
		})
	}
	if err := b.flush(); err != nil {
		return err
	}
	var ids []string
	for _, c := range repeats {
		if b.calls[c.first] == nil && c.first != "" && c.key.isOf(c.hash, c.secret) {
			ids = append(ids, c.first)
		}
	}
	firsts := b.look(ids)
	for _, c := range repeats {
		c.was = firsts[c.first]
	}
	return b.flush()
}
