package trigger

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/store"
)

// onDuty makes an event ring the rota of a node, and returns who is rung, and why.
func onDuty(t *testing.T, node *Triggers) (number, why string, doubts []string) {
	t.Helper()
	told, err := node.Tell(context.Background(), store.Asker{Name: "ops"}, "a", diskFull())
	if err != nil || len(told.Calls) != 1 {
		t.Fatalf("told %+v, error %v", told, err)
	}
	return told.Calls[0].To, told.Calls[0].Metadata["on_duty"], told.Doubts
}

const (
	aikos = "+819012345678"
	bens  = "+818012345678"
	carls = "+819012345679"
)

// An override is in force at once on the node that made it, and on others within a second; the call says why somebody
// was rung. Once it is over, or was ended, it is the turn of whoever's turn it is.
func TestAnOverrideIsInForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := triggersOf(t, "to: [primary]\nonce: false")
		other := New(node.store)
		other.Use(node.File())
		turn, _, _ := onDuty(t, node)
		if number, _, _ := onDuty(t, other); number != turn {
			t.Fatalf("two nodes ring %s and %s", turn, number)
		}
		rings := func(n *Triggers, want, why string) {
			t.Helper()
			number, said, doubts := onDuty(t, n)
			if number != want || !strings.Contains(said, why) || len(doubts) > 0 {
				t.Errorf("%s is rung, as %q, with %q; want %s, as %q", number, said, doubts, want, why)
			}
		}
		ops, ctx := store.Asker{Name: "ops"}, context.Background()
		now := node.store.Now()
		made, over, err := node.Overrides.Add(ctx, ops,
			store.Override{Rota: "primary", Person: "carl", From: now, Until: now.Add(time.Hour)})
		if err != nil || len(over) > 0 {
			t.Fatal(made, over, err)
		}
		rings(node, carls, "primary: carl by an override of ops until "+made.Until.UTC().Format(time.RFC3339))
		rings(other, turn, "primary: ")
		time.Sleep(overrideLook)
		rings(other, carls, "carl by an override of ops")

		time.Sleep(time.Hour)
		rings(node, turn, "primary: ")
		rings(other, turn, "primary: ")

		now = node.store.Now()
		made, _, err = other.Overrides.Add(ctx, ops,
			store.Override{Rota: "primary", Person: "carl", From: now, Until: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		rings(other, carls, "carl")
		if _, err := other.Overrides.End(ctx, ops, "primary", made.ID); err != nil {
			t.Fatal(err)
		}
		rings(other, turn, "primary: ")
		rings(node, turn, "primary: ")
	})
}

// While the overrides can't be read, the last that were known count, and the call says so; a node that never knew any
// rings whoever's turn it is.
func TestOverridesThatCantBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := triggersOf(t, "to: [primary]\nonce: false")
		turn, _, _ := onDuty(t, node)
		now, ctx := node.store.Now(), context.Background()
		if _, _, err := node.Overrides.Add(ctx, store.Asker{Name: "ops"},
			store.Override{Rota: "primary", Person: "carl", From: now, Until: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		onDuty(t, node)
		gone, fresh := storeOf(t, false), New(node.store)
		node.Overrides.store, fresh.Overrides.store = gone, gone
		fresh.Use(node.File())
		time.Sleep(10 * time.Second)
		number, why, doubts := onDuty(t, node)
		if number != carls || !strings.Contains(why, "carl by an override") || len(doubts) != 1 ||
			!strings.Contains(doubts[0], "those of 10s ago count") {
			t.Errorf("%s is rung, as %q, with %q", number, why, doubts)
		}
		number, _, doubts = onDuty(t, fresh)
		if number != turn || len(doubts) != 1 || !strings.Contains(doubts[0], "whoever's turn it is counts") {
			t.Errorf("%s is rung, with %q", number, doubts)
		}
		node.Overrides.store = node.store
		time.Sleep(time.Hour)
		if number, why, doubts := onDuty(t, node); number != turn || len(doubts) > 0 {
			t.Errorf("once it can be read and is over, %s is rung, as %q, with %q", number, why, doubts)
		}
	})
}
