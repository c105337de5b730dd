package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// told returns the name of the first wrong field of a wish, and what is wrong with it.
func (w *world) told(body string) (status int, field, detail string) {
	w.t.Helper()
	status, answer := w.ask(body)
	var p api.Problem
	if err := json.Unmarshal([]byte(answer), &p); err != nil {
		w.t.Fatalf("%s: %v", answer, err)
	}
	if len(p.Errors) > 0 {
		field, detail = p.Errors[0].Field, p.Errors[0].Detail
	}
	return status, field, detail
}

// wishWith is a wish for a call to alice with a document.
func wishWith(twiml string) string {
	text, _ := json.Marshal(twiml)
	return `{"to": "A", "twiml": ` + string(text) + `}`
}

func TestWhatNobodyWouldHearIsNotTaken(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for body, want := range map[string]string{
			wishWith(`<Response><say>The server is down</say></Response>`): "twiml",
			wishWith(`<Response/>`):                                                                        "twiml",
			wishWith(`<Response><Hangup/><Say>hi</Say></Response>`):                                        "twiml",
			`{"to": "A", "say": "…"}`:                                                                      "say.text",
			`{"to": "A", "say": {"text": "🔥🔥"}}`:                                                           "say.text",
			`{"to": "A", "say": "\u3164"}`:                                                                 "say.text",
			`{"to": "A", "say": "\ufffd\ufffd down"}`:                                                      "say.text",
			`{"to": "A", "say": {"text": "火事です", "language": "jp"}}`:                                       "say.language",
			`{"to": "A", "say": {"text": "火事です", "voice": "Kazuha"}}`:                                      "say.voice",
			`{"to": [{"number": "A", "say": "…"}], "say": "hi"}`:                                           "to[0].say",
			`{"to": [{"number": "A", "language": "ja"}], "say": "hi"}`:                                     "to[0].language",
			`{"to": "A", "say": "hi", "policy": {"confirm": {"digit": "1", "prompt": "?"}}}`:               "policy.confirm.prompt",
			`{"to": "A", "say": "hi", "policy": {"confirm": {"keys": {"3": {"answer": "?"}}}}}`:            "policy.confirm.keys.3.answer",
			`{"to": "A", "say": "hi", "policy": {"machine": {"do": "leave-message", "say": "***"}}}`:       "policy.machine.say",
			`{"to": "A", "url": "https://twimlets.com/message?Message=hi"}`:                                "url",
			`{"to": "A", "say": "hi", "options": {"FallbackUrl": "https://evil.example/"}}`:                "options.FallbackUrl",
			`{"to": "A", "say": "hi", "options": {"RecordingStatusCallback": "https://evil.example/"}}`:    "options.RecordingStatusCallback",
			`{"to": "A", "say": "hi", "options": {"AsyncAmdStatusCallback": "//redial.example.com/x"}}`:    "options.AsyncAmdStatusCallback",
			wishWith(`<Response><Dial>+19005551234</Dial></Response>`):                                     "twiml",
			wishWith(`<Response><Say>hi</Say><Redirect>https://evil.example/</Redirect></Response>`):       "twiml",
			wishWith(`<Response><Gather action="https://evil.example/"><Say>hi</Say></Gather></Response>`): "twiml",
		} {
			if status, field, detail := w.told(body); status != http.StatusUnprocessableEntity || field != want {
				t.Errorf("%s: answered %d about %s: %s", body, status, field, detail)
			}
		}
		if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 0 {
			t.Errorf("they left %d calls, %v", len(page.Calls), err)
		}
		_, _, detail := w.told(wishWith(`<Response><say>hi</say></Response>`))
		if !strings.Contains(detail, "did you mean Say?") {
			t.Errorf("it is told: %s", detail)
		}
	})
}

