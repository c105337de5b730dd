package store

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"redial/internal/call"
	"redial/internal/crash"
)

const (
	batchMost = 256              // operations in a batch
	batchTime = 10 * time.Second // for one batch
	aloneMost = 8                // batches of one at once, after one that failed
)

// ErrClosed is returned by a Store that was closed.
var ErrClosed = errors.New("the store is closed")

// operation is one thing to be written: a changing, a creating, a claiming, a delivering or a sweeping. It may
// be run more than once, in one batch after another, until one is committed.
type operation interface{ waiting() *ticket }

// ticket is an operation's place in the queue. taken is set by whoever is first:
// the writer that begins with it, or the caller that waits no longer.
type ticket struct {
	ctx   context.Context
	now   time.Time
	taken atomic.Bool
	done  chan struct{}
	err   error
}

func (t *ticket) waiting() *ticket { return t }

// writer commits operations in batches: what comes while one is being committed
// waits, and is the next. An operation that comes alone does not wait at all.
type writer struct {
	queue  chan operation
	alone  chan struct{} // bounds those that are written on their own
	closed chan struct{}
	close  func()
	ended  sync.WaitGroup
}

func (s *Store) startWriter() {
	s.writer.queue, s.writer.closed = make(chan operation, batchMost), make(chan struct{})
	s.writer.alone = make(chan struct{}, aloneMost)
	s.writer.close = sync.OnceFunc(func() { close(s.writer.closed) })
	s.writer.ended.Go(s.writeBatches)
}

// commit has an operation written, and returns once it is on disk, or is not and
// never will be. Only a lost connection leaves that open, as any database does: ErrUnclear.
func (s *Store) commit(ctx context.Context, now time.Time, o operation) error {
	t := o.waiting()
	t.ctx, t.now, t.done = ctx, now, make(chan struct{})
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
	case <-t.done:
	case <-s.writer.closed:
		if t.taken.CompareAndSwap(false, true) {
			return ErrClosed
		}
		<-t.done
	case <-ctx.Done():
		if t.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-t.done
	}
	return t.err
}

func (s *Store) writeBatches() {
	for {
		select {
		case <-s.writer.closed:
			return
		case o := <-s.writer.queue:
			runtime.Gosched() // who is about to ask comes along; alone, this costs nothing
			s.writeBatch(s.takeAll(o))
		}
	}
}

// takeAll takes what waits, in its order.
func (s *Store) takeAll(first operation) (ops []operation) {
	for o := first; ; {
		if o.waiting().taken.CompareAndSwap(false, true) {
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
// for its failure, each is written on its own, so that the others don't suffer.
func (s *Store) writeBatch(ops []operation) {
	if len(ops) == 0 {
		return
	}
	err := s.runBatch(ops)
	if err == nil || len(ops) == 1 || !s.dialect.blames(err) && !errors.Is(err, crash.ErrPanic) {
		answerAll(ops, err)
		return
	}
	for _, o := range ops {
		// Nobody waits for them: it may be another node that makes one of them wait.
		s.writer.ended.Go(func() {
			s.writer.alone <- struct{}{}
			defer func() { <-s.writer.alone }()
			one := []operation{o}
			answerAll(one, s.runBatch(one))
		})
	}
}

func answerAll(ops []operation, err error) {
	for _, o := range ops {
		t := o.waiting()
		if err != nil {
			t.err = err
		}
		close(t.done)
	}
}

// runBatch runs a batch, and tells what it changed once that is committed.
func (s *Store) runBatch(ops []operation) error {
	ctx, cancel := context.WithTimeout(context.Background(), batchTime)
	defer cancel()
	started := time.Now()
	var b *batch
	err := s.tx(ctx, func(t *tx) error {
		b.forget()
		b = newBatch(t, ops)
		return b.run()
	})
	if err != nil {
		b.forget()
		return err
	}
	crash.Point(crash.BatchAfterCommit)
	b.yield()
	b.eager.start()
	b.dispatch()
	if b.unoffered {
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
	s.notify(&c.after)
	for _, e := range c.events {
		s.metrics.count(e)
	}
}

// stored is a Call as it stood, and as it is to be.
type stored struct {
	before, after call.Call
	events        []call.Event
	then          []*call.Call  // after each of them
	err           error         // why it can't be had
	isNew         bool          // not inserted yet
	claimedBy     *claiming     // who woke it, if anybody
	actions       []call.Action // that it was woken for
	asleep        *call.Call    // as it was then
	slept         int           // how many events it had then
	unwoken       error         // why it could not be woken, though it can be had
}

// step runs a pure step; what fails leaves no trace.
func (c *stored) step(step Step) (after call.Call, err error) {
	if c.err != nil {
		return call.Call{}, c.err
	}
	defer crash.Contain(&err)
	after = c.after.Clone()
	events, err := step(&after)
	if err != nil {
		return call.Call{}, err
	}
	c.record(&after, events)
	return after, nil
}

// record takes what a step made of the Call.
func (c *stored) record(after *call.Call, events []call.Event) {
	c.after, c.events = *after, append(c.events, events...)
	for range events {
		c.then = append(c.then, after)
	}
}
