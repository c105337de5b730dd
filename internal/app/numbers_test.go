package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/phone"
	"redial/internal/store"
)

// Keys without the scope numbers see people's numbers masked, wherever a call is shown; others see them whole.
func TestWholeNumbersAreForAScope(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		shop := with(w.key("shop", store.CallsWrite, store.CallsRead))
		ops, eyes := with(w.key("ops", store.Operate)), with(w.key("eyes", store.Operate, store.Numbers))
		masked := func(what, answer string) {
			t.Helper()
			for _, number := range []string{alice, bob} {
				if strings.Contains(answer, number[3:]) {
					t.Errorf("%s has %s: %s", what, number, answer)
				}
			}
		}
		streams := map[string]*streaming{
			"shop": w.streams("/v1/webhooks/stream", "", shop...), "ops": w.streams("/v1/webhooks/stream", "", ops...),
		}
		w.phone(alice).does("refuse:21211")
		w.phone(bob).answers()
		body := `{"to": [{"number": "` + alice + `", "name": "Aiko"}, "` + bob + `"], "say": "Hi.", ` +
			`"policy": {"not_before": "1h"}}`
		ask := func(path string) string {
			t.Helper()
			_, answer := w.do("POST", path, body, append(shop, "Content-Type", "application/json")...)
			masked("POST "+path, answer)
			if !strings.Contains(answer, phone.Mask(bob)) {
				t.Errorf("POST %s does not have %s: %s", path, phone.Mask(bob), answer)
			}
			return answer
		}
		ask("/v1/calls?dry_run=true")
		var made api.Call
		if err := json.Unmarshal([]byte(ask("/v1/calls")), &made); err != nil {
			t.Fatal(err)
		}
		id := made.ID
		follows := w.streams("/v1/calls/"+id+"/events", "", shop...)
		looks := func(when string) {
			for _, path := range []string{"", "/ID", "/ID/events", "/ID/explain", "/ID/deliveries", "?to=%2B" + bob[1:]} {
				path = "/v1/calls" + strings.ReplaceAll(path, "ID", id)
				for name, key := range map[string][]string{"shop": shop, "ops": ops} {
					status, answer := w.do("GET", path, "", key...)
					if masked(when+", GET "+path+" as "+name, answer); status != http.StatusOK {
						t.Errorf("%s is answered %d: %s", path, status, answer)
					}
				}
			}
			if _, answer := w.do("GET", "/v1/calls/"+id, "", shop...); !strings.Contains(answer, phone.Mask(alice)) {
				t.Errorf("%s, shop does not see %s: %s", when, phone.Mask(alice), answer)
			}
			_, answer := w.do("GET", "/v1/calls", "", eyes...)
			if !strings.Contains(answer, alice) || !strings.Contains(answer, bob) {
				t.Errorf("%s, the numbers are not whole: %s", when, answer)
			}
		}
		looks("before")
		_, answer := w.do("POST", "/v1/calls/"+id+"/redial", "", shop...)
		masked("redial", answer)
		w.pass(2 * time.Hour)
		looks("after")
		_, answer = w.do("POST", "/v1/calls/"+id+"/cancel", "", ops...)
		masked("cancel", answer)
		for _, m := range follows.leave() {
			masked("the timeline's stream", m.data)
		}
		for name, stream := range streams {
			heard := 0
			for _, m := range stream.leave() {
				masked("the stream of "+name, m.data)
				heard++
			}
			if heard < 3 {
				t.Errorf("%s heard %d messages", name, heard)
			}
		}
	})
}
