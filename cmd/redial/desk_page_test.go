package main

import (
	"testing"
	"time"

	"redial/api"
	"redial/internal/app"
	"redial/internal/browsertest"
	"redial/internal/sim"
)

// What somebody does with the phones at the desk's page is what becomes of the calls.
func TestCallsAreAnsweredAtTheDesksPage(t *testing.T) {
	p, err := pairing{
		phones: sim.Config{Default: "by-hand", Speed: 20},
		redial: app.Config{Listen: anyPort, From: demoFrom, CallsPerSecond: 5, MaxWaiting: 1000, MaxPerNumber: 200},
		twilio: anyPort,
	}.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the tab is closed
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	ask := func(number string) string {
		t.Helper()
		call, _, err := p.client.Create(t.Context(), api.CreateCall{
			To: number, Say: &api.Say{Text: "The server is down.", Language: "en-US"},
			Policy: &api.Policy{
				MaxAttempts: new(1), RingTimeout: new(api.Duration(15 * time.Second)), Confirm: &api.Confirm{Digit: "1"},
			},
		}, "")
		if err != nil {
			t.Fatal(err)
		}
		return call.ID
	}
	tab := browsertest.Open(t, browsertest.Window{Width: 390})
	tab.Go(p.twilio)
	tab.UntilSays("#empty pre", "call --url "+p.url)
	for number, test := range map[string]struct {
		button  string
		outcome string
		result  string
	}{
		"+819012345671": {".main", "reached", "completed"},
		"+819012345672": {"form[action$=decline] button", "unreached", "busy"},
		"+819012345673": {"form[action$=ignore] button", "unreached", "no-answer"},
	} {
		id := ask(number)
		phone := "#phone-" + number[1:]
		tab.Click(phone + " " + test.button)
		if test.outcome == "reached" {
			tab.UntilSays(phone+" .lines", "The server is down.")
			tab.Click(phone + " [value='1']")
			tab.UntilSays(phone+" .lines", "pressed 1")
		}
		call, err := p.client.Get(t.Context(), id, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if call.Outcome != test.outcome || call.Attempts[0].Result != test.result {
			t.Errorf("%s: the call is %s, its attempt %s", test.button, call.Outcome, call.Attempts[0].Result)
		}
		if (test.outcome == "reached") != (call.Reached != nil && call.Reached.By == "key") {
			t.Errorf("%s: the evidence is %+v", test.button, call.Reached)
		}
	}
	tab.Fits()
}
