package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/source"
	"redial/internal/store"
)

// duties is a file with a rota in Tokyo, whose turns change at nine on Mondays.
const duties = `
people:
  aiko: {number: "` + alice + `", name: Aiko, language: ja-JP}
  ben:  {number: "` + bob + `", name: Ben, language: en-GB}
  carl: {number: "+819012345679"}
rotas:
  primary: {people: [aiko, ben], every: 1w, from: "1999-12-27 09:00 Asia/Tokyo"}
  night:   {people: [ben], every: 12h, from: "1999-12-27 21:00 Europe/Berlin"}
triggers:
  alerts:
    to: [primary]
    say: [{text: "ディスクの警報です。{{ .title }}", language: ja-JP}, {text: "{{ .title }}. {{ .text }}", language: en-US}]
`

// when is a time as people write it.
func when(t *testing.T, text string) *api.Moment {
	t.Helper()
	m, err := api.ParseMoment(text)
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

// inWords is who is on duty, one after the other, in a form that is easily read.
func inWords(list []api.Duty) (words []string) {
	for _, d := range list {
		by := ""
		if d.Override != nil {
			by = " by " + d.Override.By
		}
		words = append(words, d.Person+" "+d.From.Format("01-02T15:04")+"–"+d.Until.Format("01-02T15:04")+by)
	}
	return words
}

// Somebody puts another on duty for a while, and ends that early: the API tells who is on duty, who is next and why,
// and which overrides overlap.
func TestWhoIsOnDuty(t *testing.T) {
	inWorld(t, nil, func(w *world) { // it begins at nine on a Saturday in Tokyo
		w.useTriggers(duties)
		list, err := w.client.Rotas(w.ctx)
		if err != nil || len(list.Rotas) != 2 || list.Rotas[0].Name != "night" || list.Rotas[1].Zone != "Asia/Tokyo" {
			t.Fatalf("%+v, %v", list, err)
		}
		shows := func(q api.RotaQuery, want ...string) (r api.Rota) {
			t.Helper()
			r, err := w.client.Rota(w.ctx, "primary", q)
			if got := inWords(append([]api.Duty{r.OnDuty}, r.Next...)); err != nil || !slices.Equal(got, want) {
				t.Errorf("on duty\n%q\nwant\n%q, %v", got, want, err)
			}
			return r
		}
		r := shows(api.RotaQuery{}, "aiko 12-27T00:00–01-03T00:00", "ben 01-03T00:00–01-10T00:00",
			"aiko 01-10T00:00–01-17T00:00")
		if r.OnDuty.Name != "Aiko" || r.Every != "1w" || !r.At.Equal(time.Now()) || r.More || len(r.Overrides) > 0 {
			t.Errorf("%+v", r)
		}
		ops := w.clientAt(w.node.Load(), w.key("ops", store.Operate))
		override := func(person, from, until string) api.RotaOverride {
			t.Helper()
			req := api.CreateOverride{Person: person, Until: when(t, until)}
			if from != "" {
				req.From = when(t, from)
			}
			o, err := ops.CreateOverride(w.ctx, "primary", req)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		first := override("ben", "", "8h")
		if first.By != "ops" || !first.From.Equal(time.Now()) || first.Until.Sub(first.From) != 8*time.Hour {
			t.Errorf("%+v", first)
		}
		w.pass(time.Hour)
		second := override("carl", "2000-01-01T13:00:00+09:00", "2h") // two hours from its own begin
		if len(second.Overlaps) != 1 || second.Overlaps[0].ID != first.ID || second.Until.Sub(second.From) != 2*time.Hour {
			t.Errorf("%+v", second)
		}
		r = shows(api.RotaQuery{Days: 2}, "ben 01-01T00:00–01-01T04:00 by ops", "carl 01-01T04:00–01-01T06:00 by ops",
			"ben 01-01T06:00–01-01T08:00 by ops", "aiko 01-01T08:00–01-03T00:00", "ben 01-03T00:00–01-10T00:00")
		if len(r.Overrides) != 2 || r.Overrides[1].ID != second.ID {
			t.Errorf("%+v", r.Overrides)
		}
		shows(api.RotaQuery{At: when(t, "4h"), Days: 1}, "carl 01-01T04:00–01-01T06:00 by ops",
			"ben 01-01T06:00–01-01T08:00 by ops", "aiko 01-01T08:00–01-03T00:00")
		if was, err := ops.EndOverride(w.ctx, "primary", second.ID[:len("ovr_")+4]); err != nil || was.ID != second.ID {
			t.Errorf("%+v, %v", was, err)
		}
		if was, err := ops.EndOverride(w.ctx, "primary", first.ID); err != nil || !was.Until.Equal(first.Until) {
			t.Errorf("%+v, %v", was, err)
		}
		if r := shows(api.RotaQuery{Days: 1}, "aiko 01-01T01:00–01-03T00:00"); len(r.Overrides) > 0 {
			t.Errorf("what is over: %+v", r.Overrides)
		}
		shows(api.RotaQuery{At: when(t, "1999-12-31T23:00:00Z"), Days: 1}, "aiko 12-27T00:00–01-01T00:00",
			"ben 01-01T00:00–01-01T01:00 by ops", "aiko 01-01T01:00–01-03T00:00")
		want := []string{"override.create", "override.create", "override.end", "override.end"}
		got := w.audited("ops")
		for i := range got {
			got[i] = strings.Fields(got[i])[1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("the audit has %q", got)
		}
		reader := w.clientAt(w.node.Load(), w.key("dashboard", store.CallsRead))
		r, err = reader.Rota(w.ctx, "primary", api.RotaQuery{At: when(t, "1999-12-31T23:00:00Z")})
		if err != nil || len(r.Overrides) != 1 || r.Overrides[0].By != "" || r.Next[0].Override.By != "" {
			t.Errorf("without operate: %+v, %v", r, err)
		}
	})
}

// Turns begin at the same time on the clock of the rota's zone: over both changes of clocks, before the rota began, and
// where there are none.
func TestTurnsKeepTheTimeOfTheirZone(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(duties)
		for _, tc := range []struct{ rota, at, turns string }{
			{"night", "2000-03-25T12:00:00Z", "03-25T08:00 03-25T20:00 03-26T07:00 03-26T19:00"}, // summer begins
			{"night", "2000-10-28T12:00:00Z", "10-28T07:00 10-28T19:00 10-29T08:00 10-29T20:00"}, // and ends
			{"night", "1999-03-27T12:00:00Z", "03-27T08:00 03-27T20:00 03-28T07:00 03-28T19:00"}, // before the rota began
			{"primary", "2000-03-25T12:00:00Z", "03-20T00:00 03-27T00:00"},
			{"primary", "2000-10-28T12:00:00Z", "10-23T00:00 10-30T00:00"},
			{"primary", "1999-10-30T12:00:00Z", "10-25T00:00 11-01T00:00"},
		} {
			r, err := w.client.Rota(w.ctx, tc.rota, api.RotaQuery{At: when(t, tc.at), Days: 60})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range strings.Fields(tc.turns) {
				if got := append([]api.Duty{r.OnDuty}, r.Next...)[i].From.Format("01-02T15:04"); got != want {
					t.Errorf("%s at %s: turn %d begins %s, not %s", tc.rota, tc.at, i, got, want)
				}
			}
		}
		r, err := w.client.Rota(w.ctx, "night", api.RotaQuery{Days: 366})
		if err != nil || len(r.Next) != 200 || !r.More {
			t.Errorf("%d turns, more: %v, %v", len(r.Next), r.More, err)
		}
	})
}

// What can't be taken is answered with the names that there are, and the one that is meant.
func TestOverridesThatAreRefused(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		path := "/v1/rotas/primary/overrides"
		if status, answer := w.do("POST", path, `{"person": "ben", "until": "1h"}`); status != 404 ||
			!strings.Contains(answer, "no file") {
			t.Errorf("without a file: %d, %s", status, answer)
		}
		if status, answer := w.do("GET", "/v1/rotas", ""); status != 200 || !strings.Contains(answer, `"rotas":[]`) {
			t.Errorf("without a file: %d, %s", status, answer)
		}
		w.useTriggers(duties)
		for _, tc := range []struct {
			method, path, body string
			status             int
			says               string
		}{
			{"GET", "/v1/rotas/pirmary", "", 404, `\"pirmary\" is no rota: is primary meant?; there are: night, primary`},
			{"GET", "/v1/rotas/primary?at=tomorrow", "", 422, "at: must be a duration"},
			{"GET", "/v1/rotas/primary?at=2100-01-01T00:00:00Z", "", 422, "at: must be within ten years"},
			{"GET", "/v1/rotas/primary?days=0", "", 422, "days: must be from 1 to 366"},
			{"GET", "/v1/rotas/primary?day=1", "", 422, "day: is not a parameter here"},
			{"GET", "/v1/rotas?at=1h", "", 422, "at: is not a parameter here"},
			{"POST", path, `{"person": "bne", "until": "1h"}`, 422,
				"person: \\\"bne\\\" is no person: is ben meant?; there are: aiko, ben, carl"},
			{"POST", path, `{"until": "1h"}`, 422, "person: is missing"},
			{"POST", path, `{"person": "ben"}`, 422, "until: is missing"},
			{"POST", path, `{"person": "ben", "until": "-1h"}`, 422, "until"},
			{"POST", path, `{"person": "ben", "until": "1999-12-31T00:00:00Z"}`, 422, "until: must be after now"},
			{"POST", path, `{"person": "ben", "from": "2h", "until": "2000-01-01T01:00:00Z"}`, 422,
				"until: must be after from, which is 2000-01-01T02:00:00Z"},
			{"POST", path, `{"person": "ben", "from": "1999-12-31T09:00:00Z", "until": "8h"}`, 422, "must be after now"},
			{"POST", path, `{"person": "ben", "until": "2062-01-01T00:00:00Z"}`, 422, "until: must be within 366 days"},
			{"POST", path, `{"person": "ben", "til": "1h"}`, 422, "til: is not a field here"},
			{"POST", "/v1/rotas/second/overrides", `{"person": "ben", "until": "1h"}`, 404, "is no rota"},
			{"DELETE", path + "/ovr_none", "", 404, "there is no such override"},
		} {
			if status, answer := w.do(tc.method, tc.path, tc.body); status != tc.status || !strings.Contains(answer, tc.says) {
				t.Errorf("%s %s %s: %d, %s\nwant %d, %s", tc.method, tc.path, tc.body, status, answer, tc.status, tc.says)
			}
		}
		until := &api.Moment{After: api.Duration(time.Hour)}
		o, err := w.client.CreateOverride(w.ctx, "PRIMARY", api.CreateOverride{Person: "Carl", Until: until,
			From: when(t, "1999-12-31T23:30:00Z")})
		if err != nil || o.Person != "carl" || !o.From.Equal(time.Now()) || o.Until.Sub(o.From) != 30*time.Minute {
			t.Errorf("%+v, %v", o, err)
		}
		for _, tc := range []struct {
			id     string
			status int
		}{{"ovr_", 422}, {o.ID[:6], 422}} {
			if status, answer := w.do("DELETE", path+"/"+tc.id, ""); status != tc.status {
				t.Errorf("DELETE %s: %d, %s", tc.id, status, answer)
			}
		}
		w.pass(time.Hour)
		if status, answer := w.do("DELETE", path+"/"+o.ID, ""); status != 409 || !strings.Contains(answer, "is over") {
			t.Errorf("what is over: %d, %s", status, answer)
		}
	})
}

