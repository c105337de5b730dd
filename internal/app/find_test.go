package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
)

// find lists the calls that match a query, on all pages.
func (w *world) find(query string, headers ...string) (ids []string) {
	w.t.Helper()
	for cursor := ""; ; {
		status, answer := w.do("GET", "/v1/calls?"+query+cursor, "", headers...)
		var page api.CallList
		if err := json.Unmarshal([]byte(answer), &page); err != nil || status != http.StatusOK {
			w.t.Fatalf("%s is answered %d: %s", query, status, answer)
		}
		for i := range page.Calls {
			ids = append(ids, page.Calls[i].ID)
		}
		if page.NextCursor == "" {
			return ids
		}
		cursor = "&cursor=" + page.NextCursor
	}
}

// An operator knows the order, the phone or the CallSid, and finds the call.
func TestCallsAreFound(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		later := api.Policy{NotBefore: api.After(6 * time.Hour)}
		order := func(to, number string) string {
			metadata := map[string]string{"order": number, "a b&[c]=": "1"}
			return w.call(api.CreateCall{To: to, Policy: &later, Metadata: metadata}).id
		}
		first := order(alice, "42")
		w.pass(time.Hour)
		began := time.Now()
		second := order(bob, "42")
		third := order(alice, "43")
		w.pass(time.Hour)
		reached := w.call(api.CreateCall{To: alice, Metadata: map[string]string{"order": "42"}})
		w.pass(time.Minute)
		sid := reached.now().Attempts[0].SID
		for query, want := range map[string][]string{
			"metadata[order]=42":                                            {reached.id, second, first},
			"metadata[order]=42&limit=1":                                    {reached.id, second, first},
			"metadata[order]=42&state=waiting":                              {second, first},
			"metadata[order]=42&to=" + url.QueryEscape(alice):               {reached.id, first},
			"metadata[order]=42&outcome=reached":                            {reached.id},
			"metadata[order]=4":                                             nil,
			"metadata[Order]=42":                                            nil,
			"metadata%5Border%5D=43":                                        {third},
			url.QueryEscape("metadata[a b&[c]=]") + "=1":                    {third, second, first},
			"trigger=alerts":                                                nil,
			"sid=" + sid:                                                    {reached.id},
			"sid=" + sid + "&state=waiting":                                 nil,
			"sid=" + sid + "&metadata[order]=42&to=%2B" + alice[1:]:         {reached.id},
			"sid=CA00000000000000000000000000000000":                        nil,
			"id=" + first[:13]:                                              {first},
			"id=" + strings.ToUpper(first[:13]) + "&to=%2B" + bob[1:]:       nil,
			"id=" + first + "&metadata[order]=42":                           {first},
			"id=0":                                                          {reached.id, third, second, first},
			"id=ffff":                                                       nil,
			"since=90m":                                                     {reached.id, third, second},
			"since=90m&state=waiting&to=" + url.QueryEscape(alice):          {third},
			"until=90m":                                                     {first},
			"since=90m&until=30m&metadata[order]=42":                        {second},
			"since=" + began.Format(time.RFC3339Nano) + "&until=1m1s":       {third, second},
			"by=" + reached.now().By + "&metadata[order]=42&since=90m":      {reached.id, second},
			"by=shop&metadata[order]=42":                                    nil,
			"until=" + began.Add(time.Millisecond).Format(time.RFC3339Nano): {third, second, first},
		} {
			if got := w.find(query); !slices.Equal(got, want) {
				t.Errorf("%s finds %v, not %v", query, got, want)
			}
		}
	})
}

