package app

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// byKeys is a policy with three keys, each with a meaning of its own.
func byKeys(ladder string) *api.Policy {
	p := confirming(api.Confirm{Keys: map[string]api.Meaning{
		"1": {Do: "confirm"}, "2": {Do: "pass-on"}, "3": {Answer: "later"},
	}})
	p.Ladder = ladder
	return p
}

// What somebody answers by a key is told wherever it is told that they were reached.
func TestAnAnswerByKey(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+keys=9/3")
		c := w.call(api.CreateCall{To: alice, Policy: byKeys("")})
		w.pass(5 * time.Minute)
		c.is("reached", "completed")
		got := c.now()
		if r := got.Reached; r == nil || r.By != "key" || r.Answer != "later" {
			t.Errorf("the evidence is %+v", r)
		}
		if p := got.Policy.Confirm; p == nil || p.Keys["3"].Answer != "later" || p.Keys["2"].Do != "pass-on" {
			t.Errorf("the policy shows %+v", p)
		}
		_, body := w.do("GET", "/v1/calls/"+c.id+"/events", "")
		if !strings.Contains(body, `"answer":"later"`) {
			t.Errorf("the timeline does not tell the answer: %s", body)
		}
		w.phones[alice].hears(1, "Press 1 to confirm. Press 2 to pass the call on. Press 3 to answer: later.",
			"That was not right", "Thank you. Your answer is noted.")
		if status, body := w.do("DELETE", "/v1/calls/"+c.id, ""); status != http.StatusNoContent {
			t.Fatal(body)
		}
		for _, path := range []string{"/v1/calls/" + c.id, "/v1/calls/" + c.id + "/events"} {
			if _, body := w.do("GET", path, ""); strings.Contains(body, "later") {
				t.Errorf("the answer outlasts the personal data: %s", body)
			}
		}
	})
}

func TestPassingOn(t *testing.T) {
	for name, test := range map[string]struct {
		ladder     string
		alice, bob string // what their phones do, each time
		want       []string
		rung       string
		heard      string // by Alice
	}{
		"to the next": {"sequence", "answer+keys=2", "answer+keys=1", []string{"reached", "unconfirmed", "completed"}, "AB",
			"The call is passed on"},
		"out of the rounds": {"rounds", "answer+keys=2", "busy",
			[]string{"unreached", "unconfirmed", "busy", "busy", "busy"}, "ABBB", "The call is passed on"},
		"while the other rings": {"parallel", "answer+keys=2", "answer+keys=@8s/1",
			[]string{"reached", "unconfirmed", "completed"}, "AB", "The call is passed on"},
		"by both": {"sequence", "answer+keys=2", "answer+keys=9/2", []string{"unreached", "unconfirmed", "unconfirmed"}, "AB",
			"The call is passed on"},
		"by both at once": {"parallel", "answer+keys=2@9s", "answer+keys=2",
			[]string{"unreached", "unconfirmed", "unconfirmed"}, "AB", "There is nobody else to call"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
				a := w.phone(alice).does(test.alice)
				b := w.phone(bob)
				for range 3 {
					b.does(test.bob)
				}
				c := w.call(api.CreateCall{People: toBoth, Policy: byKeys(test.ladder)})
				w.pass(10 * time.Minute)
				c.is(test.want[0], test.want[1:]...)
				var rung []string
				for _, l := range w.sim.Legs() {
					rung = append(rung, map[string]string{alice: "A", bob: "B"}[l.To])
				}
				if test.ladder == "parallel" { // the order within a round is random
					slices.Sort(rung)
				}
				if got := strings.Join(rung, ""); got != test.rung {
					t.Errorf("rung were %s", got)
				}
				a.hears(1, test.heard)
				if !c.happened("attempt.passed_on") || c.now().Attempts[0].PassedOnAt.IsZero() {
					t.Errorf("nothing tells that it was passed on\n%s", c.story())
				}
			})
		})
	}
}

