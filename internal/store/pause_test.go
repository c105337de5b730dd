package store

import (
	"testing"
	"time"

	"redial/internal/call"
)

func testPause(t *testing.T, b backend) {
	nodes := b.pair(t)
	ctx := t.Context()
	paused := func() *Pause {
		t.Helper()
		p, err := nodes[1].AccountPause(ctx, "AC1")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	mine := func(node int, now time.Time) bool {
		t.Helper()
		mine, err := nodes[node].ClaimCheck(ctx, "AC1", now, now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return mine
	}
	if paused() != nil || mine(0, begin) {
		t.Fatal("paused from the start")
	}
	first := Pause{Since: begin, Code: 20003, Message: "Authenticate", NextCheckAt: begin.Add(time.Minute)}
	for i, p := range []Pause{first, {Since: begin.Add(1), Code: 20005}} {
		isNew, err := nodes[i].PauseAccount(ctx, "AC1", p)
		if err != nil || isNew != (i == 0) {
			t.Fatalf("pause %d: new %t, %v", i, isNew, err)
		}
	}
	equal(t, paused(), &first)
	if mine(0, begin.Add(59*time.Second)) {
		t.Error("looked too early")
	}
	if !mine(0, begin.Add(time.Minute)) || mine(1, begin.Add(time.Minute)) {
		t.Error("want one node to look, the first")
	}
	first.NextCheckAt = begin.Add(2 * time.Minute)
	equal(t, paused(), &first)
	if err := nodes[0].ResumeAccount(ctx, "another"); err != nil || paused() == nil {
		t.Errorf("resumed by another account: %v", err)
	}
	for range 2 {
		if err := nodes[0].ResumeAccount(ctx, "AC1"); err != nil || paused() != nil {
			t.Errorf("still paused: %v", err)
		}
	}
	nodes[0].Timer.Wait(t.Context(), Look{At: time.Now().Add(time.Hour)}) // returns at once, because the dialer may go on
}

// ring makes a call ring at each of the numbers.
func ring(t *testing.T, s *Store, numbers ...string) {
	t.Helper()
	for _, number := range numbers {
		create(t, s, func(w *call.Wish) { w.To = number })
	}
	if due, err := s.ClaimToDial(t.Context(), begin, 99); err != nil || len(due) != len(numbers) {
		t.Fatalf("%d calls are dialed, of %d: %v", len(due), len(numbers), err)
	}
}

// A full account lets as many calls through as have ended since, counted in the database.
func testFull(t *testing.T, b backend) {
	nodes := b.pair(t)
	ctx := t.Context()
	ring(t, nodes[0], "+819012345601", "+819012345602", "+819012345603")
	full := Pause{Since: begin, Kind: PauseOfFull, Code: 10004, NextCheckAt: begin.Add(30 * time.Second)}
	if isNew, err := nodes[0].PauseAccount(ctx, "AC1", full); !isNew || err != nil {
		t.Fatal(isNew, err)
	}
	free := func(want int) {
		t.Helper()
		p, err := nodes[1].AccountPause(ctx, "AC1")
		if err != nil || p == nil || p.Free() != want {
			t.Fatalf("the pause is %+v (%v); want %d free", p, err, want)
		}
	}
	free(0) // the third call was refused, and still has its number
	run(t, nodes[1], "DELETE FROM destinations WHERE number = '+819012345603'")
	free(0)
	run(t, nodes[1], "DELETE FROM destinations WHERE number = '+819012345602'")
	free(1)
	full.Since = begin.Add(time.Second)
	if isNew, err := nodes[0].PauseAccount(ctx, "AC1", full); isNew || err != nil {
		t.Fatalf("full again: new %t, %v", isNew, err)
	}
	free(0)
	p, err := nodes[0].AccountPause(ctx, "AC1")
	if err != nil || !p.Since.Equal(begin) {
		t.Errorf("it is full since %v, %v", p.Since, err)
	}
}

func testPausesThatMatterMore(t *testing.T, b backend) {
	nodes := b.pair(t)
	ctx := t.Context()
	for i, tc := range []struct {
		next PauseKind
		is   PauseKind
	}{
		{PauseOfFull, PauseOfFull},
		{PauseOfAccount, PauseOfAccount}, // trouble with the account matters more than a full account
		{PauseOfFull, PauseOfAccount},
		{PauseOfSetup, PauseOfAccount},
		{PauseOfUnlisted, PauseOfUnlisted}, // it is looked at even during another trouble
		{PauseOfUnlisted, PauseOfUnlisted},
		{PauseOfAccount, PauseOfUnlisted},
	} {
		_, err := nodes[i%2].PauseAccount(ctx, "AC1",
			Pause{Since: begin.Add(time.Duration(i)), Kind: tc.next, Code: i, NextCheckAt: begin})
		if err != nil {
			t.Fatal(err)
		}
		if p, err := nodes[0].AccountPause(ctx, "AC1"); err != nil || p.Kind != tc.is {
			t.Fatalf("after %q it is %+v, %v", tc.next, p, err)
		}
	}
	if err := nodes[0].BlameAccount(ctx, "AC1", 4); err != nil {
		t.Fatal(err)
	}
	if p, err := nodes[1].AccountPause(ctx, "AC1"); err != nil || p.Kind != PauseOfAccount {
		t.Errorf("the account is to blame, and the pause is %+v, %v", p, err)
	}
}

func testPastPauses(t *testing.T, b backend) {
	nodes := b.pair(t)
	ctx := t.Context()
	for i, kind := range []PauseKind{PauseOfAccount, PauseOfFull, PauseOfSetup} {
		p := Pause{Since: nodes[0].Now().Add(time.Duration(i-9) * time.Minute), Kind: kind, Code: 100 + i, Message: "why"}
		if _, err := nodes[0].PauseAccount(ctx, "AC1", p); err != nil {
			t.Fatal(err)
		}
		if err := nodes[i%2].ResumeAccount(ctx, "AC1"); err != nil {
			t.Fatal(err)
		}
	}
	past, err := nodes[1].PastPauses(ctx, "AC1", 9)
	if err != nil || len(past) != 2 || past[0].Kind != PauseOfSetup || past[1].Code != 100 ||
		!past[1].Until.After(past[1].Since) {
		t.Errorf("the pauses before are %+v, %v", past, err)
	}
}

func testUnlisted(t *testing.T, b backend) {
	nodes := b.pair(t)
	ctx := t.Context()
	now := nodes[0].Now().Truncate(time.Second)
	count := func(node int, number string, want Unlisted) {
		t.Helper()
		got, err := nodes[node].CountUnlisted(ctx, "AC1", 29999, number, now)
		if err != nil || got != want {
			t.Fatalf("%s: %+v, %v; want %+v", number, got, err, want)
		}
	}
	count(0, "+1", Unlisted{Numbers: 1})
	count(1, "+1", Unlisted{Again: true, Numbers: 1})
	count(1, "+2", Unlisted{Numbers: 2})
	if other, err := nodes[0].CountUnlisted(ctx, "AC1", 29998, "+3", now); err != nil || other.Numbers != 1 {
		t.Errorf("another code has %+v, %v", other, err)
	}
	if _, suspects, err := nodes[0].AccountState(ctx, "AC1"); !suspects || err != nil {
		t.Errorf("nothing is suspected: %v", err)
	}
	if err := nodes[0].ForgetUnlisted(ctx, "AC1"); err != nil {
		t.Fatal(err)
	}
	if _, suspects, err := nodes[1].AccountState(ctx, "AC1"); suspects || err != nil {
		t.Errorf("suspected after a call was taken: %v", err)
	}
	count(0, "+1", Unlisted{Again: true}) // it was sent again after a call was accepted: that does not count
	count(0, "+4", Unlisted{Numbers: 1})
	now = now.Add(2 * time.Hour)
	count(0, "+1", Unlisted{Numbers: 2})
	if err := nodes[1].OwnCode(ctx, "AC1", 29999, now.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	count(0, "+5", Unlisted{Own: true, Numbers: 1})
	now = now.Add(24 * time.Hour)
	count(0, "+5", Unlisted{Numbers: 1})
}
