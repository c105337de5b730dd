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

// ErrClosed is returned by a Store that was closed.
var ErrClosed = errors.New("the store is closed")

func (s *Store) startWriter() {
	s.writer.queue, s.writer.closed = make(chan operation, batchMost), make(chan struct{})
	s.writer.alone, s.writer.locked = make(chan struct{}, aloneMost), map[string]int{}
	s.writer.close = sync.OnceFunc(func() { close(s.writer.closed) })
	s.writer.ended.Go(s.writeBatches)
}

// commit has an operation written, and returns once it is on disk, or is not and
// never will be. Only a lost connection leaves that open, as any database does: ErrUnclear.
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
			runtime.Gosched() // who is about to ask comes along; alone, this costs nothing
			s.writeBatch(s.takeWaiting(o))
		}
	}
}

// takeWaiting takes what waits, in its order.
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

// writeBatch writes operations in one transaction. Where one of them is at fault
// for its failure, each is written alone, so that the others don't suffer.
func (s *Store) writeBatch(ops []operation) {
	ops = s.retryLocked(ops, s.writer.isLocked)
	if len(ops) == 0 {
		return
	}
	err := s.runBatch(ops)
	if s.locked(err) { // as a rule by few of them: the others need not be written one by one
		free := s.unlocked(ops)
		others := s.retryLocked(ops, func(id string) bool { return !free[id] })
		if len(others) == 0 {
			return
		}
		if len(others) < len(ops) { // else the lock is on no Call
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

// retryLocked takes operations on locked Calls out of a batch, has them written alone, and returns the others.
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

// callOf is the Call whose row an operation locks by its id, empty if none.
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

// unlocked looks which of the operations' Calls can be locked just now.
func (s *Store) unlocked(ops []operation) map[string]bool {
	var ids []string
	for _, o := range ops {
		ids = append(ids, storable(callOf(o)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), batchTime)
	defer cancel()
	free := map[string]bool{}
	err := s.transact(ctx, func(t *tx) error {
		found, err := t.lockIDs(engine.SkipLocked, selectUnlocked, engine.List(ids))
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

// retryAlone writes an operation in a transaction of its own, again and again while it meets a
// row that somebody else has locked.
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

// answer ends the waiting of the operations' callers.
func answer(ops []operation, err error) {
	for _, o := range ops {
		if err != nil {
			o.failed(err)
		}
		close(o.queued().done)
	}
}

// runBatch runs a batch, and tells what it changed once that is committed.
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

// tell tells, within this process, of a Call that was changed.
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
