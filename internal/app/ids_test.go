package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// The beginning of a call's id is enough wherever the API takes the id.
func TestIDsByTheirBeginning(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		later := api.Policy{NotBefore: api.After(6 * time.Hour)}
		one := w.call(api.CreateCall{To: alice, Policy: &later})
		two := w.call(api.CreateCall{To: bob, Policy: &later}) // in the same millisecond
		w.pass(3 * time.Minute)
		alone := w.call(api.CreateCall{To: alice, Policy: &later})

		for _, short := range []string{alone.id[:8], alone.id[:9], alone.id[:20], alone.id[:35], strings.ToUpper(alone.id),
			strings.ReplaceAll(alone.id, "-", ""), strings.ReplaceAll(alone.id, "-", "")[:12]} {
			if c, err := w.client.Get(w.ctx, short, 0); err != nil || c.ID != alone.id {
				t.Errorf("%s: %v, %s", short, err, c.ID)
			}
		}
		for what, ask := range map[string]func(id string) (int, string){
			"events":     func(id string) (int, string) { return w.do("GET", "/v1/calls/"+id+"/events", "") },
			"explain":    func(id string) (int, string) { return w.do("GET", "/v1/calls/"+id+"/explain", "") },
			"deliveries": func(id string) (int, string) { return w.do("GET", "/v1/calls/"+id+"/deliveries", "") },
			"wait":       func(id string) (int, string) { return w.do("GET", "/v1/calls/"+id+"?wait=1s", "") },
			"redial":     func(id string) (int, string) { return w.do("POST", "/v1/calls/"+id+"/redial", "") },
			"resolve": func(id string) (int, string) {
				return w.do("POST", "/v1/calls/"+id+"/attempts/1/resolve", `{"unplaced": true}`)
			},
			"delete": func(id string) (int, string) { return w.do("DELETE", "/v1/calls/"+id, "") },
			"cancel": func(id string) (int, string) { return w.do("POST", "/v1/calls/"+id+"/cancel", "") },
		} {
			if status, answer := ask(alone.id[:8]); status == http.StatusNotFound || strings.Contains(answer, "several") {
				t.Errorf("%s by the beginning: %d %s", what, status, answer)
			}
			status, answer := ask(one.id[:13])
			if status != http.StatusConflict || !strings.Contains(answer, two.id+", "+one.id) ||
				strings.Contains(answer, alone.id) {
				t.Errorf("%s of several: %d %s", what, status, answer)
			}
			for _, short := range []string{"0", alone.id[:7]} {
				status, answer := ask(short)
				if status != http.StatusUnprocessableEntity || !strings.Contains(answer, "too short") ||
					!strings.Contains(answer, `"field":"id"`) {
					t.Errorf("%s of %s: %d %s", what, short, status, answer)
				}
			}
			for _, nobody := range []string{
				"00000000", "00000000-0000-7000-8000-000000000000", "nobody", alone.id + "0", "%00", "-",
			} {
				if status, answer := ask(nobody); status != http.StatusNotFound {
					t.Errorf("%s of %s: %d %s", what, nobody, status, answer)
				}
			}
		}
		one.is("waiting")
		two.is("waiting")
	})
}

func TestManyIDsThatBeginAlike(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var newest *asked
		for range 7 {
			newest = w.call(api.CreateCall{To: alice, Policy: &api.Policy{NotBefore: api.After(6 * time.Hour)}})
		}
		_, answer := w.do("GET", "/v1/calls/"+newest.id[:8], "")
		if strings.Count(answer, newest.id[:8]+"-") != 5 || !strings.Contains(answer, "several calls: "+newest.id) ||
			!strings.Contains(answer, ", and more; give more of it") {
			t.Error(answer)
		}
	})
}

