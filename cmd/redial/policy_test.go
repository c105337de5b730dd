package main

import (
	"encoding/json"
	"strings"
	"testing"

	"redial/api"
)

func TestPoliciesInPlainWords(t *testing.T) {
	for policy, want := range map[string]string{
		`{"max_attempts": 3, "ring_timeout": "30s", "talk_limit": "10m", "redial_after": {"no-answer": "0s", "busy": "30s", "failed": "10s", "machine": "1m", "unconfirmed": "30s"}, "confirm": "none", "machine": "ignore", "ladder": "sequence"}`: "rings the phone up to 3 times, for 30s; talks for 10m at most\nagain at once (no-answer), after 30s (busy), after 10s (failed)\nreached is who answers, be it a machine",
		`{"max_attempts": 1, "ring_timeout": "30s", "confirm": {"digit": "1", "prompt": "Press it."}, "machine": "redial"}`:                                                                                                                         "rings the phone up to once, for 30s\nreached is who presses 1, asked by \"Press it.\"\na machine is hung up on, and the phone rings again",
		`{"max_attempts": 1, "confirm": {"keys": {"1": "confirm", "2": "pass-on", "3": {"answer": "later"}, "0": "pass-on"}}}`:                                                                                                                      "rings the phone up to once\nreached is who presses 1 or 3 (\"later\"); 0 or 2 passes the call on",
		`{"preset": "urgent", "max_attempts": 2, "redial_after": {"no-answer": ["15s", "3m"], "busy": ["15s", "3m"]}, "confirm": "any-key", "machine": {"do": "leave-message", "say": "Hi", "then": "end"}}`:                                        "urgent: rings the phone up to twice\nagain after 15s, 3m and so on (no-answer, busy)\nreached is who presses any key\non a machine is left \"Hi\", and that is all",
		`{"max_attempts": 2, "confirm": {"pin": "****"}, "machine": "leave-message", "max_per_result": {"busy": 1, "machine": 2}, "window": {"days": ["mon", "fri"], "hours": "09:00-17:00", "zone": "Asia/Tokyo", "holidays": ["2026-12-25"]}}`:    "rings the phone up to twice\ngives up after busy once, or machine twice\nrings only mon,fri 09:00-17:00 Asia/Tokyo; not on 2026-12-25\nreached is who enters the PIN\non a machine the message is left, and the phone rings again",
		`{}`: "rings the phone up to 0 times\nreached is who answers, be it a machine",
	} {
		var c api.Call
		if err := json.Unmarshal([]byte(policy), &c.Policy); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(inPlainWords(&c), "\n"); got != want {
			t.Errorf("%s\nis\n%s\nnot\n%s", policy, got, want)
		}
	}
	parallel := api.Call{People: make([]api.Person, 3), Policy: api.Policy{MaxAttempts: new(2), Ladder: "parallel"}}
	if got := inPlainWords(&parallel)[0]; got != "rings each of 3 phones up to twice; all at once" {
		t.Error(got)
	}
}
