package app

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redial/api"
	"redial/api/apitest"
	"redial/internal/store"
)

// A create finds out by itself that its key has ended, although its node has not looked since, and is told so.
// Nothing of it stays, and its Idempotency-Key is free.
func TestACreateChecksItsKeyItself(t *testing.T) {
	for name, end := range map[string]string{
		"revoked": "UPDATE api_keys SET revoked_at = 1", "expired": "UPDATE api_keys SET expires_at = 1",
		"gone": "DELETE FROM api_keys",
	} {
		inWorld(t, nil, func(w *world) {
			secret := w.key("shop", store.CallsWrite)
			ask := func(secret string) (int, string) {
				headers := append(with(secret), "Idempotency-Key", "order-42")
				return w.do("POST", "/v1/calls", `{"to": "`+alice+`", "say": "hi", "policy": {"not_before": "1h"}}`, headers...)
			}
			if status, answer := w.do("GET", "/v1/presets", "", with(secret)...); status != http.StatusOK {
				t.Fatalf("before it is %s it is answered %d: %s", name, status, answer)
			}
			w.sql(end) // and no version: the node is not told
			if status, answer := w.do("GET", "/v1/presets", "", with(secret)...); status != http.StatusOK {
				t.Fatalf("%s: the node has looked: %d: %s", name, status, answer)
			}
			status, answer := ask(secret)
			_, unknown := ask("a-key-of-nobody")
			if status != http.StatusUnauthorized || !strings.Contains(answer, store.ErrKeyEnded.Error()) || answer == unknown {
				t.Errorf("%s, it is answered %d: %s", name, status, answer)
			}
			w.metric(`redial_refused_requests_total{reason="wrong_key"} 2`)
			w.sql("DELETE FROM api_keys")
			if status, answer := ask(w.key("shop", store.CallsWrite)); status != http.StatusCreated {
				t.Errorf("%s: the same request by a key that works is answered %d: %s", name, status, answer)
			}
			if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 1 {
				t.Errorf("%s: %d calls, %v", name, len(page.Calls), err)
			}
		})
	}
}

// inTwoNodes runs a story on each kind of server, in a world whose node shares it with another one. That one only
// answers requests. The story can make the database unreachable.
func inTwoNodes(t *testing.T, change func(*Config), story func(w *world, away func() (back func()), other *App)) {
	t.Helper()
	for name, s := range servers {
		t.Log(name)
		inTwoNodesOn(t, s, change, story)
	}
}

func inTwoNodesOn(
	t *testing.T, s server, change func(*Config), story func(w *world, away func() (back func()), other *App),
) {
	t.Helper()
	database := s.fresh(t)
	inWorld(t, func(c *Config) {
		c.DatabaseURL, c.Clock = database, time.Now
		if change != nil {
			change(c)
		}
	}, func(w *world) {
		other, err := New(w.ctx, w.conf)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		story(w, func() func() { return s.away(t, database) }, other)
	})
}

// clientAt asks a node with an API key.
func (w *world) clientAt(node *App, secret string) *api.Client {
	net := apitest.Transport(w.t, memory{node.Handler})
	return &api.Client{URL: hostURL, Key: secret, HTTP: &http.Client{Transport: net}}
}

// status of an answer; 0: it is none.
func status(err error) int {
	if p, ok := err.(*api.Problem); ok {
		return p.Status
	}
	return 0
}

// A key is revoked at one node while another streams and creates for it. No create that begins after the revoke was
// answered is taken, whether that node has looked since or not: here no time passes until then. What was taken is
// whole, and what was refused has left nothing. Everything else of the key ends within a second.
func TestARevokedKeyIsOutOnEveryNode(t *testing.T) {
	inTwoNodes(t, nil, func(w *world, _ func() func(), other *App) {
		secret := w.key("shop", store.CallsWrite, store.CallsRead)
		shop := w.clientAt(other, secret)
		wish := func(i int64) api.CreateCall {
			return api.CreateCall{
				To: fmt.Sprintf("+8190%08d", i), Say: &api.Say{Text: "hi"},
				Policy: &api.Policy{NotBefore: api.After(time.Hour)},
			}
		}
		first, _, err := shop.Create(w.ctx, wish(10_000_000), "")
		if err != nil {
			t.Fatal(err)
		}
		streams := map[string]*streaming{}
		for _, path := range []string{
			"/v1/webhooks/stream", "/v1/calls/" + first.ID + "/events", "/v1/calls/" + first.ID + "?wait=2m",
		} {
			streams[path] = w.streamsAt(other.Handler(), path, "", with(secret)...)
		}
		w.pass(time.Second)
		for path, s := range streams {
			if s.over() {
				t.Errorf("%s is over while its key works: %d, %s", path, s.out.Code, s.out.Body)
			}
		}

		var last, refused atomic.Int64
		var answered atomic.Bool
		var mu sync.Mutex
		taken := []string{first.ID}
		creates := func(keyed bool) {
			for more := 5; more > 0; {
				after, i, key := answered.Load(), 10_000_001+last.Add(1), ""
				if keyed {
					key = fmt.Sprint("order-", i)
				}
				c, _, err := shop.Create(w.ctx, wish(i), key)
				switch {
				case err == nil && after:
					t.Errorf("a create that began after the revoke is taken: %s", c.ID)
				case err == nil:
					mu.Lock()
					taken = append(taken, c.ID)
					mu.Unlock()
				case status(err) == http.StatusUnauthorized:
					refused.Add(1)
				default:
					t.Errorf("a create is answered %v", err)
				}
				if after {
					more--
				}
			}
		}
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() { creates(i%2 == 0) })
		}
		for last.Load() < 60 {
			time.Sleep(0)
		}
		if _, err := w.client.RevokeKey(w.ctx, "shop", false); err != nil {
			t.Fatal(err)
		}
		answered.Store(true)
		all.Wait()
		if len(taken) < 10 || refused.Load() < 30 {
			t.Errorf("%d were taken, and %d refused", len(taken), refused.Load())
		}
		for _, id := range taken {
			events, err := w.client.Events(w.ctx, id)
			if err != nil || len(events) != 1 || events[0].Type != "call.created" {
				t.Errorf("call %s, which was answered 201, has the events %v, %v", id, events, err)
			}
		}
		if stored := len(w.everyCall()); stored != len(taken) {
			t.Errorf("%d calls are stored, and %d were answered 201", stored, len(taken))
		}
		w.pass(time.Second)
		for path, s := range streams {
			if !s.over() {
				t.Errorf("%s goes on after a second", path)
			}
		}
		if _, err := shop.Get(w.ctx, first.ID, 0); status(err) != http.StatusUnauthorized {
			t.Errorf("reading with the key is answered %v", err)
		}
	})
}