// Without a setting, Twilio may be sent to this redial's own host, and to no other.
func TestTheHostOfTheInstallationIsAllowed(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice)
		for _, body := range []string{
			`{"to": "A", "url": "https://Redial.Example.com:8443/twiml"}`,
			wishWith(`<Response><Redirect>https://redial.example.com/a</Redirect></Response>`),
		} {
			status, answer := w.do("POST", "/v1/calls?dry_run=true", strings.ReplaceAll(body, `"A"`, `"`+alice+`"`))
			if status != http.StatusOK {
				t.Errorf("%s is answered %d: %s", body, status, answer)
			}
		}
	})
}

// An error names the setting that permits the request, and with this setting the request passes. The setting stays
// within bounds: a number that is dialed in a conversation must be one that may be called.
func TestTheErrorNamesTheSettingThatHelps(t *testing.T) {
	dials := wishWith(`<Response><Say>hi</Say><Dial>+81312345678</Dial></Response>`)
	for name, test := range map[string]struct {
		body, line string
		set        func(*Config, string)
	}{
		"a verb": {dials, "REDIAL_TWIML_VERBS=Dial", func(c *Config, v string) { c.TwimlVerbs = strings.Split(v, ",") }},
		"a host": {`{"to": "A", "url": "https://app.example.com/x"}`, "REDIAL_TWIML_HOSTS=redial.example.com,app.example.com",
			func(c *Config, v string) { c.TwimlHosts = strings.Split(v, ",") }},
		"a language": {`{"to": "A", "say": {"text": "nuqneH", "language": "tlh-QO"}}`, "REDIAL_LANGUAGES=tlh-QO",
			func(c *Config, v string) { c.Languages = strings.Split(v, ",") }},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				if status, _, detail := w.told(test.body); status != 422 || !strings.HasSuffix(detail, " set "+test.line) {
					t.Errorf("answered %d: %s", status, detail)
				}
			})
			_, value, _ := strings.Cut(test.line, "=")
			inWorld(t, func(c *Config) { test.set(c, value) }, func(w *world) {
				w.phone(alice).answers()
				if status, answer := w.ask(test.body); status != http.StatusCreated {
					t.Errorf("with %s answered %d: %s", test.line, status, answer)
				}
				w.pass(time.Minute)
				for _, bad := range []string{
					`<Response><Dial>+19005551234</Dial></Response>`,
					`<Response><Dial><Number>+12125550123</Number></Dial></Response>`,
					`<Response><Dial>0312345678</Dial></Response>`, `<Response><Dial>+81990504321</Dial></Response>`,
					`<Response><Dial>+81 3 1234 5678</Dial></Response>`, `<Response><Dial>` + caller + `</Dial></Response>`,
					`<Response><Enqueue>q</Enqueue></Response>`,
				} {
					if status, field, _ := w.told(wishWith(bad)); status != 422 || field != "twiml" {
						t.Errorf("%s is answered %d about %s", bad, status, field)
					}
				}
			})
		})
	}
}

// Requests are checked when they are made: a stored call is dialed, whatever the settings are by then.
func TestWhatIsOnDiskIsDialed(t *testing.T) {
	set := func(c *Config) {
		c.TwimlVerbs, c.TwimlHosts, c.Languages = []string{"Dial"}, []string{"*"}, []string{"*"}
	}
	inWorld(t, set, func(w *world) {
		p := w.phone(alice).answers().answers().answers()
		for _, body := range []string{
			`{"to": "A", "twiml": "<Response><Dial>+81312345678</Dial></Response>", "policy": {"not_before": "1h"}}`,
			`{"to": "A", "url": "https://app.example.com/x", "policy": {"not_before": "2h"}}`,
			`{"to": "A", "say": {"text": "nuqneH", "language": "tlh"}, "policy": {"not_before": "3h"}}`,
		} {
			if status, answer := w.ask(body); status != http.StatusCreated {
				t.Fatalf("%s is answered %d: %s", body, status, answer)
			}
		}
		w.conf.TwimlVerbs, w.conf.TwimlHosts, w.conf.Languages = nil, nil, nil
		w.restart()
		w.pass(4 * time.Hour)
		p.rangTimes(3)
	})
}
