package call

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWaited(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	for name, tc := range map[string]struct {
		due, now int
		blocks   []Block
		want     string
	}{
		"at once":            {10, 10, []Block{{"a", at(0), at(99)}}, "[]"},
		"one, all the while": {10, 70, []Block{{"a", at(0), at(99)}}, "[{a 60}]"},
		"one that goes on":   {10, 70, []Block{{"a", at(20), time.Time{}}}, "[{" + notRunning + " 10} {a 50}]"},
		"one after another":  {10, 70, []Block{{"a", at(0), at(30)}, {"b", at(30), at(70)}}, "[{a 20} {b 40}]"},
		"twice the same": {10, 70, []Block{{"a", at(0), at(20)}, {"b", at(20), at(40)}, {"a", at(40), at(70)}},
			"[{a 40} {b 20}]"},
		"the first of two":          {10, 70, []Block{{"a", at(20), at(70)}, {"b", at(10), at(60)}}, "[{b 10} {a 50}]"},
		"before it was due":         {10, 20, []Block{{"a", at(0), at(5)}}, "[{" + notRunning + " 10}]"},
		"nothing is known":          {10, 20, nil, "[{" + notRunning + " 10}]"},
		"a block from after now on": {10, 20, []Block{{"a", at(30), at(40)}}, "[{" + notRunning + " 10}]"},
		"never due":                 {0, 20, nil, "[]"},
	} {
		due := at(tc.due)
		if tc.due == 0 {
			due = time.Time{}
		}
		if got := fmt.Sprint(Waited(due, at(tc.now), tc.blocks)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// Whatever the blocks are, no time counts twice, and none is left out except by rounding.
func TestWaitedIsAllOfTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		second := rapid.IntRange(0, 300_000)
		moment := func(name string) time.Time { return time.UnixMilli(int64(second.Draw(t, name))) }
		var blocks []Block
		for i := range rapid.IntRange(0, 9).Draw(t, "blocks") {
			b := Block{Why: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "why"), From: moment("from")}
			if rapid.Bool().Draw(t, "over") || i > 0 {
				b.Until = b.From.Add(time.Duration(second.Draw(t, "for")) * time.Millisecond)
			}
			blocks = append(blocks, b)
		}
		due := moment("due")
		now := due.Add(time.Duration(second.Draw(t, "waited")) * time.Millisecond)
		sum := 0
		for _, w := range Waited(due, now, blocks) {
			if w.Seconds < 1 {
				t.Errorf("%v", w)
			}
			sum += w.Seconds
		}
		if off := now.Sub(due).Seconds() - float64(sum); off > 3 || off < -3 { // four reasons, each rounded
			t.Errorf("%v seconds of %v", sum, now.Sub(due))
		}
	})
}
