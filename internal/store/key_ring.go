package store

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	keyLook  = 400 * time.Millisecond // between two looks at the version
	keyNew   = 50 * time.Millisecond  // the same, where somebody brings a secret that is not known yet
	keyTrust = 5 * time.Second        // for which what was read is relied on while it can't be looked at
	keyTime  = 2 * time.Second        // for a look
)

// ErrKeysUnread is returned where nobody knows which API keys work, as the database could not be read for a while.
var ErrKeysUnread = errors.New("the API keys could not be read for 5 s")

// KeyRing is what this node knows of the API keys and the secrets of triggers. Who asks looks at their version, if
// nobody has just now, and reads them if it has risen: so a change is in force on every node within a second, and costs
// no request a read. Ages are told by the monotonic clock, and whether a key has expired by the database's: so it does
// not matter if somebody sets this node's clock.
type KeyRing struct {
	version func(context.Context) (int64, error)
	read    func(context.Context) (allSecrets, error)
	clock   func(context.Context) (time.Time, error) // the database's
	now     func() time.Time                         // the same, as this node reckons it
	looks   singleflight.Group
	changes atomic.Int64 // how many this node has made
	known   atomic.Pointer[knownKeys]
	uses    keyUses
}

// allSecrets are the API keys and the secrets of triggers that there are, at a version.
type allSecrets struct {
	keys       []Key
	ofTriggers []TriggerSecret
	version    int64
}

// knownKeys are the keys and secrets as they were read last. They are never changed.
type knownKeys struct {
	byHash  map[string]*Key
	byID    map[string]*Key
	ofHash  map[string]*TriggerSecret
	version int64
	at      time.Time // when the last look began that succeeded
	clock   time.Time // the database's clock then
	tried   time.Time // when the last look began, or failed
	changes int64     // how many this node had made then
}

// ByHash returns the key that works whose secret has this hash, nil if there is none.
func (r *KeyRing) ByHash(ctx context.Context, hash string) (*Key, error) {
	known, err := r.current(ctx, keyLook)
	if err == nil && known.byHash[hash] == nil {
		known, err = r.afterNow(ctx)
	}
	if err != nil {
		return nil, err
	}
	return r.used(known.working(known.byHash[hash])), nil
}

// OfTrigger returns the secret of a trigger that has this hash, nil if there is none, and whether it works.
func (r *KeyRing) OfTrigger(ctx context.Context, hash string) (x *TriggerSecret, works bool, err error) {
	known, err := r.current(ctx, keyLook)
	if err == nil && known.ofHash[hash] == nil {
		known, err = r.afterNow(ctx)
	}
	if err != nil {
		return nil, false, err
	}
	x = known.ofHash[hash]
	return x, x != nil && x.Works(known.now()), nil
}

// WithSecrets are the names of the triggers of which a secret works.
func (r *KeyRing) WithSecrets(ctx context.Context) (map[string]bool, error) {
	known, err := r.current(ctx, keyLook)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, x := range known.ofHash {
		if x.Works(known.now()) {
			names[x.Trigger] = true
		}
	}
	return names, nil
}

// Ended returns the key whose secret has this hash, if it works no longer; else nil.
func (r *KeyRing) Ended(ctx context.Context, hash string) (*Key, error) {
	known, err := r.current(ctx, keyLook)
	if err != nil {
		return nil, err
	}
	k := known.byHash[hash]
	if known.working(k) != nil {
		return nil, nil
	}
	return k, nil
}

// Works says whether the key with this id works. It is asked for by an answer that goes on, which uses the key.
func (r *KeyRing) Works(ctx context.Context, id string) (bool, error) {
	known, err := r.current(ctx, keyLook)
	return err == nil && r.used(known.working(known.byID[id])) != nil, err
}

// ByID returns the key with this id, nil if it does not work.
func (r *KeyRing) ByID(ctx context.Context, id string) (*Key, error) {
	known, err := r.current(ctx, keyLook)
	if err != nil {
		return nil, err
	}
	return r.used(known.working(known.byID[id])), nil
}

