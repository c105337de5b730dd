package store

import (
	"testing"

	"redial/internal/call"
)

// The whole life of a Call: three dials, each placed and heard of, the last answered.
func life(b *testing.B, s *Store) {
	c := create(b, s, func(w *call.Wish) { w.Policy.RedialAfter = nil })
	for n, status := range []call.Status{call.StatusBusy, call.StatusNoAnswer, call.StatusCompleted} {
		change(b, s, c.ID, func(c *call.Call) []call.Event { _, events := c.Wake(begin); return events })
		change(b, s, c.ID, func(c *call.Call) []call.Event { return c.Placed(n+1, sid(c.ID, n+1), begin) })
		for _, st := range []call.Status{call.Initiated, call.Ringing, status} {
			change(b, s, c.ID, report(st))
		}
	}
}

// One Call at a time: each operation has a commit of its own.
func BenchmarkLifeOfACall(b *testing.B) {
	for _, back := range backends[:2] {
		b.Run(back.name, func(b *testing.B) {
			s := back.open(b, nil)
			for b.Loop() {
				life(b, s)
			}
		})
	}
}

// Many Calls at once share commits.
func BenchmarkLivesOfManyCalls(b *testing.B) {
	for _, back := range backends[:2] {
		b.Run(back.name, func(b *testing.B) {
			s := back.open(b, nil)
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					life(b, s)
				}
			})
		})
	}
}
