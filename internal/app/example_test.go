package app

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// TestTheExampleRings starts redial with examples/redial.yaml, and has what senders send by default ring the phone of
// whoever is on duty: he hears what the pages for the senders say, and presses 1.
func TestTheExampleRings(t *testing.T) {
	for trigger, c := range map[string]struct{ body, english, japanese string }{
		"alerts": {"alertmanager_filesystem",
			"Critical alert from Alertmanager. Filesystem has less than 3 percent space left on db 01.",
			"緊急の警報です。ディービー 01で、ファイルシステムの空き容量が3パーセント未満です。"},
		"grafana": {"grafana_nodata",
			"Alert from Grafana. No data for Orders per minute.",
			"グラファナから、警報です。1分あたりの注文のデータがありません。"},
		"uptime-kuma": {"kuma_status",
			"Alert from Uptime Kuma. Shop is down. Request failed with status code 503.",
			"アップタイムクマから、警報です。ショップが停止しています。リクエストがコード 503で失敗しました。"},
		"pagerduty": {"grafana_pagerduty",
			"Critical alert. CPU of the web servers Infra, web 02.",
			"緊急の警報です。ウェブ サーバー インフラのシーピーユー、ウェブ 02です。"},
		"oncall": {"kuma_oncall",
			"Alert. Shop is down. timeout of 48 seconds exceeded.",
			"警報です。ショップが停止しています。48秒でタイムアウトしました。"},
		"services": {"gatus",
			"Alert. core checkout. health check failed 3 times in a row.",
			"警報です。コア チェックアウトです。ヘルス チェックが続けて3回失敗しました。"},
	} {
		t.Run(trigger, func(t *testing.T) {
			body, err := os.ReadFile("../source/testdata/senders/" + c.body + ".json")
			if err != nil {
				t.Fatal(err)
			}
			change := func(conf *Config) { conf.ConfigFile = "../../examples/redial.yaml" }
			inWorld(t, change, func(w *world) {
				words := map[string]string{"+819012345678": c.japanese, "+818012345678": c.english}
				for number := range words {
					w.phone(number).does("answer+keys=1")
				}
				w.tellJSON("/v1/triggers/"+trigger, string(body))
				w.pass(5 * time.Minute) // more than any trigger of the example holds
				page, err := w.client.List(w.ctx, api.ListQuery{})
				if err != nil || len(page.Calls) != 1 || page.Calls[0].Outcome != "reached" {
					t.Fatalf("%v, %+v", err, page.Calls)
				}
				legs := w.sim.Legs()
				if len(legs) != 1 || !slices.Equal(legs[0].Pressed, []string{"1"}) {
					t.Fatalf("%+v", legs)
				}
				if want := words[legs[0].To]; !strings.Contains(strings.Join(legs[0].Heard, " "), want) {
					t.Errorf("%s hears %q, not %q", legs[0].To, legs[0].Heard, want)
				}
			})
		})
	}
}

// tellJSON posts JSON to a path of the API.
func (w *world) tellJSON(path, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, hostURL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+apiKey)
	res, err := (&http.Client{Transport: w.net}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		w.t.Fatal(fmt.Sprint(path, " is answered ", res.Status))
	}
}
