package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redial/api"
	"redial/internal/alertmanagertest"
	"redial/internal/sim"
)

// live is redial, a simulated Twilio and its phones in real time, for the sake of an Alertmanager, which has no other.
// A story waits for what must come, and counts what must not have come when it ends.
type live struct {
	t      *testing.T
	sim    *sim.Sim
	client *api.Client
	url    string // of redial, for Alertmanager
	mu     sync.Mutex
	got    []arrival
}

// arrival is what Alertmanager sent, and how redial answered.
type arrival struct {
	path, body string
	status     int
}

// livePatience is how long a story waits for what must come.
const livePatience = 2 * time.Minute

// patiently is a policy of a call that rings once within a story, and waits.
const patiently = "policy: {max_attempts: 5, redial_after: {no-answer: 1h}}"

// livePhones is how many triggers and phones there are: alerts0 rings the first phone, and so on.
const livePhones = 12

func livePhone(n int) string { return fmt.Sprintf("+8190123400%02d", n) }

// newLive starts redial with triggers of a source, each with a phone of its own. They match what is critical; more is
// added to each of them.
func newLive(t *testing.T, source, phones, more string) *live {
	t.Helper()
	var file strings.Builder
	file.WriteString("people:\n")
	for n := range livePhones {
		fmt.Fprintf(&file, "  p%d: {number: %q}\n", n, livePhone(n))
	}
	file.WriteString("triggers:\n")
	for n := range livePhones {
		fmt.Fprintf(&file, "  alerts%d: {source: %s, to: [p%d], %s}\n", n, source, n, more)
	}
	l := &live{t: t}
	var node *App
	var err error
	l.sim, err = sim.New(sim.Config{
		AccountSID: account, AuthToken: token, Speed: 50, Default: phones,
		Client: &http.Client{Transport: memory{func() http.Handler { return node.Handler() }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	node, err = New(t.Context(), Config{
		Listen: "127.0.0.1:0", HostURL: hostURL, DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "live.db"),
		Migrate: true, APIKeys: []string{apiKey}, AccountSID: account, AuthTokens: []string{token}, From: caller,
		CallsPerSecond: 20, MaxWaiting: 1000, MaxPerNumber: 200, RetentionDays: 90,
		ConfigFile: writes(t, filepath.Join(t.TempDir(), "redial.yaml"), file.String()),
		Transport:  memory{func() http.Handler { return l.sim }},
		Log:        slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- node.Run(ctx) }()
	l.client = &api.Client{URL: hostURL, Key: apiKey, HTTP: &http.Client{
		Transport: memory{node.Handler},
	}}
	front := httptest.NewServer(l.noting(node.Handler()))
	l.url = front.URL
	t.Cleanup(func() {
		front.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopping redial: %v", err)
		}
		l.sim.Close()
		if t.Failed() {
			t.Logf("redial logged:\n%s", log.String())
		}
	})
	return l
}

// noting keeps what comes from Alertmanager.
func (l *live) noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			l.t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		l.mu.Lock()
		l.got = append(l.got, arrival{r.URL.Path, string(body), answer.Code})
		l.mu.Unlock()
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		if _, err := w.Write(answer.Body.Bytes()); err != nil {
			l.t.Error(err)
		}
	})
}

// secret makes the secret of a trigger.
func (l *live) secret(trigger string) api.TriggerSecret {
	l.t.Helper()
	x, err := l.client.MakeSecret(l.t.Context(), trigger)
	if err != nil {
		l.t.Fatal(err)
	}
	return x
}

// came is how many requests on a path have such words in their bodies.
func (l *live) came(path string, words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.got {
		missing := slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(x.body, w) })
		if strings.HasPrefix(x.path, path) && !missing {
			n++
		}
	}
	return n
}

// until waits for a condition.
func (l *live) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late, tick := time.After(livePatience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, x := range l.got[max(0, len(l.got)-5):] {
				t.Logf("%s, answered %d: %.300s", x.path, x.status, x.body)
			}
			t.Fatalf("waited in vain: %s; %d requests came, and phones rang %d times", what, len(l.got), len(l.sim.Legs()))
		}
	}
}

// rang is how often a phone rang.
func (l *live) rang(phone int) (n int) {
	for _, leg := range l.sim.Legs() {
		if leg.To == livePhone(phone) {
			n++
		}
	}
	return n
}

