package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// unsound are bodies that two parsers may read differently, or that nobody can read.
var unsound = map[string]string{
	"Shift_JIS":                        `{"to": "A", "say": "` + "\x83T\x81[\x83o\x81[" + `"}`,
	"Latin-1":                          `{"to": "A", "say": "Gr` + "\xfc" + `n"}`,
	"half a character, cut off":        `{"to": "A", "say": "` + "サーバー"[:11] + `"}`,
	"UTF-16":                           "\xff\xfe{\x00}\x00",
	"half a surrogate pair":            `{"to": "A", "say": "down \ud83d"}`,
	"the other half":                   `{"to": "A", "say": {"text": "down \udca5"}}`,
	"two halves, the wrong way round":  `{"to": "A", "say": "down \udca5\ud83d"}`,
	"half a pair in metadata":          `{"to": "A", "say": "hi", "metadata": {"a": "\ud800"}}`,
	"half a pair in a name":            `{"to": "A", "say": "hi", "metadata": {"\ud800": "a"}}`,
	"no UTF-8 in an option":            `{"to": "A", "say": "hi", "options": {"Trim": "` + "\xff" + `"}}`,
	"no UTF-8 in a field there is not": `{"to": "A", "say": "hi", "` + "\xff" + `": 1}`,
	"a number twice":                   `{"to": "A", "to": "+819087654321", "say": "hi"}`,
	"a number twice, once in escapes":  `{"to": "A", "\u0074o": "+819087654321", "say": "hi"}`,
	"a text twice, and alike":          `{"to": "A", "say": {"text": "hi", "text": "hi"}}`,
	"a pause twice": `{"to": "A", "say": "hi", "policy": ` +
		`{"redial_after": {"busy": "1s", "busy": "1h"}}}`,
	"an option twice":                    `{"to": "A", "say": "hi", "options": {"Record": true, "Record": false}}`,
	"metadata twice":                     `{"to": "A", "say": "hi", "metadata": {"a": "1", "a": "2"}}`,
	"a person's name twice":              `{"to": [{"number": "A", "name": "Li", "name": "Bo"}], "say": "hi"}`,
	"something twice in what is ignored": `{"to": "A", "say": "hi", "x": [{"y": {"z": 1, "z": 2}}]}`,
}

func TestWhatIsNoTextIsNotTaken(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for what, body := range unsound {
			if status, answer := w.ask(body); status != http.StatusBadRequest {
				t.Errorf("%s: answered %d: %s", what, status, answer)
			}
		}
		for _, charset := range []string{"Shift_JIS", "iso-2022-jp", "utf-7"} {
			status, _ := w.ask(`{"to": "A", "say": "hi"}`, "Content-Type", "application/json; charset="+charset)
			if status != http.StatusBadRequest {
				t.Errorf("a body said to be %s is answered %d", charset, status)
			}
		}
		for path, body := range map[string]string{
			"/twilio_api/calls": `{"to": "` + alice + `", "say": "` + "\xff" + `"}`,
			"/v1/webhooks":      `{"url": "https://a.example", "url": "https://b.example"}`,
			"/v1/calls/019a0000-0000-7000-8000-000000000000/cancel":             `{"hangup": false, "hangup": true}`,
			"/v1/calls/019a0000-0000-7000-8000-000000000000/attempts/1/resolve": `{"sid": "CA1", "sid": "CA2"}`,
		} {
			if status, answer := w.do("POST", path, body); status != http.StatusBadRequest {
				t.Errorf("%s with %s is answered %d: %s", path, body, status, answer)
			}
		}
		if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 0 {
			t.Errorf("they left %d calls, %v", len(page.Calls), err)
		}
		for _, sound := range []string{
			`{"to": "A", "say": "down \ud83d\udca5"}`,
			`{"to": "A", "say": "\u30b5\u30fc\u30d0\u30fc", "policy": {"not_before": "1h"}}`,
		} {
			status, answer := w.do("POST", "/v1/calls?dry_run=true", strings.ReplaceAll(sound, `"A"`, `"`+alice+`"`))
			if status != http.StatusOK {
				t.Errorf("%s is answered %d: %s", sound, status, answer)
			}
		}
	})
}