// The next person is rung as soon as the first has hung up, and not after a pause.
func TestPassedOnAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+keys=2")
		w.phone(bob).does("answer+keys=1")
		w.call(api.CreateCall{People: toBoth, Policy: byKeys("")})
		w.pass(5 * time.Minute)
		legs := w.sim.Legs()
		if len(legs) != 2 || legs[1].CreatedAt.Sub(legs[0].EndedAt) > 2*time.Second {
			t.Errorf("the legs are %+v", legs)
		}
	})
}

// All faults of the keys are told at once, each by its field.
func TestFaultsOfKeys(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for confirm, want := range map[string][]string{
			`{"keys": {"1": "confirm"}, "digit": "1"}`:             {"confirm.digit"},
			`{"keys": {"1": "confirm"}, "pin": "2468"}`:            {"confirm.pin"},
			`{"keys": {"2": "pass-on"}, "pin": "1", "digit": "x"}`: {"confirm.digit", "confirm.pin", "confirm.keys"},
			`{"keys": {}}`:  {"confirm.keys"},
			`{"keys": "1"}`: {"confirm.keys"},
			`{"keys": {"11": "confirm", "A": {"answer": "a"}, "１": "confirm"}}`: {"confirm.keys.11", "confirm.keys.A",
				"confirm.keys.１"},
			`{"keys": {"1": "yes", "2": 2, "3": {"answer": 3}, "4": {"reply": "x"}, "5": {"answer": ""}, "6": ["confirm"],
				"7": null}}`: {
				"confirm.keys.3.answer", "confirm.keys.4.reply", "confirm.keys.1", "confirm.keys.2", "confirm.keys.5.answer",
				"confirm.keys.6", "confirm.keys.7"},
			`{"keys": {"1": {"answer": "` + strings.Repeat("あ", 41) + `"}}}`: {"confirm.keys.1.answer"},
			`{"prompt": "Press."}`: {"confirm"},
			`{"keys": {"1": {"answer": "` + strings.Repeat("あ", 40) + `"}, "2": "confirm"}, "prompt": "Press."}`: nil,
		} {
			status, body := w.do("POST", "/v1/calls?dry_run=true",
				`{"to": "`+alice+`", "say": "hi", "policy": {"confirm": `+confirm+`}}`)
			var p api.Problem
			if err := json.Unmarshal([]byte(body), &p); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			var got []string
			for _, e := range p.Errors {
				got = append(got, strings.TrimPrefix(e.Field, "policy."))
			}
			if !slices.Equal(got, want) || (status == http.StatusOK) != (want == nil) {
				t.Errorf("%s: %d, faults of %q, want %q\n%s", confirm, status, got, want, body)
			}
		}
	})
}

// A preset may say what keys mean; a request that says something else of confirm replaces it as a whole.
func TestKeysOfAPreset(t *testing.T) {
	file := filepath.Join(t.TempDir(), "presets.json")
	preset := `{"menu": {"confirm": {"keys": {"1": "confirm", "2": "pass-on"}}}}`
	if err := os.WriteFile(file, []byte(preset), 0o600); err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(c *Config) { c.Presets = file }, func(w *world) {
		w.phone(alice).does("answer+keys=2")
		w.phone(bob).answers()
		c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Preset: "menu"}})
		own := api.Policy{Preset: "menu", MaxAttempts: new(1), Confirm: &api.Confirm{Digit: "5"}}
		other := w.call(api.CreateCall{To: bob, Policy: &own})
		if p := other.now().Policy.Confirm; p.Keys != nil || p.Digit != "5" {
			t.Errorf("the policy is %+v", p)
		}
		w.pass(5 * time.Minute)
		c.is("unreached", "unconfirmed")
	})
}

// A key that was pressed is on disk before it is acknowledged: a node that dies in between rings nobody again who
// heard that the call is passed on.
func TestARestartForgetsNotWhoPassedOn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:30s+keys=2")
		w.phone(bob).does("answer+keys=1")
		c := w.call(api.CreateCall{People: toBoth, Policy: byKeys("")})
		for !c.happened("attempt.passed_on") {
			w.pass(100 * time.Millisecond)
		}
		w.restart()
		w.pass(10 * time.Minute)
		c.is("reached", "unconfirmed", "completed")
		w.phones[alice].rangTimes(1)
	})
}