// Each fault names the parameter, and what to write.
func TestWhatCantBeFound(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var nine strings.Builder
		for i := range 9 {
			nine.WriteString(fmt.Sprintf("&metadata[n%d]=x", i))
		}
		for query, want := range map[string][2]string{
			"metadata=42":                   {"metadata", "metadata[NAME]"},
			"metadata[order=42":             {"metadata[order", "metadata[NAME]"},
			"order=42":                      {"order", "is not a parameter here"},
			"id=xyz":                        {"id", "must be a call's id"},
			"id=-":                          {"id", "must be a call's id"},
			"since=yesterday":               {"since", "such as"},
			"since=-1h":                     {"since", "how long ago"},
			"until=1":                       {"until", "with its unit"},
			"metadata[]=x":                  {"metadata[]", "has no name"},
			"metadata[a]=1&metadata[a]=2":   {"metadata[a]", "is given twice"},
			"since=1h&until=2h":             {"until", "must be after since"},
			"since=2026-12-24T18:00:00 9:0": {"since", "%2B"},
			nine.String()[1:]:               {"metadata", "which are 8"},
		} {
			status, answer := w.do("GET", "/v1/calls?"+strings.ReplaceAll(query, " ", "+"), "")
			if status != http.StatusUnprocessableEntity || !strings.Contains(answer, `"field":"`+want[0]+`"`) ||
				!strings.Contains(answer, want[1]) {
				t.Errorf("%s is answered %d: %s", query, status, answer)
			}
		}
	})
}

// The answer to a request names the metadata by which the call is not found, also when it is repeated.
func TestWhatIsNotSearchableIsSaid(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		body := `{"to": "` + alice + `", "say": "Hi.", "policy": {"not_before": "1h"}, ` +
			`"metadata": {"a":"x","b":"x","c":"x","d":"x","e":"x","f":"x","g":"x",` +
			`"trigger":"mine","z":"x","h":"x"}}`
		for range 2 {
			status, answer := w.ask(body, "Idempotency-Key", "once")
			if status != http.StatusCreated || !strings.Contains(answer, `"unsearchable":["h","z"]`) {
				t.Errorf("it is answered %d: %s", status, answer)
			}
		}
		for name, want := range map[string]int{"a": 1, "g": 1, "h": 0, "z": 0} {
			if got := w.find("metadata[" + name + "]=x"); len(got) != want {
				t.Errorf("by %s %d calls are found, not %d", name, len(got), want)
			}
		}
		if got := w.find("trigger=mine"); len(got) != 1 {
			t.Errorf("by its trigger %d calls are found", len(got))
		}
		few := `{"to": "` + alice + `", "say": "Hi.", "policy": {"not_before": "1h"}, "metadata": {"a": "y"}}`
		if _, answer := w.ask(few); strings.Contains(answer, "unsearchable") {
			t.Errorf("of one entry it says: %s", answer)
		}
		if _, answer := w.do("GET", "/v1/calls", ""); strings.Contains(answer, "unsearchable") {
			t.Errorf("a list says it: %s", answer)
		}
	})
}

// A key finds what its own name made, and nothing tells it of what others made.
func TestAKeyFindsItsOwn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		own := []store.Scope{store.CallsWrite, store.CallsRead}
		shop, crm := with(w.key("shop", own...)), with(w.key("crm", own...))
		ops := with(w.key("ops", store.Operate))
		made := map[string]string{}
		for name, key := range map[string][]string{"shop": shop, "crm": crm} {
			status, answer := w.do("POST", "/v1/calls",
				`{"to": "`+alice+`", "say": "Hi.", "metadata": {"order": "42"}, "policy": {"not_before": "1h"}}`,
				append(key, "Content-Type", "application/json")...)
			var c api.Call
			if err := json.Unmarshal([]byte(answer), &c); err != nil || status != http.StatusCreated {
				t.Fatalf("%d: %s", status, answer)
			}
			made[name] = c.ID
		}
		for _, query := range []string{
			"metadata[order]=42", "id=0", "since=1h", "to=%2B" + alice[1:], "metadata[order]=42&limit=1",
		} {
			if got := w.find(query, shop...); !slices.Equal(got, []string{made["shop"]}) {
				t.Errorf("shop finds %v by %s", got, query)
			}
			if got := w.find(query, ops...); len(got) != 2 {
				t.Errorf("ops finds %v by %s", got, query)
			}
		}
		if got := w.find("id="+made["crm"], shop...); len(got) > 0 {
			t.Errorf("shop finds %v", got)
		}
		if got := w.find("metadata[order]=42&by=crm", ops...); !slices.Equal(got, []string{made["crm"]}) {
			t.Errorf("ops finds %v", got)
		}
	})
}
