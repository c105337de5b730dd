package store

import (
	"testing"
	"time"
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
	<-nodes[0].Due()
}
