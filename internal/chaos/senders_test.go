package chaos

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redial/internal/store"
)

// The triggers of a run, how often each rings, and whom: two share a phone.
var (
	triggerRules = map[string]Rule{
		"alerts": {Again: 4 * time.Second},
		"held":   {Again: 3 * time.Second, Hold: 2 * time.Second},
		"plain":  {Again: 3 * time.Second},
	}
	triggerPeople = map[string]string{
		"alerts": "+819030000001", "held": "+819030000002", "plain": "+819030000001",
	}
)

// triggerFile writes the file of triggers.
func triggerFile(t *testing.T) string {
	t.Helper()
	const each = `
    say: hello
    policy: {max_attempts: 3, ring_timeout: 5s, deadline: 2h, redial_after: {busy: [3s], no-answer: [3s], failed: [3s]}}
    metadata: {keys: "{{ range .members }}{{ .key }} {{ end }}"}
`
	text := `people:
  anna: {number: "+819030000001", language: en-US}
  ben: {number: "+819030000002", language: en-US}
triggers:
  alerts:
    source: alertmanager
    match: {severity: critical}
    to: [anna]
    again_after: 4s` + each + `  held:
    source: alertmanager
    match: {severity: critical}
    to: [ben]
    hold: 2s
    again_after: 3s` + each + `  plain:
    to: [anna]
    again_after: 3s` + each
	path := filepath.Join(t.TempDir(), "redial.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// scriptTriggers has the phones of the triggers do one thing after another.
func (p *proof) scriptTriggers(does ...string) {
	rng := rand.New(rand.NewPCG(*seed, 1))
	for _, number := range triggerPeople {
		var steps []string
		for range 300 {
			steps = append(steps, does[rng.IntN(len(does))])
		}
		if err := p.sim.Script(number, strings.Join(steps, ",")); err != nil {
			p.t.Error(err)
		}
	}
}

// senders is how many senders tell of what is wrong at once.
const senders = 3

// sender tells triggers stories about what is wrong, by a seed of its own, and sends again what was not answered with
// success.
type sender struct {
	p    *proof
	n    int
	rng  *rand.Rand
	http *http.Client
	scope
}

// scope narrows what senders tell.
type scope struct {
	trigger string // to this one alone; empty: to all
	copies  int    // of each request at once; 0: as it is drawn
}

// tell has all senders tell stories, this many each, and more as long as nodes are killed.
func (p *proof) tell(stories int, of scope) {
	var all sync.WaitGroup
	for n := range senders {
		all.Go(func() {
			s := &sender{
				p: p, n: n, scope: of, rng: rand.New(rand.NewPCG(*seed, uint64(100+n))), http: &http.Client{
					Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
				},
			}
			for i := 0; i < stories || p.harmed && !p.isPeace(); i++ {
				s.story(i)
			}
		})
	}
	all.Wait()
}

// subject is something that is wrong.
type subject struct {
	key          string
	rings        bool
	state        string
	began, ended time.Time
	silent       bool // nobody says any more of it
}

// story tells of some things that are wrong together, and of what becomes of them.
func (s *sender) story(i int) {
	trigger := cmp.Or(s.trigger, []string{"alerts", "held", "plain"}[s.rng.IntN(3)])
	var subjects []*subject
	for n := range 1 + s.rng.IntN(4) {
		subjects = append(subjects, &subject{key: fmt.Sprintf("s%d-%d-%d", s.n, i, n), rings: n == 0 || s.rng.IntN(4) > 0})
	}
	if trigger == "plain" {
		subjects = subjects[:1]
	}
	for step := range 3 + s.rng.IntN(5) {
		copies := 1
		switch {
		case step%4 == 0 && s.rng.IntN(4) == 0:
			copies = 50
		case s.rng.IntN(5) == 0: // a pair of senders
			copies = 2
		}
		copies = cmp.Or(s.copies, copies)
		var news []*subject
		for _, x := range subjects {
			if was := x.state; s.changes(x, trigger) || was == firing && trigger != "plain" {
				news = append(news, x)
			}
		}
		if len(news) > 0 {
			s.send(trigger, fmt.Sprintf("group-%d-%d", s.n, i), news, copies)
		}
		s.wait()
	}
}

// wait lets some time pass: often less than a call takes, sometimes more than a trigger leaves between two.
func (s *sender) wait() {
	d := time.Duration(200+s.rng.IntN(1500)) * time.Millisecond
	if s.rng.IntN(4) == 0 {
		d += time.Duration(s.rng.IntN(6000)) * time.Millisecond
	}
	if s.p.isPeace() {
		d /= 4
	}
	time.Sleep(d)
}

// changes says whether there is something to be told of a subject now, and makes it so.
func (s *sender) changes(x *subject, trigger string) bool {
	now, drawn := time.Now(), s.rng.IntN(10)
	switch {
	case x.silent:
		return false
	case x.state == firing && trigger == "plain" && drawn < 2:
		x.state = acknowledged
	case x.state == firing && drawn < 6: // repeated
	case x.state == firing, x.state == acknowledged && drawn < 6:
		x.state, x.ended = resolved, now
	case x.state == acknowledged, drawn < 7:
		if x.state != acknowledged {
			x.began, x.ended = now, time.Time{}
		}
		x.state = firing
	default:
		return false
	}
	return true
}

// send tells a trigger of subjects, in so many equal requests at once to random nodes, each until it is taken.
func (s *sender) send(trigger, group string, news []*subject, copies int) {
	body := bodyOf(trigger, group, news)
	var mu sync.Mutex
	var all sync.WaitGroup
	late, sent := false, time.Now().Round(0)
	for range copies {
		rng := rand.New(rand.NewPCG(s.rng.Uint64(), 0))
		all.Go(func() {
			is := s.post(rng, trigger, body)
			mu.Lock()
			defer mu.Unlock()
			late = late || is
		})
	}
	all.Wait()
	answered := time.Now().Round(0)
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	for _, x := range news {
		s.p.told = append(s.p.told, Told{trigger, x.key, x.state, x.rings, sent, answered, late})
		x.silent = x.silent || late && trigger == "plain" // whose events have no end by which to tell old news
	}
}

// post sends a request until it is taken, and says whether one may be taken in later.
func (s *sender) post(rng *rand.Rand, trigger string, body []byte) (late bool) {
	for range 300 {
		n := s.p.fleet.nodes[rng.IntN(len(s.p.fleet.nodes))]
		status, err := s.once("http://"+n.addr+"/v1/triggers/"+trigger, body)
		timeout, is := errors.AsType[net.Error](err)
		late = late || is && timeout.Timeout()
		switch {
		case err == nil && status/100 == 2:
			return late
		case err == nil && status/100 != 5:
			s.p.t.Errorf("%s was answered %d", body, status)
			return late
		}
		time.Sleep(time.Duration(100+rng.IntN(200)) * time.Millisecond)
	}
	s.p.t.Errorf("%s was never taken", body)
	return late
}

func (s *sender) once(url string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// bodyOf is what a sender says: the group of an Alertmanager, or the one subject of a plain sender.
func bodyOf(trigger, group string, news []*subject) []byte {
	text := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	if trigger == "plain" {
		return jsonOf(map[string]any{
			"key": news[0].key, "state": news[0].state, "title": news[0].key, "at": text(news[0].began),
		})
	}
	var alerts []any
	status := resolved
	for _, x := range news {
		severity := map[bool]string{true: "critical", false: "warning"}[x.rings]
		alert := map[string]any{
			"status": x.state, "fingerprint": x.key, "startsAt": text(x.began), "endsAt": text(x.ended),
			"labels": map[string]string{"alertname": x.key, "severity": severity},
		}
		if alerts = append(alerts, alert); x.state == firing {
			status = firing
		}
	}
	return jsonOf(map[string]any{"version": "4", "groupKey": group, "status": status, "alerts": alerts})
}

func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and times only
	}
	return b
}

// kept is what redial keeps of incidents. No node runs any more: on SQLite there is room for one process only.
func (p *proof) kept() (list []Incident, members []Member) {
	p.t.Helper()
	p.fleet.stop()
	s, err := store.Open(context.Background(), p.database, store.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.Close()
	seen := map[string]bool{}
	for before := ""; ; {
		page, more, err := s.Incidents(context.Background(), store.IncidentQuery{Before: before, Limit: 200})
		if err != nil {
			p.t.Fatal(err)
		}
		for _, i := range page {
			list = append(list, Incident{ID: i.ID, Open: i.ClosedAt.IsZero()})
			ms, err := s.IncidentMembers(context.Background(), i.ID, "", 1000)
			if err != nil {
				p.t.Fatal(err)
			}
			for _, m := range ms {
				if seen[i.Trigger+" "+m.Key] {
					p.t.Errorf("%s is kept twice", m.Key)
				}
				seen[i.Trigger+" "+m.Key] = true
				members = append(members, Member{i.Trigger, m.Key, m.Incident, m.Call, m.Firing})
			}
			before = i.ID
		}
		if !more {
			return list, members
		}
	}
}

// What becomes of a subject is the same for the same seed.
func TestStoriesAreTheSameForASeed(t *testing.T) {
	draw := func() (list []string) {
		s := &sender{rng: rand.New(rand.NewPCG(7, 7))}
		x := &subject{key: "a", rings: true}
		for range 50 {
			s.changes(x, "plain")
			list = append(list, x.state)
		}
		return list
	}
	if a, b := draw(), draw(); !slices.Equal(a, b) {
		t.Errorf("%q\n%q", a, b)
	}
}