func TestAStatusThatTwilioInventsIsIgnored(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("no-answer+lost").answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(2 * time.Second)
		before := c.now()
		callback, err := url.Parse(w.creates()[0].Form.Get("StatusCallback"))
		if err != nil {
			t.Fatal(err)
		}
		for _, status := range []string{"parked", "in-progres", "placing", "COMPLETED"} {
			form := url.Values{"CallSid": {before.Attempts[0].SID}, "CallStatus": {status}}
			if got := w.signed("/twilio_api/callback?"+callback.RawQuery, form); got != http.StatusNoContent {
				t.Errorf("a callback with the status %s is answered %d", status, got)
			}
			if got := w.signed("/twilio_api/callback", form); got != http.StatusNoContent {
				t.Errorf("a callback with the status %s, and no attempt key, is answered %d", status, got)
			}
		}
		if after := c.now(); after.Attempts[0].Status != before.Attempts[0].Status || after.State != before.State {
			t.Errorf("they moved the call: %+v", after)
		}
		if got := w.signed("/twilio_api/callback", url.Values{"CallSid": {"CA1"}}); got != http.StatusBadRequest {
			t.Errorf("a callback without a status is answered %d", got)
		}
		w.metric(`redial_callbacks_total{verdict="ignored"} 8`)
		w.pass(5 * time.Minute)
		c.is("reached", "no-answer", "completed")
	})
}

// Twilio reports completed even if the person heard only "an application error". redial believes such an error,
// unless a key was pressed.
func TestAnErrorInACallbackIsBelieved(t *testing.T) {
	tell := func(w *world, c *asked, form url.Values) {
		form.Set("CallSid", c.now().Attempts[0].SID)
		if status := w.signed("/twilio_api/callback", form); status != http.StatusNoContent {
			t.Errorf("answered %d", status)
		}
	}
	broken := url.Values{"CallStatus": {"completed"}, "CallDuration": {"3"}, "ErrorCode": {"11200"}}
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice).does("answer:1h+lost").answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Second)
		tell(w, c, url.Values{"CallStatus": {"in-progress"}})
		tell(w, c, broken)
		c.is("waiting", "unconfirmed")
		if got := c.now().Attempts[0].Refusal; got == nil || got.Code != 11200 {
			t.Errorf("the attempt says %+v", got)
		}
		w.pass(time.Minute)
		c.is("reached", "unconfirmed", "completed")
		p.rangTimes(2)
	})
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice).does("answer:1h+keys=1+lost")
		c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Confirm: &api.Confirm{AnyKey: true}}})
		w.pass(20 * time.Second)
		tell(w, c, broken)
		c.is("reached", "completed")
		p.rangTimes(1)
	})
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice).does("answer:1h+lost")
		c := w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Second)
		tell(w, c, url.Values{"CallStatus": {"completed"}, "ErrorCode": {"12200"}}) // Twilio ignored something, and went on
		c.is("reached", "completed")
		p.rangTimes(1)
	})
}

// Twilio asks for a key in the middle of a conversation: the key counts, whatever status Twilio gives.
func TestAKeyCountsWhateverTheStatus(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:1h")
		c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Confirm: &api.Confirm{AnyKey: true}}})
		w.pass(10 * time.Second)
		callback, err := url.Parse(w.creates()[0].Form.Get("StatusCallback"))
		if err != nil {
			t.Fatal(err)
		}
		press := func(keys string) int {
			return w.signed("/twilio_api/gather?"+callback.RawQuery+"&try=1", url.Values{
				"CallSid": {c.now().Attempts[0].SID}, "CallStatus": {"talking"}, "Digits": {keys}})
		}
		for _, none := range []string{"", "hangup", "w", " ", "１", "1a"} {
			if status := press(none); status != http.StatusOK || c.happened("attempt.confirmed") {
				t.Errorf("%q is answered %d and counts as a key", none, status)
			}
		}
		if status := press("5"); status != http.StatusOK || !c.happened("attempt.confirmed") {
			t.Errorf("a key is answered %d, and does not count", status)
		}
		c.cancel()
	})
}
