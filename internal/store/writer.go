package store

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"redial/internal/crashpoint"
	"redial/internal/store/engine"
)

const (
	batchMost = 256 // operations in a batch
	aloneMost = 4   // operations at once that are written alone
)

// ErrClosed is returned by a Store that is closed.
var ErrClosed = errors.New("the store is closed")

func (s *Store) startWriter() {
	s.writer.queue, s.writer.closed = make(chan operation, batchMost), make(chan struct{})
	s.writer.alone, s.writer.locked = make(chan struct{}, aloneMost), map[string]int{}
	s.writer.close = sync.OnceFunc(func() { close(s.writer.closed) })
	s.writer.ended.Go(s.writeBatches)
}

// commit has an operation written. It returns when the operation is on disk, or never will be. Only after a lost
// connection this is not known, as with any database: ErrUnclear.
func (s *Store) commit(ctx context.Context, now time.Time, o operation) error {
	e := o.queued()
	e.ctx, e.now, e.done = ctx, now, make(chan struct{})
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.writer.queue <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.writer.closed:
		return ErrClosed
	}
	select {
	case <-e.done:
	case <-s.writer.closed:
		if e.begun.CompareAndSwap(false, true) {
			return ErrClosed
		}
		<-e.done
	case <-ctx.Done():
		if e.begun.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-e.done
	}
	return e.err
}

func (s *Store) writeBatches() {
	for {
		select {
		case <-s.writer.closed:
			return
		case o := <-s.writer.queue:
			runtime.Gosched() // operations that are about to be queued join this batch; if there are none, this costs nothing
			s.writeBatch(s.takeWaiting(o))
		}
	}
}

// takeWaiting takes the operations that wait, in their order.
func (s *Store) takeWaiting(first operation) (ops []operation) {
	for o := first; ; {
		if o.queued().begun.CompareAndSwap(false, true) {
			ops = append(ops, o)
		}
		if len(ops) == batchMost {
			return ops
		}
		select {
		case o = <-s.writer.queue:
		default:
			return ops
		}
	}
}

// writeBatch writes operations in one transaction. If one of them makes it fail, each is written alone, so that the
// others do not fail with it.
func (s *Store) writeBatch(ops []operation) {
	ops = s.retryLocked(ops, s.writer.isLocked)
	if len(ops) == 0 {
		return
	}
	err := s.runBatch(ops)
	if s.locked(err) { // usually few operations are on locked Calls: the others can still share a transaction
		free := s.unlocked(ops)
		others := s.retryLocked(ops, func(id string) bool { return !free[id] })
		if len(others) == 0 {
			return
		}
		if len(others) < len(ops) { // otherwise the locked row is not a Call's
			err = s.runBatch(others)
		}
		ops = others
	}
	if err == nil || len(ops) == 1 && !s.locked(err) ||
		!s.blames(err) && !errors.Is(err, crashpoint.ErrPanic) {
		answer(ops, err)
		return
	}
	for _, o := range ops {
		s.writer.ended.Go(func() { s.retryAlone(o) })
	}
}

// retryLocked takes operations on locked Calls out of a batch, and has them written alone. It returns the others.
func (s *Store) retryLocked(ops []operation, locked func(id string) bool) (others []operation) {
	apart := func(o operation) bool { return callOf(o) != "" && locked(callOf(o)) }
	if !slices.ContainsFunc(ops, apart) {
		return ops
	}
	for _, o := range ops {
		if !apart(o) {
			others = append(others, o)
			continue
		}
		o.queued().marked = true
		s.writer.mark(callOf(o), 1)
		s.writer.ended.Go(func() { s.retryAlone(o) })
	}
	return others
}

// callOf is the Call whose row an operation locks by its id, or empty.
func callOf(o operation) string {
	var r reads
	o.read(&r)
	switch {
	case len(r.byID) > 0:
		return r.byID[0]
	case len(r.deliveries) > 0:
		return r.deliveries[0].key.CallID
	}
	return ""
}

func (w *writer) isLocked(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.locked[id] > 0
}

// mark counts operations on a locked Call that are written alone.
func (w *writer) mark(id string, by int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.locked[id] += by; w.locked[id] == 0 {
		delete(w.locked, id)
	}
}

// unlocked returns those of the operations' Calls that can be locked now.
func (s *Store) unlocked(ops []operation) map[string]bool {
	var ids []string
	for _, o := range ops {
		ids = append(ids, storable(callOf(o)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), batchTime)
	defer cancel()
	free := map[string]bool{}
	err := s.transact(ctx, func(t *tx) error {
		found, err := t.lockBy(byID, engine.SkipLocked, selectUnlocked, engine.List(ids))
		for _, id := range found {
			free[id] = true
		}
		return err
	})
	if err != nil { // the next transaction fails as well, and says why
		for _, id := range ids {
			free[id] = true
		}
	}
	return free
}

const selectUnlocked = "SELECT id FROM calls WHERE id IN ($1)"

// retryAlone writes an operation in a transaction of its own, which it repeats while it meets a row that another
// transaction has locked.
func (s *Store) retryAlone(o operation) {
	e, one := o.queued(), []operation{o}
	if e.marked {
		defer s.writer.mark(callOf(o), -1)
	}
	answer(one, s.insist(e.ctx, func() error {
		err := s.runIn(s.aside, one)
		e.metLock = s.locked(err)
		return err
	}))
}

// answer gives the operations' callers their answer.
func answer(ops []operation, err error) {
	for _, o := range ops {
		if err != nil {
			o.failed(err)
		}
		close(o.queued().done)
	}
}

// runBatch runs a batch, and tells of its changes once they are committed.
func (s *Store) runBatch(ops []operation) error { return s.runIn(s.transact, ops) }

func (s *Store) runIn(transact transaction, ops []operation) error {
	ctx, cancel := context.WithTimeout(context.Background(), batchTime)
	defer cancel()
	started := time.Now()
	var b *batch
	err := s.repeat(ctx, transact, func(t *tx) error {
		b.recall()
		b = newBatch(t, ops)
		return b.run()
	})
	if err != nil {
		b.recall()
		return err
	}
	crashpoint.Point(crashpoint.BatchAfterCommit)
	b.dispatch()
	for _, o := range ops {
		o.committed(b)
	}
	if b.unoffered || b.passed && len(b.swept) == 0 {
		poke(s.unoffered)
	}
	s.metrics.committed(len(ops), time.Since(started))
	for _, c := range b.changed {
		s.tell(c)
	}
	return nil
}

// tell tells watchers within this process of a Call that was changed.
func (s *Store) tell(c *stored) {
	if len(c.events) > 0 {
		s.feed.committed(&c.after)
	}
	s.Timer.set(&c.after)
	for i := range c.events {
		s.metrics.count(&c.events[i])
		if s.told != nil {
			s.told(c.then[i], &c.events[i])
		}
	}
}