// heard is what the phone was told in its conversations.
func (l *live) heard(phone int) (all []string) {
	for _, leg := range l.sim.Legs() {
		if leg.To == livePhone(phone) && len(leg.Heard) > 0 {
			all = append(all, strings.Join(leg.Heard, " "))
		}
	}
	return all
}

// outcomes are how the calls to a phone stand, the oldest first.
func (l *live) outcomes(phone int) (all []string) {
	l.t.Helper()
	page, err := l.client.List(context.Background(), api.ListQuery{To: livePhone(phone)})
	if err != nil {
		l.t.Error(err)
	}
	for _, c := range slices.Backward(page.Calls) {
		if c.Outcome != "" {
			all = append(all, c.Outcome)
		} else {
			all = append(all, c.State)
		}
	}
	return all
}

// stand waits until the calls to a phone stand so.
func (l *live) stand(t *testing.T, phone int, want ...string) {
	t.Helper()
	l.until(t, fmt.Sprintf("calls to phone %d stand at %q", phone, want), func() bool {
		return slices.Equal(l.outcomes(phone), want)
	})
}

func (l *live) taken(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.got {
		if x.status/100 != 2 {
			t.Errorf("%s is answered %d: %s", x.path, x.status, x.body)
		}
	}
}

// alert is one of a name.
func alert(name, severity string) alertmanagertest.Alert {
	return alertmanagertest.Alert{
		Labels:      map[string]string{"alertname": name, "severity": severity, "instance": "db-01:9100"},
		Annotations: map[string]string{"summary": name + " is broken"},
		StartsAt:    time.Now(),
	}
}

// quickly is a configuration whose one receiver gets everything, by the default route: all alerts are one group.
func quickly(receiver string) string {
	return "route: {receiver: phone, group_wait: 0s, group_interval: 300ms, repeat_interval: 100ms}\n" +
		"receivers:\n- name: phone\n  " + receiver + "\n"
}

func webhookTo(url string) string { return fmt.Sprintf("webhook_configs: [{url: %q}]", url) }

// An alert rings once, however often Alertmanager repeats it; a second one in the same group rings, too, and is told
// alone; what is over rings nobody, and fires anew.
func TestAlertmanagersGroupIsNoIncident(t *testing.T) {
	t.Parallel()
	l := newLive(t, "alertmanager", "answer", "again_after: 1s")
	const path = "/v1/triggers/alerts0"
	am := alertmanagertest.New(t, quickly(fmt.Sprintf(
		"webhook_configs: [{url: %q, http_config: {authorization: {credentials: %s}}}]", l.url+path, apiKey)))
	repeats := func(words ...string) {
		t.Helper()
		before := l.came(path, words...)
		l.until(t, "Alertmanager repeats "+strings.Join(words, " "), func() bool {
			return l.came(path, words...) >= before+3
		})
	}
	disk, node := alert("DiskFull", "critical"), alert("NodeDown", "warning")
	am.Post(t, disk)
	l.stand(t, 0, "reached")
	repeats(`"DiskFull"`)
	am.Post(t, node)
	l.stand(t, 0, "reached", "reached")
	repeats(`"DiskFull"`, `"NodeDown"`)
	am.Post(t, disk.Resolved())
	repeats(`"NodeDown"`)
	am.Post(t, node.Resolved())
	l.until(t, "the group is over", func() bool { return l.came(path, `"status":"resolved","alerts"`) > 0 })
	again := alert("DiskFull", "critical")
	am.Post(t, again)
	l.stand(t, 0, "reached", "reached", "reached")
	repeats(`"DiskFull"`)
	l.stand(t, 0, "reached", "reached", "reached")
	if heard := l.heard(0); len(heard) != 3 || !strings.Contains(heard[0], "Disk Full is broken") ||
		!strings.Contains(heard[1], "Node Down is broken") || strings.Contains(heard[1], "Disk Full") {
		t.Errorf("heard %q", heard)
	}
	l.taken(t)
}

