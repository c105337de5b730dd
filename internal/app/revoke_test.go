package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
)

// waits asks for a call that waits until tomorrow.
func (w *world) waits(secret, number string) (id string) {
	w.t.Helper()
	body := fmt.Sprintf(`{"to": %q, "say": "hi", "policy": {"not_before": %q, "deadline": "48h"}}`, number,
		time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339))
	var c api.Call
	status, answer := w.do("POST", "/v1/calls", body, with(secret)...)
	if err := json.Unmarshal([]byte(answer), &c); err != nil || status != http.StatusCreated {
		w.t.Fatalf("a call is answered %d: %s", status, answer)
	}
	return c.ID
}

// revokes revokes an API key, and expects this status.
func (w *world) revokes(path string, want int) (r api.Revoked) {
	w.t.Helper()
	status, answer := w.do("DELETE", "/v1/keys/"+path, "")
	if err := json.Unmarshal([]byte(answer), &r); err != nil || status != want {
		w.t.Errorf("revoking %s is answered %d: %s", path, status, answer)
	}
	return r
}

const talker = "+819055556666"

// What a name made goes on when its keys are revoked, and the answer says so. With cancel it ends: calls that wait, one
// that rings, and endpoints; also when the keys were revoked before. What others made is left alone.
func TestWhatARevokedNameMadeIsShownOrEnded(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("no-answer")
		w.phone(talker).does("answer:10m")
		shop := w.key("shop", store.CallsWrite, store.CallsRead)
		crm := w.key("crm", store.CallsWrite, store.CallsRead)
		for _, secret := range []string{shop, crm} {
			status, answer := w.do("POST", "/v1/webhooks", `{"url": "https://shop.example.com/hook"}`, with(secret)...)
			if status != http.StatusCreated {
				t.Fatalf("an endpoint is answered %d: %s", status, answer)
			}
		}
		own, other := &asked{w, w.waits(shop, bob)}, &asked{w, w.waits(crm, bob)}
		_, answer := w.do("POST", "/v1/calls", `{"to": "`+alice+`", "say": "hi"}`, with(shop)...)
		var c api.Call
		if err := json.Unmarshal([]byte(answer), &c); err != nil {
			t.Fatal(err)
		}
		ringing := &asked{w, c.ID}
		_, answer = w.do("POST", "/v1/calls", `{"to": "`+talker+`", "say": "hi"}`, with(shop)...)
		if err := json.Unmarshal([]byte(answer), &c); err != nil {
			t.Fatal(err)
		}
		talking := &asked{w, c.ID}
		w.pass(8 * time.Second)
		ringing.is("dialing", "ringing")
		talking.is("dialing", "in-progress")

		r := w.revokes("shop", http.StatusOK)
		if r.Name != "shop" || len(r.Keys) != 1 || r.CallsLeft != 3 || len(r.EndpointsLeft) != 1 ||
			r.Canceled != 0 || r.More {
			t.Errorf("revoked is %+v", r)
		}
		own.is("waiting")
		w.revokes("shop", http.StatusNotFound)

		began := time.Now()
		r = w.revokes("shop?cancel=true", http.StatusOK)
		if len(r.Keys) != 0 || r.Canceled != 3 || len(r.Removed) != 1 || r.CallsLeft != 1 ||
			len(r.EndpointsLeft) != 0 || r.More {
			t.Errorf("canceled is %+v", r)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it takes %s", took)
		}
		own.is("canceled")
		w.pass(time.Minute)
		ringing.is("canceled", "canceled")
		other.is("waiting")
		if list, err := w.client.Endpoints(w.ctx); err != nil || len(list) != 1 || list[0].By != "crm" {
			t.Errorf("endpoints that stay: %+v, %v", list, err)
		}
		if r := w.revokes("shop?cancel=true", http.StatusOK); r.Canceled != 0 || r.CallsLeft != 1 || r.More {
			t.Errorf("while one still talks: %+v", r)
		}
		w.pass(15 * time.Minute)
		talking.is("reached", "completed")
		w.revokes("nobody?cancel=true", http.StatusNotFound)
		w.revokes("shop?cancel=maybe", http.StatusUnprocessableEntity)
		w.revokes("crm?cancel=true", http.StatusOK)
	})
}

