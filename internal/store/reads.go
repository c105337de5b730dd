package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// reads are the rows that operations need. All rows of one kind are read together.
type reads struct {
	byID       []string            // Calls, to be locked
	deliveries []deliveryRead      // to be changed; their Calls are locked, too
	due        []*dueRead          // Calls, to be locked, without those that another node has locked
	asked      []*call.Call        // new Calls, for which those that have not ended are counted
	keyed      []*keyedRequest     // of these, those to be inserted, unless their Idempotency-Keys were used before
	looks      []*scopeLook        // at scopes of Idempotency-Keys of versions before
	keys       map[string]*keyRead // API keys that ask, by id
	first      []preparing         // what must be known before any Call is read
}

// selection is the condition of a claim, and the lower bound at which its scan begins.
type selection struct {
	where string
	from  time.Time
}

// dueRead are the Calls that a selection finds due.
type dueRead struct {
	selection
	index engine.Index
	now   time.Time
	limit int
	calls []*stored
}

// readDue queues the reading of what is due, the longest due first.
func (r *reads) readDue(l *loaded) {
	for _, d := range r.due {
		l.add(engine.Statement{
			SQL:   selectCalls + d.where,
			Lock:  engine.SkipLocked,
			Index: d.index,
			Args:  []any{micros(d.now), d.limit, floor(d.from)},
			Rows: func(scan func(...any) error) error {
				c, err := l.found(scan)
				d.calls = append(d.calls, c)
				return err
			},
		})
	}
}

// readAttemptsOfDue queues the reading of the attempts of what was found due.
func (r *reads) readAttemptsOfDue(l *loaded) {
	var ids []string
	for _, d := range r.due {
		for _, c := range d.calls {
			if id := c.before.ID; !slices.Contains(r.byID, id) && !slices.Contains(ids, id) { // otherwise they are read already
				ids = append(ids, id)
			}
		}
	}
	l.readAttempts(ids)
}

// preparing is an operation that decides which Calls it needs by rows of its own. It reads and locks these first.
type preparing interface {
	prepare(*loaded, *reads) error
}

// prepare has operations read what they need first.
func (r *reads) prepare(l *loaded) error {
	for _, o := range r.first {
		if err := o.prepare(l, r); err != nil {
			return err
		}
	}
	return nil
}

// keyRead is an API key of the database that asks for something.
type keyRead struct{ works bool }

// ended says whether the key works no longer, or there is none. A nil keyRead is of a key that needs no reading.
func (k *keyRead) ended() bool { return k != nil && !k.works }

// readKey has an API key read. Those of the configuration have no id.
func (r *reads) readKey(id string) *keyRead {
	if id == "" {
		return nil
	}
	if r.keys == nil {
		r.keys = map[string]*keyRead{}
	}
	if r.keys[id] == nil {
		r.keys[id] = &keyRead{}
	}
	return r.keys[id]
}

// readKeys queues the reading of the API keys. It locks none: while a stolen key asks again and again, some
// transaction would share the lock of its row at any time, and the revoke would wait for ever. So a request whose
// transaction reads the key just before the revoke may be committed just after it. One that comes later is refused.
func (r *reads) readKeys(l *loaded) {
	if len(r.keys) == 0 {
		return
	}
	ids := slices.Sorted(maps.Keys(r.keys))
	sql, of := selectWorking, any(engine.List(ids))
	if len(ids) == 1 {
		sql, of = selectWorks, ids[0]
	}
	l.add(engine.Statement{
		SQL:  sql,
		Args: []any{of, micros(l.store.KeyRing.Now())},
		Rows: func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			if k := r.keys[id]; k != nil {
				k.works = true
			}
			return err
		},
	})
}

// selectWorking finds those of some keys that work: see Key.Works. Most batches have one key, and a list costs more.
const (
	selectWorking = "SELECT id FROM api_keys WHERE id IN ($1)" + works
	selectWorks   = "SELECT id FROM api_keys WHERE id = $1" + works
	works         = " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)"
)

// keyedRequest is a request for a Call with an Idempotency-Key, which may have been used before.
type keyedRequest struct {
	call *call.Call
	key  Idempotency
	asks *keyRead

	refused  error   // a bound is reached: nothing is inserted
	inserted bool    // it was not used before
	first    string  // id of the Call that was made with the Idempotency-Key before
	hash     string  // of that Call's request, as it is stored
	secret   string  // of that Call
	was      *stored // that Call, if no other operation of the batch has read it
}

// before is the Call that the same request created before.
func (k *keyedRequest) before(l *loaded) (call.Call, error) {
	switch {
	case k.first == "" && k.refused != nil:
		return call.Call{}, k.refused
	case k.first == "":
		return call.Call{}, fmt.Errorf("the first request with this key is being deleted: %w", ErrConflict)
	case !k.key.isOf(k.hash, k.secret):
		return call.Call{}, ErrConflict
	}
	c := k.was
	if c == nil {
		c = l.get(k.first)
	}
	return c.after, c.err
}

