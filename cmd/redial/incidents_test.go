package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// An incident is found by the beginning of its id, if that is long enough and of no other; the pages are gone through.
func TestAnIncidentIsFoundByTheBeginningOfItsID(t *testing.T) {
	ids := []string{
		"01900000-aaaa-7000-8000-000000000001", "01900000-aaaa-7000-8000-000000000002",
		"01900001-0000-7000-8000-000000000003",
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var page api.IncidentList
		switch q := r.URL.Query(); {
		case q.Get("key") != "":
		case q.Get("cursor") == "":
			page = api.IncidentList{Incidents: []api.Incident{{ID: ids[0]}, {ID: ids[1]}}, NextCursor: "more"}
		default:
			page = api.IncidentList{Incidents: []api.Incident{{ID: ids[2]}}}
		}
		if page.Incidents == nil {
			page.Incidents = []api.Incident{}
		}
		if err := printJSON(w, page); err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	for key, want := range map[string]string{
		"01900001":           ids[2],
		"01900000-AAAA-7000": "several incidents: " + ids[0] + ", " + ids[1],
		ids[1]:               ids[1],
		"0190000":            "no open incident has the key 0190000, or an id that begins so",
		"01900002":           "needs '…' around it",
		"say hi":             "needs '…' around it",
	} {
		c := oneIncident{server: server{URL: srv.URL}, Key: key}
		got, err := c.find(t.Context(), false)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// Of what is open, the list says whether somebody was reached about it.
func TestAnIncidentThatReachedSomebody(t *testing.T) {
	for _, one := range []struct {
		state string
		at    time.Time
		want  string
	}{
		{"open", time.Time{}, "open"}, {"open", time.Now(), "reached"},
		{"acknowledged", time.Now(), "acknowledged"}, {"closed", time.Now(), "closed"},
	} {
		if got := reached(&api.Incident{State: one.state, ReachedAt: one.at}); got != one.want {
			t.Errorf("%s is %s", one.want, got)
		}
	}
}
