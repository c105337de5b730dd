package dialer

import (
	"context"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// clockOff is why a node dials nobody whose clock is wrong.
const clockOff = "this node's clock is wrong"

const maxBlocks = 200 // that are remembered

// blocks are the times in which this node dialed nobody, or not everybody who was due: because of itself,
// or because of a pause on all nodes. Only the loop uses them.
type blocks struct {
	past   []call.Block
	now    call.Block // Why is empty: nothing
	loaded bool
}

// load remembers the pauses from before this node ran.
func (b *blocks) load(ctx context.Context, s *store.Store, account string) error {
	if b.loaded {
		return nil
	}
	past, err := s.PastPauses(ctx, account, maxBlocks)
	if err != nil {
		return err
	}
	for _, p := range past {
		b.past = append(b.past, call.Block{Why: p.Why(), From: p.Since, Until: p.Until})
	}
	b.loaded = true
	return nil
}

// are records what blocks from now on, and since when. If why is empty, nothing does.
func (b *blocks) are(why string, since, now time.Time) {
	if why == b.now.Why {
		return
	}
	if b.now.Why != "" {
		b.now.Until = now
		b.past = append(b.past, b.now)
		b.past = b.past[max(0, len(b.past)-maxBlocks):]
	}
	b.now = call.Block{Why: why, From: since}
}

// all are the blocks so far, never nil.
func (b *blocks) all() []call.Block {
	list := append([]call.Block{}, b.past...)
	if b.now.Why != "" {
		list = append(list, b.now)
	}
	return list
}