// The same holds for endpoints, and for what was sent to them.
func TestEndpointsAndMessagesByTheirBeginning(t *testing.T) {
	inWorld(t, hooks(), func(w *world) {
		hook := w.receiver(shop)
		e, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{URL: hook.url(), Events: []string{"call.*"}})
		if err != nil {
			t.Fatal(err)
		}
		hook.secrets = []string{e.Secret}
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)

		for _, short := range []string{e.ID[:7], strings.ToLower(e.ID[:9]), e.ID} {
			if got, err := w.client.Endpoint(w.ctx, short); err != nil || got.ID != e.ID {
				t.Errorf("%s: %v, %s", short, err, got.ID)
			}
			if page, err := w.client.Deliveries(w.ctx, short, api.DeliveryQuery{}); err != nil || len(page.Deliveries) != 2 {
				t.Errorf("%s: %v, %+v", short, err, page)
			}
		}
		for text, want := range map[string]int{e.ID[:5]: 422, "we_": 422, "": 404, "we_nobody": 404, "call": 404} {
			if status, answer := w.do("POST", "/v1/webhooks/"+text+"/test", ""); status != want && text != "" {
				t.Errorf("%q is answered %d: %s", text, status, answer)
			}
		}
		replay := func(message string) (int, string) {
			return w.do("POST", "/v1/webhooks/"+e.ID[:7]+"/deliveries/"+message+"/replay", "")
		}
		page, err := w.client.Deliveries(w.ctx, e.ID, api.DeliveryQuery{})
		if err != nil {
			t.Fatal(err)
		}
		last := page.Deliveries[0].Event
		status, answer := replay("evt_" + c.id[:8] + last[strings.LastIndex(last, "_"):])
		if status != http.StatusOK || !strings.Contains(answer, last) {
			t.Errorf("a message by its call's beginning: %d %s", status, answer)
		}
		for _, both := range []string{"evt_" + c.id[:8], "evt_" + c.id, "evt_" + c.id + "_"} {
			if status, answer := replay(both); status != http.StatusConflict || !strings.Contains(answer, last) {
				t.Errorf("one of two messages: %d %s", status, answer)
			}
		}
		for text, want := range map[string]int{
			"evt_" + c.id + "_99": 404, "evt_": 404, "message": 404, "evt_0_1": 422, "evt_nobody_1": 404,
		} {
			if status, answer := replay(text); status != want {
				t.Errorf("%s is answered %d: %s", text, status, answer)
			}
		}
		w.pass(time.Minute)
	})
}

// A call shows its message as it was asked for, until it is scrubbed; no webhook contains it.
func TestACallShowsItsMessage(t *testing.T) {
	const document = "<Response><Say>Sakura</Say></Response>"
	for name, c := range map[string]struct{ asked, shown string }{
		"say": {`"say": {"text": "Sakura", "language": "ja-JP", "voice": "Polly.Mizuki", "repeat": 2}`,
			`"say":{"text":"Sakura","language":"ja-JP","voice":"Polly.Mizuki","repeat":2}`},
		"text":  {`"say": "Sakura"`, `"say":{"text":"Sakura"`},
		"twiml": {`"twiml": "` + document + `"`, `"twiml":"\u003cResponse\u003e\u003cSay\u003eSakura`},
		"url":   {`"url": "https://redial.example.com/Sakura"`, `"url":"https://redial.example.com/Sakura"`},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, hooks(shop), func(w *world) {
				hook := w.receiver(shop, secretOf("a"))
				w.phone(alice).answers()
				_, created := w.ask(`{"to": "A", `+c.asked+`}`, "Idempotency-Key", "order-42")
				page, err := w.client.List(w.ctx, api.ListQuery{})
				if err != nil || len(page.Calls) != 1 {
					t.Fatal(err, created)
				}
				id := page.Calls[0].ID
				_, got := w.do("GET", "/v1/calls/"+id, "")
				_, listed := w.do("GET", "/v1/calls", "")
				_, repeated := w.ask(`{"to": "A", `+c.asked+`}`, "Idempotency-Key", "order-42")
				for which, answer := range map[string]string{
					"created": created, "got": got, "listed": listed, "repeated": repeated,
				} {
					if !strings.Contains(answer, c.shown) {
						t.Errorf("%s: no %s in %s", which, c.shown, answer)
					}
				}
				for which, answer := range map[string]string{"got": got, "listed": listed} {
					if !strings.Contains(answer, `"idempotency_key":"order-42"`) {
						t.Errorf("%s: no key in %s", which, answer)
					}
				}
				w.pass(2 * time.Minute)
				if len(hook.heard()) == 0 {
					t.Error("nobody was told")
				}
				for _, m := range hook.got {
					if c := m.Data.Call; c.Say != nil || c.Twiml != "" || c.URL != "" || c.IdempotencyKey != "" {
						t.Errorf("a webhook has the message: %+v", c)
					}
				}
				if status, answer := w.do("DELETE", "/v1/calls/"+id[:8], ""); status != http.StatusNoContent {
					t.Fatal(status, answer)
				}
				_, got = w.do("GET", "/v1/calls/"+id, "")
				_, listed = w.do("GET", "/v1/calls", "")
				_, repeated = w.ask(`{"to": "A", `+c.asked+`}`, "Idempotency-Key", "order-42")
				for which, answer := range map[string]string{"got": got, "listed": listed, "repeated": repeated} {
					if strings.Contains(answer, "Sakura") || strings.Contains(answer, "order-42") || !strings.Contains(answer, id) {
						t.Errorf("%s, scrubbed: %s", which, answer)
					}
				}
			})
		})
	}
}
