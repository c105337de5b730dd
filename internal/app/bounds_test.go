package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// Whoever asks for more calls than may wait is told which bound, its figure and its setting, and nothing of what others
// asked for. What was taken before is answered as before, and a call that has ended makes place.
func TestTooManyCallsWait(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxWaiting, c.MaxPerNumber = 3, 2 }, func(w *world) {
		shop, crm := w.key("shop", store.CallsWrite, store.CallsRead), w.key("crm", store.CallsWrite)
		later := `, "say": "hi", "policy": {"not_before": "1h"}}`
		ask := func(secret, to, key string) (int, string) {
			headers := with(secret)
			if key != "" {
				headers = append(headers, "Idempotency-Key", key)
			}
			return w.do("POST", "/v1/calls", `{"to": `+to+later, headers...)
		}
		_, first := ask(shop, `"`+alice+`"`, "order-1")
		ask(shop, `"`+alice+`"`, "")
		for _, refused := range []struct {
			secret, path, to string
			want             []string
		}{
			{crm, "/v1/calls", `"` + alice + `"`,
				[]string{`"to"`, "calls to this number", "REDIAL_MAX_WAITING_PER_NUMBER permits (2)"}},
			{crm, "/v1/calls?dry_run=true", `"` + alice + `"`, []string{"PER_NUMBER permits (2)"}},
			{crm, "/twilio_api/calls", `["` + bob + `", "` + alice + `"]`, []string{`"to[1]"`, "PER_NUMBER permits (2)"}},
		} {
			status, answer := w.do("POST", refused.path, `{"to": `+refused.to+later, with(refused.secret)...)
			if status != http.StatusTooManyRequests {
				t.Errorf("%s is answered %d: %s", refused.path, status, answer)
			}
			for _, want := range refused.want {
				if !strings.Contains(answer, want) {
					t.Errorf("%s is not told %s: %s", refused.path, want, answer)
				}
			}
			if strings.Contains(answer, "shop") || strings.Contains(answer, alice) {
				t.Errorf("it tells of others: %s", answer)
			}
		}
		if status, answer := ask(shop, `"`+bob+`"`, ""); status != http.StatusCreated {
			t.Errorf("the third of the name is answered %d: %s", status, answer)
		}
		status, answer := ask(shop, `"`+bob+`"`, "order-2")
		if status != http.StatusTooManyRequests || !strings.Contains(answer, "REDIAL_MAX_WAITING permits (3)") {
			t.Errorf("the fourth of the name is answered %d: %s", status, answer)
		}
		if status, again := ask(shop, `"`+alice+`"`, "order-1"); status != http.StatusCreated || again != first {
			t.Errorf("a repeat is answered %d: %s", status, again)
		}
		w.metric(`redial_bounded_requests_total{bound="name"} 1`)
		w.metric(`redial_bounded_requests_total{bound="number"} 3`)
		id := strings.Split(first, `"`)[3]
		w.do("POST", "/v1/calls/"+id+"/cancel", "", with(shop)...)
		if status, answer := ask(shop, `"`+alice+`"`, "order-2"); status != http.StatusCreated {
			t.Errorf("after one has ended, it is answered %d: %s", status, answer)
		}
		w.pass(time.Second)
	})
}