// Any says whether there is any key, be it one that no longer works.
func (r *KeyRing) Any(ctx context.Context) (bool, error) {
	known, err := r.current(ctx, keyLook)
	return err == nil && len(known.byID) > 0, err
}

// Now is the time by the database's clock.
func (r *KeyRing) Now() time.Time {
	if known := r.known.Load(); known != nil && !known.at.IsZero() {
		return known.now()
	}
	return r.now()
}

func (k *knownKeys) now() time.Time { return k.clock.Add(time.Since(k.at)) }

func (k *knownKeys) working(key *Key) *Key {
	if key == nil || !key.Works(k.now()) {
		return nil
	}
	return key
}

// used notes the use of a key.
func (r *KeyRing) used(k *Key) *Key {
	if k != nil {
		r.uses.note(k, r.Now())
	}
	return k
}

// afterNow is what a look finds that begins from now on: another node may have made the key just now. Those who bring
// secrets that nobody knows share a few looks a second.
func (r *KeyRing) afterNow(ctx context.Context) (*knownKeys, error) {
	select {
	case <-time.After(keyNew):
		return r.current(ctx, keyNew)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// current is what is known, looked at anew if no look began within the age.
func (r *KeyRing) current(ctx context.Context, age time.Duration) (*knownKeys, error) {
	known := r.known.Load()
	// A look that had begun before this node made a change may have missed it, and one that somebody else asked for may
	// have begun too early: then there is another one.
	for tries := 0; !r.fresh(known, age) && tries < 3; tries++ {
		looked := r.looks.DoChan("", func() (any, error) { return nil, r.look(age) })
		select {
		case <-ctx.Done(): // the look goes on, for others
			return nil, ctx.Err()
		case <-looked: // an error counts once what was read is too old
		}
		known = r.known.Load()
	}
	if known.at.IsZero() || time.Since(known.at) > keyTrust {
		return nil, ErrKeysUnread
	}
	return known, nil
}

// fresh says whether a look began within the age, and after all changes of this node.
func (r *KeyRing) fresh(k *knownKeys, age time.Duration) bool {
	return k != nil && time.Since(k.tried) < age && k.changes == r.changes.Load()
}

// look looks at the version, and reads the keys if it has changed.
func (r *KeyRing) look(age time.Duration) error {
	was := r.known.Load()
	if r.fresh(was, age) { // the look that has just ended was not yet over when somebody asked for this one
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), keyTime)
	defer cancel()
	next := &knownKeys{version: -1}
	if was != nil {
		*next = *was
	}
	next.tried, next.changes = time.Now(), r.changes.Load()
	err := r.readInto(ctx, next)
	if err != nil { // it may have taken long: others who ask now don't wait for another one at once
		next.tried = time.Now()
	}
	r.known.Store(next)
	return err
}

func (r *KeyRing) readInto(ctx context.Context, next *knownKeys) error {
	clock, err := r.clock(ctx)
	if err != nil {
		return err
	}
	version, err := r.version(ctx)
	if err != nil {
		return err
	}
	if version != next.version {
		all, err := r.read(ctx)
		if err != nil {
			return err
		}
		next.take(all)
	}
	next.at, next.clock = next.tried, clock
	return nil
}

// take takes what was read.
func (k *knownKeys) take(all allSecrets) {
	k.version = all.version
	k.byHash, k.byID = make(map[string]*Key, len(all.keys)), make(map[string]*Key, len(all.keys))
	for i := range all.keys {
		key := &all.keys[i]
		k.byHash[key.Hash], k.byID[key.ID] = key, key
	}
	k.ofHash = make(map[string]*TriggerSecret, len(all.ofTriggers))
	for i := range all.ofTriggers {
		k.ofHash[all.ofTriggers[i].Hash] = &all.ofTriggers[i]
	}
}

// stale has whoever asks next look again: this node has changed a key.
func (r *KeyRing) stale() { r.changes.Add(1) }