// What reached nobody rings again when Alertmanager repeats it, and no more once it is over.
func TestARepeatRingsWhereNobodyWasReached(t *testing.T) {
	t.Parallel()
	l := newLive(t, "alertmanager", "no-answer", "again_after: 1s, policy: {max_attempts: 1}")
	hook := l.secret("alerts0")
	am := alertmanagertest.New(t, quickly(webhookTo(l.url+hook.Path)))
	disk := alert("DiskFull", "critical")
	am.Post(t, disk)
	l.until(t, "it rings a third time", func() bool { return l.rang(0) > 2 })
	am.Post(t, disk.Resolved())
	l.until(t, "it is over", func() bool { return l.came(hook.Path, `"status":"resolved","alerts"`) > 0 })
	l.until(t, "no call is under way", func() bool {
		all := l.outcomes(0)
		return !slices.Contains(all, "waiting") && !slices.Contains(all, "dialing")
	})
	for _, outcome := range l.outcomes(0) {
		if outcome != "unreached" && outcome != "canceled" {
			t.Errorf("a call is %s", outcome)
		}
	}
	if rang, calls := l.rang(0), len(l.outcomes(0)); rang > calls || rang < calls-1 {
		t.Errorf("%d calls rang %d times", calls, rang)
	}
	l.taken(t)
}

// Two alerts of different severity in one group, in all orders of firing and resolving, each with a call that reaches
// nobody. Where only the critical one rings, the other neither rings nor keeps the call from its end. Where both ring,
// one call at a time does, and it ends when what it tells of is over.
func TestSeveritiesOfOneGroupInAnyOrder(t *testing.T) {
	t.Parallel()
	orders := [][]string{{"a", "b"}, {"b", "a"}, {"ab"}} // of which those in one text are posted at once
	for rings, match := range map[string]string{"a": "match: {severity: critical}, ", "ab": ""} {
		l := newLive(t, "alertmanager", "no-answer", match+patiently)
		n := -1
		for _, fire := range orders {
			for _, resolve := range orders {
				n++
				phone, hook := n, l.secret(fmt.Sprintf("alerts%d", n))
				t.Run(fmt.Sprintf("%s rings, %v then %v", rings, fire, resolve), func(t *testing.T) {
					t.Parallel()
					group := newGroup(t, l, hook.Path)
					rule := ringing{rings: rings}
					for _, letters := range fire {
						group.post(letters, "firing")
						rule.fire(letters)
						l.stand(t, phone, rule.calls...)
					}
					for _, letters := range resolve {
						group.post(letters, "resolved")
						rule.resolve(letters)
						l.stand(t, phone, rule.calls...)
					}
					l.until(t, "the group is over", func() bool { return l.came(hook.Path, `"status":"resolved","alerts"`) > 0 })
					l.stand(t, phone, rule.calls...)
					if rang := l.rang(phone); rang != len(rule.calls) {
						t.Errorf("%d calls rang %d times", len(rule.calls), rang)
					}
					l.taken(t)
				})
			}
		}
	}
}

// ringing says what the calls of a trigger should be, by its alerts.
type ringing struct {
	rings  string // which alerts may ring
	calls  []string
	told   string // what the last call tells of, and still fires
	waits  string // what fires meanwhile
	called bool   // the last call is under way
}

func (r *ringing) fire(letters string) {
	for _, letter := range letters {
		if strings.ContainsRune(r.rings, letter) {
			r.waits += string(letter)
		}
	}
	r.next()
}

func (r *ringing) resolve(letters string) {
	over := func(letter rune) rune {
		if strings.ContainsRune(letters, letter) {
			return -1
		}
		return letter
	}
	r.told, r.waits = strings.Map(over, r.told), strings.Map(over, r.waits)
	if r.called && r.told == "" {
		r.calls[len(r.calls)-1], r.called = "canceled", false
	}
	r.next()
}

// next begins a call about all that waits, if there is none.
func (r *ringing) next() {
	if !r.called && r.waits != "" {
		r.calls, r.told, r.waits, r.called = append(r.calls, "waiting"), r.waits, "", true
	}
}

// group is an Alertmanager with two alerts, a critical one and a warning, in one group.
type group struct {
	t      *testing.T
	l      *live
	am     *alertmanagertest.Server
	path   string
	alerts map[rune]alertmanagertest.Alert
}

func newGroup(t *testing.T, l *live, path string) *group {
	t.Helper()
	return &group{t, l, alertmanagertest.New(t, quickly(webhookTo(l.url+path))), path, map[rune]alertmanagertest.Alert{
		'a': alert("DiskFull", "critical"), 'b': alert("NodeDown", "warning"),
	}}
}

