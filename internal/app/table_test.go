package app

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"redial/api"
	"redial/internal/phone"
	"redial/internal/store"
)

// A list comes as CSV, whole, by the same filters, and with numbers as the key may see them.
func TestTheListAsCSV(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		later := api.Policy{NotBefore: api.After(6e12)}
		for i := range 5 {
			w.call(api.CreateCall{
				People: []api.Person{{Number: []string{alice, bob}[i%2], Name: "=HYPERLINK(\"x\")"}}, Policy: &later,
				Metadata: map[string]string{"order": "a,\"b\"\nc"},
			})
		}
		table := func(query string, key []string) (rows [][]string) {
			t.Helper()
			status, answer := w.do("GET", "/v1/calls"+query, "", append(key, "Accept", "text/csv")...)
			rows, err := csv.NewReader(strings.NewReader(answer)).ReadAll()
			if err != nil || status != http.StatusOK || len(rows) == 0 || rows[0][0] != "id" {
				t.Fatalf("%d: %s (%v)", status, answer, err)
			}
			return rows[1:]
		}
		own := with(apiKey)
		_, answer := w.do("GET", "/v1/calls", "")
		var page api.CallList
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			t.Fatal(err)
		}
		rows := table("", own)
		for i, row := range rows {
			if row[0] != page.Calls[i].ID || row[5] != page.Calls[i].To || row[6] != `'=HYPERLINK("x")` {
				t.Errorf("row %d is %q", i, row)
			}
			var metadata map[string]string
			if err := json.Unmarshal([]byte(row[len(row)-1]), &metadata); err != nil || metadata["order"] != "a,\"b\"\nc" {
				t.Errorf("the metadata of row %d is %s, %v", i, row[len(row)-1], err)
			}
		}
		for query, want := range map[string]int{
			"": 5, "?limit=2": 2, "?to=%2B" + bob[1:]: 2, "?state=ended": 0, "?since=1h": 5,
		} {
			if got := len(table(query, own)); got != want {
				t.Errorf("%s has %d rows, not %d", query, got, want)
			}
		}
		for _, row := range table("", with(w.key("ops", store.Operate))) {
			if row[5] != phone.Mask(alice) && row[5] != phone.Mask(bob) {
				t.Errorf("an operator without numbers sees %s", row[5])
			}
		}
		status, answer := w.do("GET", "/v1/calls?by=x!", "", "Accept", "text/csv")
		if status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong filter is answered %d: %s", status, answer)
		}
	})
}