// readBefore queues the reading of the Calls that were made with the Idempotency-Keys in a scope that a version before
// gave them. It costs nothing once no Call has such a scope.
func (r *reads) readBefore(l *loaded) {
	var all []string
	for _, k := range r.keyed {
		all = append(all, k.key.Before...)
	}
	used, due := l.store.oldScopes.toRead(all)
	for _, scope := range used {
		of := slices.DeleteFunc(slices.Clone(r.keyed), func(k *keyedRequest) bool {
			return !slices.Contains(k.key.Before, scope)
		})
		l.add(readFirsts(scope, of))
	}
	for _, scope := range due {
		look := &scopeLook{scope: scope, at: time.Now()}
		r.looks = append(r.looks, look)
		l.add(scopeUsed(scope, &look.used))
	}
}

// scopeLook is a look whether a scope of a version before is used.
type scopeLook struct {
	scope string
	at    time.Time
	used  bool
}

// readFirsts reads the Calls that were made with the Idempotency-Keys of some requests in a scope.
func readFirsts(scope string, of []*keyedRequest) engine.Statement {
	keys := make(engine.List, len(of))
	for i, k := range of {
		keys[i] = k.key.Key
	}
	return engine.Statement{
		SQL:  selectFirsts,
		Args: []any{scope, keys},
		Rows: func(scan func(...any) error) error {
			var id, hash, secret, key string
			err := scan(&id, asText{&hash}, &secret, &key)
			for _, k := range of {
				if k.key.Key == key && k.first == "" {
					k.first, k.hash, k.secret = id, hash, secret
				}
			}
			return err
		},
	}
}

// readFirst reads the Call that was made with the Idempotency-Key in a scope.
func (k *keyedRequest) readFirst(scope string) engine.Statement {
	return engine.Statement{
		SQL:  selectFirst,
		Args: []any{scope, k.key.Key},
		Rows: func(scan func(...any) error) error { return scan(&k.first, asText{&k.hash}, &k.secret) },
	}
}

// insertKeyed queues the rows of Calls whose Idempotency-Keys may have been used before, in the order of the
// Idempotency-Keys. The answer says which were new.
func (r *reads) insertKeyed(l *loaded) error {
	slices.SortStableFunc(r.keyed, func(x, y *keyedRequest) int {
		return cmp.Or(cmp.Compare(x.key.Scope, y.key.Scope), cmp.Compare(x.key.Key, y.key.Key))
	})
	byID := make(map[string]*keyedRequest, len(r.keyed))
	rows := make([][]column, 0, len(r.keyed))
	for _, k := range r.keyed {
		if k.first != "" || k.inserted || k.refused != nil {
			continue
		}
		byID[k.call.ID] = k
		sealed := k.key
		sealed.Hash = k.key.seal(k.call.Secret)
		rows = append(rows, append(callColumns(k.call), keyColumns(&sealed)...))
	}
	return l.write(&insertKeyedCall, rows, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		if k := byID[id]; k != nil {
			k.inserted = true
			l.addNew(k.call)
		}
		return err
	})
}

// takeBack deletes rows that were inserted for nothing: of API keys that turned out to work no longer, and of requests
// that turned out to be repeats, by a scope of before. Nothing stays of them, and the Idempotency-Keys are free.
// Another request of the batch may have one of these: it is inserted now.
func (r *reads) takeBack(l *loaded) error {
	for _, look := range r.looks {
		l.store.oldScopes.saw(look.scope, look.used, look.at)
	}
	var ids []string
	for _, k := range r.keyed {
		if k.inserted && (k.asks.ended() || k.first != "") {
			ids = append(ids, k.call.ID)
			delete(l.calls, k.call.ID)
			k.inserted = false
		}
	}
	r.keyed = slices.DeleteFunc(r.keyed, func(k *keyedRequest) bool { return k.asks.ended() })
	if len(ids) == 0 {
		return nil
	}
	l.add(engine.Statement{SQL: deleteCalls, Args: []any{engine.List(ids)}})
	if err := r.insertKeyed(l); err != nil {
		return err
	}
	return l.flush()
}

// readFirst reads the Calls that were created with Idempotency-Keys that were used before. They are not locked, so
// other operations of the batch must not change these copies.
func (r *reads) readFirst(l *loaded) error {
	var repeats []*keyedRequest
	for _, c := range r.keyed {
		if c.inserted {
			continue
		}
		repeats = append(repeats, c)
		if c.first == "" {
			l.add(c.readFirst(c.key.Scope))
		}
	}
	if err := l.flush(); err != nil {
		return err
	}
	var ids []string
	for _, c := range repeats {
		if l.calls[c.first] == nil && c.first != "" && c.key.isOf(c.hash, c.secret) {
			ids = append(ids, c.first)
		}
	}
	firsts := l.look(ids)
	for _, c := range repeats {
		c.was = firsts[c.first]
	}
	return l.flush()
}

// deliveryRead is a Delivery that is to be changed.
type deliveryRead struct {
	key   DeliveryKey
	again bool // also if it is no longer pending
}
