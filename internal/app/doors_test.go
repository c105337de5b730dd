package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// A pressed key counts only with the attempt's key, and for the leg that Twilio has reported; so does Twilio's
// question what to say.
func TestTwilioIsHeardWithTheAttemptsKeyAndSidOnly(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:5m")
		c := w.call(api.CreateCall{
			To: alice, Policy: &api.Policy{Confirm: &api.Confirm{Digit: "1"}, Machine: &api.Machine{Do: "redial"},
				MaxAttempts: new(1)},
		})
		w.pass(10 * time.Second)
		sid := c.now().Attempts[0].SID
		callback, err := url.Parse(w.creates()[0].Form.Get("StatusCallback"))
		if err != nil {
			t.Fatal(err)
		}
		key := callback.Query().Get("attempt")
		id, rest, _ := strings.Cut(key, ".")
		n, mac, _ := strings.Cut(rest, ".")
		other := strings.Map(func(r rune) rune { return map[bool]rune{true: '1', false: '0'}[r == '0'] }, mac)
		pressed := func(sid string) url.Values {
			return url.Values{"CallSid": {sid}, "CallStatus": {"in-progress"}, "Digits": {"1"}, "AnsweredBy": {"human"}}
		}
		for what, test := range map[string]struct{ key, sid string }{
			"another attempt key":            {id + "." + n + "." + other, sid},
			"an attempt key that is cut":     {key[:len(key)-1], sid},
			"another attempt's":              {id + ".2." + mac, sid},
			"no attempt key":                 {"", sid},
			"another leg":                    {key, "CA" + strings.Repeat("0", 32)},
			"another attempt key and no leg": {id + "." + n + "." + other, ""},
		} {
			for _, path := range []string{"/twilio_api/gather?try=1&attempt=", "/twilio_api/twiml?attempt="} {
				status := w.signed(path+test.key, pressed(test.sid))
				if status != http.StatusNotFound && status != http.StatusBadRequest {
					t.Errorf("%s with %s is answered %d", path, what, status)
				}
			}
			if c.happened("attempt.confirmed") ||
				c.happened("attempt.detected") && c.now().Attempts[0].ConfirmedAt != (time.Time{}) {
				t.Fatalf("%s confirms\n%s", what, c.story())
			}
		}
		status := w.signed("/twilio_api/gather?try=1&attempt="+key, pressed(sid))
		if status != http.StatusOK || !c.happened("attempt.confirmed") {
			t.Errorf("the right attempt key is answered %d\n%s", status, c.story())
		}
		w.pass(10 * time.Minute)
	})
}

// The Idempotency-Keys of one name are not another's. Otherwise another user would be shown somebody else's call, or
// could not make an own one.
func TestIdempotencyKeysBelongToAName(t *testing.T) {
	const other = "another-key-of-the-world"
	inWorld(t, func(c *Config) { c.APIKeys = append(c.APIKeys, "crm:"+other) }, func(w *world) {
		w.phone(alice).answers().answers()
		w.phone(bob).answers()
		ask := func(key, number string) (int, string) {
			status, answer := w.do("POST", "/v1/calls", `{"to": "`+number+`", "say": "hi"}`, "Authorization", "Bearer "+key,
				"Idempotency-Key", "order-42")
			return status, answer
		}
		_, first := ask(apiKey, alice)
		for _, number := range []string{bob, alice} {
			status, answer := ask(other, number)
			want := map[string]int{bob: http.StatusCreated, alice: http.StatusConflict}[number] // by their first requests
			if status != want {
				t.Errorf("another API key is answered %d, not %d: %s", status, want, answer)
			}
		}
		if status, again := ask(apiKey, alice); status != http.StatusCreated || again != first {
			t.Errorf("the first one's repeat is answered %d: %s", status, again)
		}
		page, err := w.client.List(w.ctx, api.ListQuery{})
		if err != nil || len(page.Calls) != 2 {
			t.Errorf("%d calls, %v", len(page.Calls), err)
		}
		w.pass(10 * time.Minute)
	})
}
