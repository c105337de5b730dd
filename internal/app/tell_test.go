package app

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
	"redial/internal/trigger"
)

// alertsAndForm is a file of two triggers.
const alertsAndForm = `
people:
  ann: {number: "` + alice + `", name: Ann}
  ben: {number: "` + bob + `", name: Ben}
triggers:
  alerts: {source: alertmanager, match: {severity: critical}, to: [ann]}
  form: {to: [ben], say: "{{ .title }}", once: false}
`

// useTriggers puts a file in force on the node.
func (w *world) useTriggers(file string) {
	w.t.Helper()
	useTriggers(w.t, w.node.Load(), file)
}

func useTriggers(t *testing.T, node *App, file string) {
	t.Helper()
	f, err := trigger.ReadFile([]byte(file), trigger.Settings{
		Reader: node.web.Edge(), Env: func(string) (string, bool) { return "", false }, Now: node.store.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	node.triggers.Use(f)
}

// Whoever has a key for a trigger tells it what has happened, in whatever form, and a phone rings; or is told why not.
func TestATriggerIsToldWithAKey(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(alertsAndForm)
		w.phone(bob).answers().answers().answers().answers().answers()
		secret := w.key("cron", "trigger:form", store.Numbers)
		tell := func(body, kind string) (status int, c api.Call, answer string) {
			t.Helper()
			status, answer = w.do("POST", "/v1/triggers/form", body, append(with(secret), "Content-Type", kind)...)
			if status == http.StatusCreated {
				if err := json.Unmarshal([]byte(answer), &c); err != nil {
					t.Fatal(err)
				}
			}
			return status, c, answer
		}
		multipart := "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nDisk full\r\n--x--\r\n"
		for kind, body := range map[string]string{
			"application/json": `{"title": "Disk full"}`, "application/x-www-form-urlencoded": "title=Disk+full",
			"multipart/form-data; boundary=x": multipart, "text/plain": "title: none, but a text",
			"": `{"title": "Disk full"}`,
		} {
			status, c, answer := tell(body, kind)
			if status != http.StatusCreated || c.To != bob || c.By != "cron" || c.Metadata["trigger"] != "form" {
				t.Errorf("as %q it is answered %d: %s", kind, status, answer)
			}
			if kind != "text/plain" && c.Say.Text != "Disk full." {
				t.Errorf("as %q it says %q", kind, c.Say.Text)
			}
			w.pass(time.Minute)
		}
		status, _, answer := tell(`{"title": "Disk full", "state": "resolved"}`, "application/json")
		if status != http.StatusOK ||
			!strings.Contains(answer, `"calls":[]`) || !strings.Contains(answer, `"why":"`) {
			t.Errorf("what is over is answered %d: %s", status, answer)
		}
		if status, answer := w.do("POST", "/v1/triggers/from", "{}"); status != http.StatusNotFound ||
			!strings.Contains(answer, "is form meant?") {
			t.Errorf("a mistyped name is answered %d: %s", status, answer)
		}
		if status, answer := w.do("POST", "/v1/triggers/alerts", "{}", with(secret)...); status != http.StatusForbidden ||
			!strings.Contains(answer, "trigger:alerts") {
			t.Errorf("another trigger is answered %d: %s", status, answer)
		}
	})
}

// Only where there is no number a trigger answers 422. Too many calls that wait are a 503, which senders repeat.
func TestATriggerThatCantRing(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxWaiting = 1 }, func(w *world) {
		w.useTriggers(`
people: {ann: {number: "` + alice + `"}}
triggers:
  who: {to: ["{{ .raw.who }}"]}
  later: {to: [ann], policy: {not_before: 1h}, once: false}`)
		status, answer := w.do("POST", "/v1/triggers/who", `{"title": "Disk full", "who": "ane"}`)
		if status != http.StatusUnprocessableEntity || !strings.Contains(answer, "is no name of people or rotas") {
			t.Errorf("nobody is answered %d: %s", status, answer)
		}
		if status, answer := w.do("POST", "/v1/triggers/later", `{"title": "one"}`); status != http.StatusCreated {
			t.Errorf("the first is answered %d: %s", status, answer)
		}
		status, answer = w.do("POST", "/v1/triggers/later", `{"title": "two"}`)
		if status != http.StatusServiceUnavailable || !strings.Contains(answer, "REDIAL_MAX_WAITING permits (1)") {
			t.Errorf("one more is answered %d: %s", status, answer)
		}
		w.metric(`redial_bounded_requests_total{bound="name"} 1`)
	})
}

// A trigger's secret is shown once, by a key that may do anything, and another is made only by a rotation.
func TestATriggersSecretIsShownOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(alertsAndForm)
		x, err := w.client.MakeSecret(w.ctx, "form")
		if err != nil || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(x.Secret) ||
			x.URL != hostURL+"/hooks/"+x.Secret || x.Hint != x.Secret[28:] || x.By != "env" {
			t.Errorf("%+v, %v", x, err)
		}
		if _, err := w.client.MakeSecret(w.ctx, "form"); err == nil ||
			!strings.Contains(err.Error(), "which ends in "+x.Hint+", made by env on 20") {
			t.Errorf("the second is answered %v", err)
		}
		overlap := api.Duration(time.Hour)
		again, err := w.client.RotateSecret(w.ctx, "form", api.RotateSecret{Overlap: &overlap})
		if err != nil || again.Secret == x.Secret {
			t.Errorf("rotating is answered %+v, %v", again, err)
		}
		wrong := api.Duration(-time.Hour)
		if _, err := w.client.RotateSecret(w.ctx, "form", api.RotateSecret{Overlap: &wrong}); err == nil ||
			!strings.Contains(err.Error(), "overlap") {
			t.Errorf("a wrong overlap is answered %v", err)
		}
		if _, err := w.client.MakeSecret(w.ctx, "fom"); err == nil || !strings.Contains(err.Error(), "is form meant?") {
			t.Errorf("a mistyped name is answered %v", err)
		}
		operator := w.key("desk", store.Operate, "trigger:form")
		status, answer := w.do("POST", "/v1/triggers/form/secret/rotate", "", with(operator)...)
		if status != http.StatusForbidden {
			t.Errorf("without admin it is answered %d: %s", status, answer)
		}
	})
}
