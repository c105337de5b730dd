package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// at opens a database whose clock shows what now says.
func (b backend) at(t *testing.T, now *time.Time) *Store {
	return b.open(t, func(o *Options) { o.Clock = func() time.Time { return *now } })
}

// hours is an override of a rota from one hour after begin to another.
func hours(rota, person string, from, until int) Override {
	after := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Hour) }
	return Override{Rota: rota, Person: person, From: after(from), Until: after(until)}
}

func override(t *testing.T, s *Store, by Asker, o Override) (made Override, over []Override) {
	t.Helper()
	made, over, err := s.AddOverride(t.Context(), by, o)
	if err != nil {
		t.Fatal(err)
	}
	return made, over
}

func unended(t *testing.T, s *Store, at time.Time) []Override {
	t.Helper()
	list, err := s.Overrides(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// An override comes back as it was made, until it is over; the audit says who made it. Whoever makes one is told which
// others it overlaps.
func testOverrides(t *testing.T, b backend) {
	now := begin
	s := b.at(t, &now)
	first, over := override(t, s, shop, hours("primary", "ben", 1, 3))
	equal(t, len(over), 0)
	now = now.Add(time.Minute)
	second, over := override(t, s, desk, hours("primary", "aiko", 2, 5))
	equal(t, over, []Override{first})
	other, over := override(t, s, desk, hours("secondary", "aiko", 2, 5))
	equal(t, len(over), 0)
	behind, over := override(t, s, desk, hours("primary", "carl", 5, 6))
	equal(t, len(over), 0)
	third, over := override(t, s, desk, hours("primary", "dora", 0, 6))
	equal(t, over, []Override{first, second, behind})
	if first.By != "shop" || !first.MadeAt.Equal(begin) || second.By != "desk" || !second.MadeAt.Equal(now) {
		t.Errorf("made by and at: %+v, %+v", first, second)
	}
	equal(t, unended(t, s, begin), []Override{first, second, other, behind, third})
	equal(t, unended(t, s, first.Until), []Override{second, other, behind, third})
	equal(t, len(unended(t, s, third.Until)), 0)
	equal(t, saidAll(audited(t, s)), []string{
		"shop override.create " + first.ID + " primary: ben", "desk override.create " + second.ID + " primary: aiko",
		"desk override.create " + other.ID + " secondary: aiko", "desk override.create " + behind.ID + " primary: carl",
		"desk override.create " + third.ID + " primary: dora",
	})
}

// An override that is ended early ends then, and one that has not begun goes. What is over stays as it was.
func testOverridesEndEarly(t *testing.T, b backend) {
	now := begin
	s := b.at(t, &now)
	running, _ := override(t, s, shop, hours("primary", "ben", 0, 4))
	future, _ := override(t, s, shop, hours("primary", "aiko", 2, 6))
	now = begin.Add(time.Hour)
	for _, o := range []Override{running, future} {
		was, err := s.EndOverride(t.Context(), desk, "primary", o.ID)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, was, o)
	}
	kept := running
	kept.Until = now
	equal(t, unended(t, s, begin), []Override{kept})
	equal(t, len(unended(t, s, now)), 0)
	for _, tc := range []struct {
		rota, id string
		want     error
	}{
		{"primary", running.ID, ErrOverrideOver}, {"primary", future.ID, ErrNoOverride},
		{"secondary", running.ID, ErrNoOverride}, {"primary", "ovr_\x00\xff", ErrNoOverride},
	} {
		if _, err := s.EndOverride(t.Context(), desk, tc.rota, tc.id); !errors.Is(err, tc.want) {
			t.Errorf("ending %+v: %v", tc, err)
		}
	}
	equal(t, saidAll(audited(t, s))[2:], []string{
		"desk override.end " + running.ID + " primary: ben", "desk override.end " + future.ID + " primary: aiko",
	})
}

// There are only so many overrides. Those that are over give way, the longest over first, and in any case after a
// while; one that is not over never does.
func testOverridesAreBounded(t *testing.T, b backend) {
	now := begin
	s := b.at(t, &now)
	rows := make([][]column, MaxOverrides-1)
	list := make([]Override, len(rows))
	for i := range rows {
		o := hours("primary", "ben", i, i+1)
		o.ID, o.MadeAt, o.By = fmt.Sprintf("ovr_%d", i), begin, "shop"
		list[i], rows[i] = o, overrideColumns(&list[i])
	}
	if err := s.tx(t.Context(), func(t *tx) error { return t.write(&insertOverride, rows, nil) }); err != nil {
		t.Fatal(err)
	}
	override(t, s, shop, hours("primary", "aiko", 0, 1))
	if _, _, err := s.AddOverride(t.Context(), shop, hours("primary", "aiko", 0, 1)); !errors.Is(err, ErrOverrides) {
		t.Errorf("one more than can be: %v", err)
	}
	now = begin.Add(150 * time.Minute) // ovr_0 and aiko's are over, and ovr_1
	override(t, s, shop, hours("primary", "carl", 0, MaxOverrides+5000))
	equal(t, count(t, s, "SELECT count(*) FROM rota_overrides"), MaxOverrides)
	equal(t, count(t, s, "SELECT count(*) FROM rota_overrides WHERE id = 'ovr_0' OR person = 'aiko'"), 1)
	equal(t, count(t, s, "SELECT count(*) FROM rota_overrides WHERE id = 'ovr_1'"), 1)
	now = begin.Add(pastOverrides + 500*time.Hour)
	override(t, s, shop, hours("primary", "dora", 0, 5000))
	left := unended(t, s, begin)
	if first := left[0]; first.ID != "ovr_499" || len(left) != MaxOverrides-1-499+2 {
		t.Errorf("%d are left, %+v first", len(left), first)
	}
}

// The override that was made last is the last, also where the clocks of two nodes differ.
func testTheOverrideMadeLast(t *testing.T, b backend) {
	now := begin
	s := b.at(t, &now)
	var made []Override
	for _, ahead := range []time.Duration{0, time.Second, 0, time.Second, -time.Second} {
		now = begin.Add(ahead)
		o, _ := override(t, s, shop, hours("primary", "ben", 0, 4))
		made = append(made, o)
	}
	list := unended(t, s, begin)
	equal(t, list, made)
	if !slices.IsSortedFunc(list, func(a, b Override) int { return a.MadeAt.Compare(b.MadeAt) }) ||
		list[1].MadeAt.Equal(list[2].MadeAt) {
		t.Errorf("made at %+v", list)
	}
}
