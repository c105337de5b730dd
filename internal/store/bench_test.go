package store

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
)

// plain are the kinds of databases, each as it is by default.
var plain = []backend{backends[0], backends[1], backends[3]}

// life is the whole life of a Call: three dials, each placed and reported, the last of them answered.
func life(b *testing.B, s *Store) {
	c := create(b, s, func(w *call.Wish) { w.Policy.RedialAfter = nil })
	for n, status := range []call.Status{call.StatusBusy, call.StatusNoAnswer, call.StatusCompleted} {
		change(b, s, c.ID, func(c *call.Call) []call.Event { _, events := c.Wake(begin, ""); return events })
		change(b, s, c.ID, func(c *call.Call) []call.Event { return c.Placed(n+1, sid(c.ID, n+1), begin) })
		for _, st := range []call.Status{call.Initiated, call.Ringing, status} {
			change(b, s, c.ID, report(st))
		}
	}
}

// One Call at a time: each operation has a commit of its own.
func BenchmarkLifeOfACall(b *testing.B) {
	for _, back := range plain {
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
	for _, back := range plain {
		b.Run(back.name, func(b *testing.B) { lives(b, back.open(b, nil)) })
	}
}

// The same, with webhooks for each attempt's end and the Call's end, which are sent at once.
func BenchmarkLivesOfManyToldCalls(b *testing.B) {
	for _, back := range plain {
		b.Run(back.name, func(b *testing.B) {
			s := back.open(b, nil)
			heard := &listener{tb: b, store: s, body: strings.Repeat("x", 2000)}
			s.SendBy(heard)
			endpoint(b, s, "one", "attempt.ended", "call.ended")
			lives(b, s)
			heard.busy.Wait()
		})
	}
}

func lives(b *testing.B, s *Store) {
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			life(b, s)
		}
	})
}

// listener is a Sender that always has slots, and whose messages are all accepted.
type listener struct {
	outlet
	tb    testing.TB
	store *Store
	body  string
	busy  sync.WaitGroup
}

func (l *listener) Body(*call.Call, *call.Event) (string, error) { return l.body, nil }

func (l *listener) Take(string) bool { return true }

func (l *listener) Drop(string) {}

func (l *listener) Start(list []Delivery) {
	for _, d := range list {
		l.busy.Go(func() {
			_, err := l.store.ChangeDelivery(context.Background(), d.DeliveryKey, begin, func(d *Delivery) error {
				d.State, d.WakeAt, d.Tries = Delivered, time.Time{}, []Try{{At: begin, Status: 204, Duration: time.Millisecond}}
				return nil
			})
			if err != nil {
				l.tb.Error(err)
			}
		})
	}
}