// everyCall lists all calls.
func (w *world) everyCall() (list []api.Call) {
	w.t.Helper()
	for q := (api.ListQuery{Limit: 100}); ; {
		page, err := w.client.List(w.ctx, q)
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, page.Calls...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return list
		}
	}
}

// A node that can't read its database believes keys of the database for 5 s, and then none, while those of the
// configuration go on. So it is without keys, as one may have been made elsewhere. It comes back by itself.
func TestANodeThatCantReadTheKeysRefusesThem(t *testing.T) {
	const path = "/v1/presets" // which needs no database
	inTwoNodes(t, nil, func(w *world, away func() func(), _ *App) {
		secret := w.key("shop", store.CallsRead)
		is := func(when string, secret string, want int) {
			t.Helper()
			status, answer := w.do("GET", path, "", with(secret)...)
			unread := strings.Contains(answer, "API keys could not be read")
			if status != want || want == http.StatusServiceUnavailable && !unread {
				t.Errorf("%s it is answered %d: %s", when, status, answer)
			}
		}
		is("at first", secret, http.StatusOK)
		stream := w.streams("/v1/webhooks/stream", "", with(secret)...)
		own := w.streams("/v1/webhooks/stream", "")
		w.pass(time.Second)
		back := away()
		w.pass(4 * time.Second)
		is("after 4 s", secret, http.StatusOK)
		w.pass(2 * time.Second)
		is("after 6 s", secret, http.StatusServiceUnavailable)
		is("after 6 s with a key that is not known,", "a-key-of-nobody", http.StatusServiceUnavailable)
		is("with a key of the configuration", apiKey, http.StatusOK)
		if !stream.over() || own.over() {
			t.Errorf("the stream of the database's key is over: %t, that of the configuration's: %t", stream.over(), own.over())
		}
		back()
		w.pass(time.Second)
		is("when it is back", secret, http.StatusOK)
		is("when it is back, with a key that is not known,", "a-key-of-nobody", http.StatusUnauthorized)
		own.leave()
	})
	inTwoNodes(t, func(c *Config) { c.APIKeys, c.HostURL = nil, localURL }, func(w *world, away func() func(), _ *App) {
		is := func(when string, want int) {
			t.Helper()
			if out := w.local("GET", path, nil); out.Code != want {
				t.Errorf("without keys, %s it is answered %d: %s", when, out.Code, out.Body)
			}
		}
		is("at first", http.StatusOK)
		back := away()
		w.pass(4 * time.Second)
		is("after 4 s", http.StatusOK)
		w.pass(2 * time.Second)
		is("after 6 s", http.StatusServiceUnavailable)
		back()
		w.pass(time.Second)
		is("when it is back", http.StatusOK)
	})
}

// A key expires by the database's clock, whatever this node's clock says: here it stands in the year 2000, and goes on
// by minutes that do not pass at the database.
func TestAKeyExpiresByTheDatabasesClock(t *testing.T) {
	inTwoNodes(t, func(c *Config) { c.Clock = nil }, func(w *world, _ func() func(), other *App) {
		s := w.node.Load().store
		make := func(name string, lasts time.Duration) *api.Client {
			k, secret := store.NewKey(name, []store.Scope{store.CallsWrite, store.CallsRead}, "env", s.Now())
			k.ExpiresAt = s.Now().Add(lasts)
			if err := s.AddKey(w.ctx, store.Asker{}, k); err != nil {
				t.Fatal(err)
			}
			return w.clientAt(other, secret)
		}
		works, ended := make("works", 5*time.Minute), make("ended", -time.Second)
		for range 2 {
			_, err := works.List(w.ctx, api.ListQuery{})
			_, _, err2 := works.Create(w.ctx, api.CreateCall{To: alice, Say: &api.Say{Text: "hi"}}, "")
			if err != nil || err2 != nil {
				t.Errorf("a key that works is answered %v, %v", err, err2)
			}
			_, err = ended.List(w.ctx, api.ListQuery{})
			_, _, err2 = ended.Create(w.ctx, api.CreateCall{To: alice, Say: &api.Say{Text: "hi"}}, "")
			if status(err) != http.StatusUnauthorized || status(err2) != http.StatusUnauthorized {
				t.Errorf("a key that has expired is answered %v, %v", err, err2)
			}
			w.pass(6 * time.Minute)
		}
	})
}
