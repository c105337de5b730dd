package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"redial/api"
)

// A message that is gone does not keep the others from being sent again.
func TestReplayGoesPastWhatIsForgotten(t *testing.T) {
	var asked []string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/webhooks/we_1/deliveries", func(w http.ResponseWriter, _ *http.Request) {
		var page api.DeliveryList
		for _, n := range []int{3, 2, 1} { // the newest first
			page.Deliveries = append(page.Deliveries, api.Delivery{Event: fmt.Sprintf("evt_c_%d", n), Tries: []api.Try{}})
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(page); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /v1/webhooks/we_1/deliveries/{event}/replay", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.PathValue("event"))
		w.Header().Set("Content-Type", "application/json")
		if r.PathValue("event") == "evt_c_1" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"type": "about:blank", "title": "Conflict", "status": 409, "detail": "what was sent is forgotten"}`)
			return
		}
		fmt.Fprint(w, "{}")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	var out, errs strings.Builder
	status := run(t.Context(), []string{"webhooks", "replay", "we_1", "--dead", "--url", server.URL},
		newConsole(&out, &errs))
	if got := strings.Join(asked, " "); got != "evt_c_1 evt_c_2 evt_c_3" || out.String() != "On their way again: 2.\n" {
		t.Errorf("it asked for %s, and says %s", got, &out)
	}
	if status != statusFailed || !strings.Contains(errs.String(), "replaying evt_c_1: what was sent is forgotten") {
		t.Errorf("it ends with %d: %s", status, &errs)
	}
}

// problemHandler answers every request with a problem.
func problemHandler(p api.Problem) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p)
	}
}
