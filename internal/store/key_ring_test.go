package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// keyTable is what a KeyRing reads: the keys of a database that a test changes, and may take away.
type keyTable struct {
	mu      sync.Mutex
	keys    []Key
	secrets []TriggerSecret
	rev     int64
	away    error
	skew    time.Duration // of the database's clock
	looks   int
	pause   chan struct{} // if set, a look has read its version, and waits until it is closed
	hangs   bool          // a look ends with its context
}

var errAway = errors.New("the database is away")

func (k *keyTable) ring() *KeyRing {
	return &KeyRing{version: k.version, read: k.read, now: time.Now, clock: func(context.Context) (time.Time, error) {
		k.mu.Lock()
		defer k.mu.Unlock()
		return time.Now().Add(k.skew), nil
	}}
}

func (k *keyTable) version(ctx context.Context) (int64, error) {
	k.mu.Lock()
	k.looks++
	rev, err, pause, hangs := k.rev, k.away, k.pause, k.hangs
	k.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if pause != nil {
		<-pause
	}
	return rev, err
}

func (k *keyTable) read(context.Context) (allSecrets, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return allSecrets{append([]Key(nil), k.keys...), append([]TriggerSecret(nil), k.secrets...), k.rev}, k.away
}

// change changes the table, as another node does.
func (k *keyTable) change(do func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	do()
	k.rev++
}

func (k *keyTable) looked() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.looks
}

func (k *keyTable) revoke() { k.keys[0].RevokedAt = time.Now() }

// withRing runs a test with a ring, and a table that has one key, in a bubble.
func withRing(t *testing.T, test func(*testing.T, *keyTable, *KeyRing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := &keyTable{keys: []Key{{ID: "key_1", Name: "shop", Hash: "hash"}}}
		test(t, k, k.ring())
	})
}

// answers is what a ring says of the one key.
func answers(t *testing.T, r *KeyRing, want bool, wantErr error) {
	t.Helper()
	works, err := r.Works(t.Context(), "key_1")
	found, err2 := r.ByHash(t.Context(), "hash")
	_, err3 := r.Any(t.Context())
	for _, err := range []error{err, err2, err3} {
		if !errors.Is(err, wantErr) {
			t.Errorf("%v, want %v", err, wantErr)
		}
	}
	if works != want || (found != nil) != want {
		t.Errorf("the key works: %t, and is found by its hash: %t; want %t", works, found != nil, want)
	}
}

// However many ask, and however often, there is one look in 400 ms, and none while nobody asks.
func TestManyWhoAskShareALook(t *testing.T) {
	withRing(t, func(t *testing.T, k *keyTable, r *KeyRing) {
		for round := range 3 {
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() { answers(t, r, true, nil) })
			}
			all.Wait()
			if err := r.look(keyLook); err != nil { // of somebody who had found it old, and is late
				t.Error(err)
			}
			if k.looked() != round+1 {
				t.Errorf("%d looks after %d rounds", k.looked(), round+1)
			}
			time.Sleep(keyLook)
		}
		time.Sleep(time.Hour)
		if k.looked() != 3 {
			t.Errorf("%d looks: somebody looked though nobody asked", k.looked())
		}
	})
}

// What another node changes is in force with the next look.
func TestAnotherNodesChangeIsSeen(t *testing.T) {
	withRing(t, func(t *testing.T, k *keyTable, r *KeyRing) {
		answers(t, r, true, nil)
		k.change(k.revoke)
		time.Sleep(keyLook)
		answers(t, r, false, nil)
		k.change(func() { k.keys, k.rev = []Key{{ID: "key_1", Hash: "hash"}}, -2 }) // an older state, from a backup
		time.Sleep(keyLook)
		answers(t, r, true, nil)
	})
}

// A key that another node has made just now is known, however short ago this node has looked. Those who bring unknown
// secrets share a look in 50 ms.
func TestAKeyThatWasJustMadeIsKnown(t *testing.T) {
	withRing(t, func(t *testing.T, k *keyTable, r *KeyRing) {
		answers(t, r, true, nil)
		k.change(func() { k.keys = append(k.keys, Key{ID: "key_2", Hash: "new"}) })
		if found, err := r.ByHash(t.Context(), "new"); err != nil || found == nil {
			t.Errorf("a key that was just made: %v, %v", found, err)
		}
		before := k.looked()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				for range 20 {
					if found, err := r.ByHash(t.Context(), "nobody's"); err != nil || found != nil {
						t.Errorf("a key of nobody: %v, %v", found, err)
					}
				}
			})
		}
		all.Wait()
		if n := k.looked() - before; n > 20 {
			t.Errorf("2000 unknown secrets took %d looks", n)
		}
	})
}