// post posts alerts at once, and waits until Alertmanager has said so of each.
func (g *group) post(letters, status string) {
	g.t.Helper()
	var all []alertmanagertest.Alert
	for _, letter := range letters {
		one := g.alerts[letter]
		if status == "resolved" {
			one = one.Resolved()
		}
		all = append(all, one)
	}
	g.am.Post(g.t, all...)
	for _, a := range all {
		words := `{"status":"` + status + `","labels":{"alertname":"` + a.Labels["alertname"]
		g.l.until(g.t, words, func() bool { return g.l.came(g.path, words) > 0 })
	}
}

// Each of a pair in HA notifies, and the alert rings once; what either says is over ends it.
func TestAPairOfAlertmanagersRingsOnce(t *testing.T) {
	t.Parallel()
	l := newLive(t, "alertmanager", "no-answer", patiently)
	hook := l.secret("alerts0")
	// Two that can't reach each other: everything is sent twice. And two that can.
	config := quickly(webhookTo(l.url + hook.Path))
	connected := alertmanagertest.NewPair(t, config)
	servers := []*alertmanagertest.Server{
		alertmanagertest.New(t, config), alertmanagertest.New(t, config), connected[0], connected[1],
	}
	disk := alert("DiskFull", "critical")
	for _, s := range servers {
		s.Post(t, disk)
	}
	l.until(t, "each has notified, and again", func() bool { return l.came(hook.Path, `"status":"firing"`) > 9 })
	l.until(t, "it rings", func() bool { return l.rang(0) == 1 })
	l.stand(t, 0, "waiting")
	over := disk.Resolved()
	for _, s := range servers {
		s.Post(t, over)
	}
	l.stand(t, 0, "canceled")
	l.until(t, "each says that it is over", func() bool { return l.came(hook.Path, `"status":"resolved","alerts"`) > 2 })
	l.stand(t, 0, "canceled")
	if l.rang(0) != 1 {
		t.Errorf("rang %d times", l.rang(0))
	}
	l.taken(t)
}

// Alertmanager's receivers for Opsgenie and PagerDuty ring once for a group, say what its first alert is, and end the
// ringing when the whole group is over. Alertmanager takes redial for Opsgenie, and for PagerDuty.
func TestAlertmanagersOtherReceivers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source, path string
		receiver     func(l *live, secret string) string
		extra        []string // that must have come, too
	}{
		"opsgenie": {"opsgenie", "/v2/alerts", func(l *live, secret string) string {
			return fmt.Sprintf("opsgenie_configs: [{api_url: %q, api_key: %s}]", l.url+"/", secret)
		}, []string{`"message":`}},
		"opsgenie with updates": {"opsgenie", "/v2/alerts", func(l *live, secret string) string {
			return fmt.Sprintf("opsgenie_configs: [{api_url: %q, api_key: %s, update_alerts: true}]", l.url+"/", secret)
		}, []string{`{"message":`, `{"description":`}},
		"pagerduty": {"pagerduty", "/v2/enqueue", func(l *live, secret string) string {
			return fmt.Sprintf("pagerduty_configs: [{url: %q, routing_key: %s}]", l.url+"/v2/enqueue", secret)
		}, []string{`"event_action":"resolve"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLive(t, c.source, "no-answer", patiently)
			am := alertmanagertest.New(t, quickly(c.receiver(l, l.secret("alerts0").Secret)))
			disk, node := alert("DiskFull", "critical"), alert("NodeDown", "warning")
			am.Post(t, disk)
			l.until(t, "it rings", func() bool { return l.rang(0) == 1 })
			am.Post(t, node)
			l.until(t, "the group has both, and again", func() bool { return l.came(c.path, "DiskFull", "NodeDown") > 2 })
			l.stand(t, 0, "waiting")
			am.Post(t, disk.Resolved())
			l.until(t, "one is over", func() bool {
				return l.came(c.path, "NodeDown", "Alerts Resolved:") > 0 || l.came(c.path, `"num_resolved":"1"`) > 0
			})
			l.stand(t, 0, "waiting")
			am.Post(t, node.Resolved())
			l.stand(t, 0, "canceled")
			for _, words := range c.extra {
				l.until(t, words, func() bool { return l.came(c.path, words) > 0 })
			}
			if l.rang(0) != 1 {
				t.Errorf("rang %d times", l.rang(0))
			}
			l.taken(t)
			if failed := am.Failed(t); failed != 0 {
				t.Errorf("Alertmanager failed to notify %v times; it wrote:\n%s", failed, am.Log())
			}
		})
	}
}