// Whoever is on duty is rung, in their own language, by a voice of the language that is said; the call says why.
func TestWhoeverIsOnDutyIsRungInTheirLanguage(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(duties)
		w.phone(alice).answers().answers()
		w.phone(bob).answers()
		rings := func(number, title, why string, twiml ...string) {
			t.Helper()
			event, err := source.Read(source.JSON, &source.Request{ContentType: "application/json",
				Body: []byte(`{"title": "` + title + `", "text": "The disk of db1 is full."}`)})
			if err != nil {
				t.Fatal(err)
			}
			told, err := w.node.Load().triggers.Tell(w.ctx, store.Asker{Name: "ops"}, "alerts", event)
			if err != nil || len(told.Calls) != 1 {
				t.Fatalf("%+v, %v", told, err)
			}
			c := told.Calls[0]
			if c.To != number || c.Metadata["on_duty"] != why {
				t.Errorf("%s is rung, as %q", c.To, c.Metadata["on_duty"])
			}
			w.pass(time.Minute)
			creates := w.creates()
			said := creates[len(creates)-1].Form.Get("Twiml")
			for _, part := range twiml {
				if !strings.Contains(said, part) {
					t.Errorf("%s hears %s, without %s", number, said, part)
				}
			}
		}
		rings(alice, "Disk full", "primary: aiko until 2000-01-03T00:00:00Z", `language="ja-JP"`, "ディスクの警報です")
		until := &api.Moment{After: api.Duration(time.Hour)}
		o, err := w.client.CreateOverride(w.ctx, "primary", api.CreateOverride{Person: "ben", Until: until})
		if err != nil {
			t.Fatal(err)
		}
		rings(bob, "Disk full again", "primary: ben by an override of env until "+o.Until.Format(time.RFC3339),
			`language="en-US"`, "Disk full again. The disk of db 1 is full.")
		anybody := w.clientAt(w.node.Load(), w.key("alertmanager", "trigger:alerts"))
		for by, client := range map[string]*api.Client{"env": w.client, "": anybody} {
			x, err := client.TestTrigger(w.ctx, "alerts", []byte(`{"title": "Disk full"}`), false)
			if err != nil || len(x.Recipients) != 1 || x.Recipients[0].OnDuty == nil {
				t.Fatalf("%+v, %v", x, err)
			}
			d := x.Recipients[0].OnDuty
			if d.Rota != "primary" || d.Person != "ben" || d.Name != "Ben" || d.Override == nil || d.Override.By != by {
				t.Errorf("a test says that on duty is %+v, by %+v", d, d.Override)
			}
		}
		w.pass(time.Hour)
		rings(alice, "Disk full once more", "primary: aiko until 2000-01-03T00:00:00Z", `language="ja-JP"`)
	})
}

// An override of somebody who is no longer in the file counts for nothing, but is shown, so that it can be ended.
func TestAnOverrideOfNobody(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(duties)
		until := &api.Moment{After: api.Duration(time.Hour)}
		o, err := w.client.CreateOverride(w.ctx, "primary", api.CreateOverride{Person: "carl", Until: until})
		if err != nil {
			t.Fatal(err)
		}
		w.useTriggers(strings.Replace(duties, "carl:", "dora:", 1))
		r, err := w.client.Rota(w.ctx, "primary", api.RotaQuery{Days: 1})
		if err != nil || r.OnDuty.Person != "aiko" || len(r.Next) > 0 || len(r.Overrides) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		w.useTriggers("people: {aiko: {number: \"" + alice + "\"}}") // the rota is gone, too
		if was, err := w.client.EndOverride(w.ctx, "primary", o.ID); err != nil || was.Person != "carl" {
			t.Errorf("%+v, %v", was, err)
		}
	})
}