// What this node changes is in force at once, also if a look is under way that began before the change and has not
// seen it: nobody who asks after the change is answered by that look.
func TestTheNodesOwnChangeIsSeenAtOnce(t *testing.T) {
	for name, first := range map[string]bool{"the first look": true, "a later look": false} {
		t.Run(name, func(t *testing.T) {
			withRing(t, func(t *testing.T, k *keyTable, r *KeyRing) {
				if !first {
					answers(t, r, true, nil)
					time.Sleep(keyLook)
				}
				k.pause = make(chan struct{})
				var all sync.WaitGroup
				all.Go(func() { _, _ = r.Any(t.Context()) }) // looks
				synctest.Wait()
				k.change(k.revoke)
				r.stale()
				all.Go(func() { answers(t, r, false, nil) }) // meets that look
				synctest.Wait()
				close(k.pause)
				all.Wait()
				answers(t, r, false, nil)
			})
		})
	}
}

// While the database can't be read, what was read holds for 5 s, and then nothing does. It comes back by itself.
func TestNobodyIsBelievedWhileTheDatabaseIsAway(t *testing.T) {
	for name, away := range map[string]func(*keyTable, bool){
		"it fails": func(k *keyTable, is bool) {
			k.away = nil
			if is {
				k.away = errAway
			}
		},
		"it hangs": func(k *keyTable, is bool) { k.hangs = is },
	} {
		t.Run(name, func(t *testing.T) {
			withRing(t, func(t *testing.T, k *keyTable, r *KeyRing) {
				set := func(is bool) {
					k.mu.Lock()
					defer k.mu.Unlock()
					away(k, is)
				}
				set(true)
				answers(t, r, false, ErrKeysUnread) // the first look fails
				set(false)
				time.Sleep(keyLook)
				began := time.Now()
				answers(t, r, true, nil)
				set(true)
				for time.Since(began) <= keyTrust-keyTime-keyLook {
					time.Sleep(keyLook)
					answers(t, r, true, nil)
				}
				for range 3 {
					time.Sleep(keyTrust)
					asked := time.Now()
					answers(t, r, false, ErrKeysUnread)
					if took := time.Since(asked); took > keyTime {
						t.Errorf("three questions are answered after %s: each waited for a look of its own", took)
					}
				}
				k.change(k.revoke) // meanwhile
				set(false)
				time.Sleep(keyLook)
				answers(t, r, false, nil)
			})
		})
	}
}

// Who leaves while a look is under way is answered at once. The look goes on for the others.
func TestWhoLeavesEndsNoLook(t *testing.T) {
	withRing(t, func(t *testing.T, k *keyTable, r *KeyRing) {
		k.pause = make(chan struct{})
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := r.Any(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("who left is answered %v", err)
			}
		})
		all.Go(func() { answers(t, r, true, nil) })
		synctest.Wait()
		leave()
		synctest.Wait()
		close(k.pause)
		all.Wait()
		if k.looked() != 1 {
			t.Errorf("%d looks", k.looked())
		}
	})
}

// A key expires by the database's clock. How often it is looked, and for how long what was read holds, is told by the
// monotonic clock: somebody who sets a clock changes neither.
func TestAClockThatIsSetChangesNothing(t *testing.T) {
	for _, step := range []time.Duration{-time.Hour, 0, time.Hour} {
		withRing(t, func(t *testing.T, k *keyTable, r *KeyRing) {
			k.keys[0].ExpiresAt = time.Now().Add(k.skew + time.Minute)
			answers(t, r, true, nil)
			r.now = func() time.Time { return time.Now().Add(step) } // this node's clock is set
			answers(t, r, true, nil)
			if off := time.Until(r.Now()); off != 0 {
				t.Errorf("set by %s, the time is off by %s", step, off)
			}
			if k.looked() != 1 {
				t.Errorf("set by %s, it is looked %d times", step, k.looked())
			}
			k.mu.Lock()
			k.skew = step // the database's is set, too
			k.mu.Unlock()
			time.Sleep(keyLook)
			answers(t, r, step <= 0, nil)
			time.Sleep(time.Minute - step)
			answers(t, r, false, nil)
			k.mu.Lock()
			k.away, k.skew = errAway, 0
			k.mu.Unlock()
			time.Sleep(keyTrust)
			answers(t, r, false, nil)
			time.Sleep(time.Nanosecond)
			answers(t, r, false, ErrKeysUnread)
		})
	}
}
