package sim

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestModifiersOfCallbacks(t *testing.T) {
	usual := []string{"initiated", "ringing", "in-progress", "completed"}
	for _, test := range []struct {
		script string
		heard  []string
		late   time.Duration // the first callback, after it happened
	}{
		{"answer", usual, 0},
		{"answer+lost", nil, 0},
		{"answer+late", usual, 20 * time.Second},
		{"answer+doubled", []string{"initiated", "initiated", "ringing", "ringing", "in-progress", "in-progress",
			"completed", "completed"}, 0},
		{"answer+early", usual, 0},
	} {
		t.Run(test.script, func(t *testing.T) {
			atDesk(t, Config{Default: test.script}, func(d *desk) {
				d.place(alice)
				pass(time.Minute)
				if diff := cmp.Diff(test.heard, d.statuses()); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				l := d.sim.Legs()[0]
				if l.Status != "completed" {
					t.Errorf("the call itself is %s", l.Status)
				}
				if len(d.heard) > 0 && d.heard[0].at-l.DialedAt.Sub(d.begin) != test.late {
					t.Errorf("the first callback came %s after it happened", d.heard[0].at-l.DialedAt.Sub(d.begin))
				}
			})
		})
	}
}

func TestReorderedCallbacksAllCome(t *testing.T) {
	atDesk(t, Config{Default: "answer:1s+reordered"}, func(d *desk) {
		d.place(alice)
		pass(time.Minute)
		usual := []string{"initiated", "ringing", "in-progress", "completed"}
		got := d.statuses()
		if slices.Equal(got, usual) || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(usual))) {
			t.Errorf("%v", got)
		}
	})
}

func TestEarlyCallbacksComeBeforeTheAnswer(t *testing.T) {
	atDesk(t, Config{Default: "answer+early"}, func(d *desk) {
		d.place(alice)
		if got := d.statuses(); len(got) == 0 {
			t.Error("the create request is answered, and nothing was heard yet")
		}
	})
}

// The answer to a create request does not tell whether a call was placed.
func TestModifiersOfTheCreateRequest(t *testing.T) {
	for _, test := range []struct {
		script       string
		status, code int // status 0: dropped
		placed       int
	}{
		{"answer+429", 429, 20429, 0},
		{"answer+500", 500, 20500, 1},
		{"answer+dropped", 0, 0, 1},
		{"answer+unplaced500", 500, 20500, 0},
		{"refuse:21211", 400, 21211, 0},
	} {
		t.Run(test.script, func(t *testing.T) {
			atDesk(t, Config{Default: test.script}, func(d *desk) {
				status, body := d.rest("POST", "/Calls.json", wish(alice))
				code, _ := body["code"].(float64)
				if status != test.status || int(code) != test.code {
					t.Errorf("answered %d: %v", status, body)
				}
				pass(time.Minute)
				if n := len(d.sim.Legs()); n != test.placed {
					t.Errorf("%d calls were placed", n)
				}
				if rang := slices.Contains(d.statuses(), "ringing"); rang != (test.placed > 0) {
					t.Errorf("the phone rang: %t", rang)
				}
				r := d.sim.Requests()[0]
				if r.Status != test.status || r.Code != test.code || (r.SID != "") != (test.placed > 0) {
					t.Errorf("it is remembered as %+v", r)
				}
			})
		})
	}
}

func TestACallMayAppearLate(t *testing.T) {
	atDesk(t, Config{Faults: Faults{ListLagMS: 3000, GetLagMS: 1000}}, func(d *desk) {
		sid := d.place(alice)
		seen := func() (listed, found bool) {
			_, list := d.rest("GET", "/Calls.json", nil)
			status, _ := d.rest("GET", "/Calls/"+sid+".json", nil)
			return len(list["calls"].([]any)) > 0, status == 200
		}
		for _, step := range []struct {
			after         time.Duration
			listed, found bool
		}{{0, false, false}, {time.Second, false, true}, {2 * time.Second, true, true}} {
			pass(step.after)
			if listed, found := seen(); listed != step.listed || found != step.found {
				t.Errorf("after %s more: listed %t, found %t", step.after, listed, found)
			}
		}
	})
}

