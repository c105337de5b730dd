package store

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
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
	return o.made, o.first != "", nil
}

const selectFirst = "SELECT id, idem_hash, secret FROM calls WHERE idem_scope = $1 AND idem_key = $2"

// First returns the Call that this request made when it came with this Idempotency-Key before,
// as it is now; ErrNotFound if the Idempotency-Key is new, ErrConflict if it was another request's.
func (s *Store) First(ctx context.Context, key Idempotency) (call.Call, error) {
	var id, hash, secret string
	err := s.read.QueryRowContext(ctx, selectFirst, key.Scope, key.Key).Scan(&id, asText{&hash}, &secret)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return call.Call{}, ErrNotFound
	case err != nil:
		return call.Call{}, fmt.Errorf("looking for the first request: %w", err)
	case !key.isOf(hash, secret):
		return call.Call{}, ErrConflict
	}
	return s.Get(ctx, id)
}

type creating struct {
	ticket
	call   call.Call
	events []call.Event
	key    Idempotency

	inserted bool
	first    string  // id of the Call that was made with the Idempotency-Key before
	hash     string  // of its request, as it is kept
	secret   string  // of that Call
	was      *stored // that Call, where no other operation of the batch has read it
	made     call.Call
}

func keyColumns(k *Idempotency) []column {
	return []column{{"idem_scope", asText{&k.Scope}}, {"idem_key", asText{&k.Key}}, {"idem_hash", asText{&k.Hash}}}
}

// insertAll queues the creations with an Idempotency-Key, of which nobody knows yet whether they
// are new; the rest waits until it is known how it stands.
func (b *batch) insertAll() error {
	var keyed []*creating
	for _, o := range b.creations {
		o.inserted, o.first, o.hash, o.secret, o.was = o.key.Key == "", "", "", "", nil
		if o.inserted {
			b.calls[o.call.ID] = &stored{after: o.call, isNew: true}
		} else {
			keyed = append(keyed, o)
		}
	}
	return b.insertKeyed(keyed)
}

// insertNew queues the rows of the Calls that have no Idempotency-Key, as they stand by now.
func (b *batch) insertNew() error {
	var rows [][]column
	for _, id := range slices.Sorted(maps.Keys(b.calls)) {
		if c := b.calls[id]; c.isNew {
			rows = append(rows, callColumns(&c.after))
			c.isNew, c.before = false, c.after
			c.before.Attempts = nil // these are written with all others
		}
	}
	return b.write(&insertCall, rows, nil)
}

// insertKeyed queues the rows of creations whose Idempotency-Keys may have been used before;
// the answer says whose were not.
func (b *batch) insertKeyed(list []*creating) error {
	slices.SortStableFunc(list, func(x, y *creating) int {
		return cmp.Or(cmp.Compare(x.key.Scope, y.key.Scope), cmp.Compare(x.key.Key, y.key.Key))
	})
	byID := make(map[string]*creating, len(list))
	rows := make([][]column, len(list))
	for i, c := range list {
		byID[c.call.ID] = c
		sealed := c.key
		sealed.Hash = c.key.seal(c.call.Secret)
		rows[i] = append(callColumns(&c.call), keyColumns(&sealed)...)
	}
	return b.write(&insertKeyedCall, rows, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		if o := byID[id]; o != nil {
			o.inserted = true
			c := &stored{before: o.call, after: o.call}
			c.before.Attempts = nil
			b.calls[id] = c
		}
		return err
	})
}

// readFirst reads the Calls that were made with the Idempotency-Keys that were used before. These
// are not locked, and so not for others of the batch to change.
func (b *batch) readFirst() error {
	var repeats []*creating
	for _, c := range b.creations {
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

// look queues the reading of Calls that are not to be changed.
func (b *batch) look(ids []string) map[string]*stored {
	found := make(map[string]*stored, len(ids))
	if len(ids) == 0 {
		return found
	}
	for _, id := range ids {
		found[id] = &stored{err: ErrNotFound}
	}
	var row call.Call
	var bad error
	into := lenient(fields(callColumns(&row)), &bad)
	b.add(statement{
		sql:  selectCalls + "id " + b.store.dialect.among,
		args: []any{b.store.dialect.list(ids)},
		rows: func(scan func(...any) error) error {
			bad = nil
			if err := scan(into...); err != nil {
				return err
			}
			*found[row.ID] = stored{after: row, err: bad}
			return nil
		},
	}, b.store.attemptsOf(ids, func(id string, a *call.Attempt) {
		found[id].after.Attempts = append(found[id].after.Attempts, *a)
	}, func(id string, err error) { found[id].err = err }))
	return found
}

func (o *creating) decide(b *batch) error {
	if o.inserted {
		o.made = o.call
		b.calls[o.call.ID].record(&o.call, o.events)
		crashpoint.Point(crashpoint.CreateBeforeCommit)
		return nil
	}
	switch {
	case o.first == "":
		return fmt.Errorf("the first request with this key is being deleted: %w", ErrConflict)
	case !o.key.isOf(o.hash, o.secret):
		return ErrConflict
	}
	c := o.was
	if c == nil {
		c = b.get(o.first)
	}
	o.made = c.after
	return c.err
}