// A create that was under way when its key was revoked may commit after that. Its call is canceled, too.
func TestWhatCommitsAfterTheRevocationIsCanceled(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		first := w.waits(w.key("shop", store.CallsWrite), alice)
		late := make(chan string, 1)
		go func() {
			time.Sleep(1900 * time.Millisecond)
			id := w.waits(apiKey, bob)
			w.sql("UPDATE calls SET made_by = 'shop' WHERE id = '" + id + "'")
			late <- id
		}()
		began := time.Now()
		r := w.revokes("shop?cancel=true", http.StatusOK)
		if took := time.Since(began); r.Canceled != 2 || r.More || took < 2*time.Second || took > 3*time.Second {
			t.Errorf("after %s: %+v", took, r)
		}
		(&asked{w, first}).is("canceled")
		(&asked{w, <-late}).is("canceled")
	})
}

// Canceling goes on where it stood, whatever ended it: here the disk is full half way.
func TestCancelingByNameGoesOn(t *testing.T) {
	const calls, half = 250, 100
	inWorld(t, nil, func(w *world) {
		shop := w.key("shop", store.CallsWrite, store.CallsRead)
		for i := range calls {
			w.waits(shop, fmt.Sprintf("+8190%08d", 11110000+i))
		}
		canceled := func() (n int) {
			cursor := ""
			for {
				page, err := w.client.List(w.ctx, api.ListQuery{Outcome: "canceled", Limit: 200, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				n += len(page.Calls)
				if cursor = page.NextCursor; cursor == "" {
					return n
				}
			}
		}
		w.sql(fmt.Sprintf("CREATE TRIGGER full_calls BEFORE UPDATE ON calls WHEN "+
			"(SELECT count(*) FROM calls WHERE outcome = 'canceled') >= %d BEGIN SELECT RAISE(FAIL, 'disk full'); END", half))
		w.revokes("shop?cancel=true", http.StatusServiceUnavailable)
		if status, _ := w.do("GET", "/v1/calls", "", with(shop)...); status != http.StatusUnauthorized {
			t.Errorf("the key is revoked, and answered %d", status)
		}
		if n := canceled(); n < half || n == calls {
			t.Errorf("%d calls are canceled when the disk is full", n)
		}
		before := canceled()
		w.sql("DROP TRIGGER full_calls")
		w.restart()
		if r := w.revokes("shop?cancel=true", http.StatusOK); r.Canceled != calls-before || r.CallsLeft != 0 || r.More {
			t.Errorf("afterwards: %+v", r)
		}
		if n := canceled(); n != calls {
			t.Errorf("%d of %d calls are canceled", n, calls)
		}
	})
}

// Nothing is canceled of a name that goes on: another key of it works, or one of the configuration has it.
func TestANameThatGoesOnKeepsItsCalls(t *testing.T) {
	const named = "0123456789abcdef"
	inWorld(t, func(c *Config) { c.APIKeys = append(c.APIKeys, "desk:"+named) }, func(w *world) {
		old := w.key("shop", store.CallsWrite, store.CallsRead)
		c := &asked{w, w.waits(old, bob)}
		second, err := w.client.RotateKey(w.ctx, "shop", api.RotateKey{Overlap: new(api.Duration(time.Hour))})
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.client.Keys(w.ctx, true)
		if err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		w.revokes(list[0].ID+"?cancel=true", http.StatusConflict)
		if status, _ := w.do("GET", "/v1/calls", "", with(old)...); status != http.StatusOK {
			t.Errorf("what was refused has revoked the key: %d", status)
		}
		if r := w.revokes(list[0].ID, http.StatusOK); !r.StillWorks || r.CallsLeft != 0 {
			t.Errorf("revoked by its id: %+v", r)
		}
		w.revokes(list[0].ID+"?cancel=true", http.StatusConflict)
		c.is("waiting")
		d := &asked{w, w.waits(named, alice)}
		w.revokes("desk?cancel=true", http.StatusConflict)
		w.revokes("env?cancel=true", http.StatusConflict)
		d.is("waiting")
		if r := w.revokes(second.ID+"?cancel=true", http.StatusOK); r.Canceled != 1 {
			t.Errorf("the last key by its id: %+v", r)
		}
		c.is("canceled")
		d.cancel()
	})
}

// Nobody locks everybody out through the API: the first key may manage keys, the last one that may can't be revoked,
// and can be replaced at once.
func TestSomebodyCanAlwaysManageKeys(t *testing.T) {
	inWorld(t, func(c *Config) { c.APIKeys, c.HostURL = nil, localURL }, func(w *world) {
		ask := func(method, path, body, secret string) (int, string) {
			out := w.local(method, path, func(r *http.Request) {
				r.Header.Set("Content-Type", "application/json")
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
				if secret != "" {
					r.Header.Set("Authorization", "Bearer "+secret)
				}
			})
			return out.Code, out.Body.String()
		}
		status, answer := ask("POST", "/v1/keys", `{"name": "shop", "scopes": ["calls:write"]}`, "")
		if status != http.StatusUnprocessableEntity || !strings.Contains(answer, "must have admin") {
			t.Errorf("a first key without admin is answered %d: %s", status, answer)
		}
		makes := func(name, scope, by string) (secret string) {
			t.Helper()
			var k api.Key
			status, answer := ask("POST", "/v1/keys", `{"name": "`+name+`", "scopes": ["`+scope+`"]}`, by)
			if err := json.Unmarshal([]byte(answer), &k); err != nil || status != http.StatusCreated {
				t.Fatalf("a key is answered %d: %s", status, answer)
			}
			return k.Secret
		}
		ops := makes("ops", "admin", "")
		makes("shop", "calls:write", ops)
		if status, answer := ask("DELETE", "/v1/keys/ops", "", ops); status != http.StatusConflict ||
			!strings.Contains(answer, "admin") {
			t.Errorf("revoking the last is answered %d: %s", status, answer)
		}
		if status, answer := ask("DELETE", "/v1/keys/shop", "", ops); status != http.StatusOK {
			t.Errorf("revoking another is answered %d: %s", status, answer)
		}
		var rotated api.Key
		_, answer = ask("POST", "/v1/keys/ops/rotate", `{"overlap": "0s"}`, ops)
		if err := json.Unmarshal([]byte(answer), &rotated); err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		for secret, want := range map[string]int{ops: http.StatusUnauthorized, rotated.Secret: http.StatusOK} {
			if status, answer := ask("GET", "/v1/keys", "", secret); status != want {
				t.Errorf("rotated at once, a key is answered %d and not %d: %s", status, want, answer)
			}
		}
		makes("deputy", "admin", rotated.Secret)
		if status, answer := ask("DELETE", "/v1/keys/ops", "", rotated.Secret); status != http.StatusOK {
			t.Errorf("revoking one of two is answered %d: %s", status, answer)
		}
	})
}

// Keys are listed in pages, by name; only those that work, or all.
func TestKeysAreListedInPages(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		s, now := w.node.Load().store, w.node.Load().store.Now()
		var want, working []string
		for i := range 25 {
			name := fmt.Sprintf("key-%02d", i/2)
			k, _ := store.NewKey(name, []store.Scope{store.CallsRead}, "env", now.Add(time.Duration(i/2)*time.Second))
			if i%2 == 0 {
				k.ExpiresAt = k.CreatedAt // it has ended before the next of its name
			}
			if err := s.AddKey(w.ctx, store.Asker{}, k); err != nil {
				t.Fatal(err)
			}
			want = append(want, k.ID)
			if i%2 == 1 {
				working = append(working, k.ID)
				slices.Sort(want[i-1:]) // both were made at once
			}
		}
		w.pass(time.Minute)
		for query, want := range map[string][]string{"": want, "working=true&": working, "working=false&": want} {
			for _, limit := range []int{1, 7, 25, 200} {
				var got []string
				for cursor := ""; ; {
					var page api.KeyList
					status, answer := w.do("GET", fmt.Sprintf("/v1/keys?%slimit=%d%s", query, limit, cursor), "")
					if err := json.Unmarshal([]byte(answer), &page); err != nil || status != http.StatusOK || len(page.Keys) > limit {
						t.Fatalf("a page is answered %d: %s", status, answer)
					}
					for _, k := range page.Keys {
						got = append(got, k.ID)
					}
					if page.NextCursor == "" {
						break
					}
					cursor = "&cursor=" + url.QueryEscape(page.NextCursor)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%q by %d: %d keys, and not %d: %v", query, limit, len(got), len(want), got)
				}
			}
		}
		for _, bad := range []string{"cursor=key_x", "limit=0", "working=1", "all=true"} {
			if status, answer := w.do("GET", "/v1/keys?"+bad, ""); status != http.StatusUnprocessableEntity {
				t.Errorf("%s is answered %d: %s", bad, status, answer)
			}
		}
	})
}