// histories returns what happened to many calls, by number.
func histories(t *testing.T, seed uint64, backwards bool) map[string]string {
	histories := map[string]string{}
	f := Faults{
		CallbackLost: 0.2, CallbackLate: 0.2, CallbackDoubled: 0.2, CallbackReordered: 0.2, Create429: 0.1, Create500: 0.1,
		CreateDropped: 0.1,
	}
	atDesk(t, Config{Seed: seed, Faults: f, Default: "busy"}, func(d *desk) {
		for i := range 40 {
			n := i
			if backwards {
				n = 39 - i
			}
			to := fmt.Sprintf("+8190%08d", n)
			before := len(d.statuses())
			status, _ := d.rest("POST", "/Calls.json", wish(to))
			pass(time.Minute)
			histories[to] = fmt.Sprint(status, d.statuses()[before:])
		}
	})
	return histories
}

// A seed replays its faults, in whatever order the calls come.
func TestASeedReplays(t *testing.T) {
	first := histories(t, 7, false)
	if diff := cmp.Diff(first, histories(t, 7, true)); diff != "" {
		t.Errorf("the same seed, -forwards +backwards:\n%s", diff)
	}
	if maps.Equal(first, histories(t, 8, false)) {
		t.Error("another seed makes the same faults")
	}
	kinds := map[string]bool{}
	for _, history := range first {
		kinds[history] = true
	}
	if len(kinds) < 6 {
		t.Errorf("40 calls with every fault have %d histories: %v", len(kinds), slices.Sorted(maps.Keys(kinds)))
	}
}

func TestARateIsHowOftenItHappens(t *testing.T) {
	s, err := New(Config{AccountSID: account, AuthToken: token, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, rate := range []float64{0, 0.1, 0.5, 1} {
		n := 0
		for i := range 10000 {
			if s.roll(rate, alice, i, 0, "lost") {
				n++
			}
		}
		if got := float64(n) / 10000; got < rate-0.02 || got > rate+0.02 {
			t.Errorf("the rate %g happens with %g", rate, got)
		}
	}
}

// A read may show a call as it was a while ago.
func TestAnAnswerMayBeStale(t *testing.T) {
	atDesk(t, Config{Default: "busy", Faults: Faults{GetStaleMS: 10_000}}, func(d *desk) {
		sid := d.place(alice)
		pass(5 * time.Second)
		_, body := d.rest("GET", "/Calls/"+sid+".json", nil)
		if body["status"] != "queued" || body["start_time"] != nil || body["end_time"] != nil {
			t.Errorf("it is busy by now, and shown as %v", body)
		}
		pass(10 * time.Second)
		if _, body := d.rest("GET", "/Calls/"+sid+".json", nil); body["status"] != "busy" || body["end_time"] == nil {
			t.Errorf("it has long been busy, and is shown as %v", body)
		}
	})
}

// A slow create request places its call after the client has given up.
func TestASlowCreateIsPlacedLate(t *testing.T) {
	atDesk(t, Config{Default: "busy", Faults: Faults{CreateSlow: 1, CreateSlowMS: 20_000}}, func(d *desk) {
		go d.send("POST", "/2010-04-01/Accounts/"+account+"/Calls.json", wish(alice).Encode())
		pass(19 * time.Second)
		if len(d.sim.Legs()) > 0 {
			t.Error("it was placed at once")
		}
		pass(10 * time.Second)
		if legs := d.sim.Legs(); len(legs) != 1 || legs[0].CreatedAt.Sub(d.begin) != 20*time.Second {
			t.Errorf("%+v", legs)
		}
	})
}
