package app

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/api"
)

// receiver is an application that hears of calls. It is written with the public library,
// and fails the test for every message that this can't verify.
type receiver struct {
	w    *world
	host string

	mu      sync.Mutex
	secrets []string // one of which has to fit
	does    func(w http.ResponseWriter, r *http.Request)
	got     []api.Webhook // what was taken
	tried   []time.Time   // when anything came
}

// secretOf makes a secret that is always the same.
func secretOf(seed string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(seed, 32))[:32])
}

// receiver has an application listen at https://HOST/hook.
func (w *world) receiver(host string, secrets ...string) *receiver {
	x := &receiver{w: w, host: host, secrets: secrets}
	w.hosts.Store(host, x)
	return x
}

func (x *receiver) url() string { return "https://" + x.host + "/hook" }

// answers has it do so from now on; nil: it takes everything.
func (x *receiver) answers(does func(http.ResponseWriter, *http.Request)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.does = does
}

// fails has it answer a status.
func (x *receiver) fails(status int, headers ...string) {
	x.answers(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	})
}

// hangs has it answer nothing, ever.
func (x *receiver) hangs() {
	x.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
}

func (x *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		x.w.t.Error(err)
	}
	m := x.verified(body, r.Header)
	x.mu.Lock()
	does := x.does
	x.tried = append(x.tried, time.Now())
	if does == nil {
		x.got = append(x.got, m)
	}
	x.mu.Unlock()
	if does != nil {
		does(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (x *receiver) verified(body []byte, h http.Header) (m api.Webhook) {
	x.mu.Lock()
	secrets := x.secrets
	x.mu.Unlock()
	fits := func(secret string) bool {
		wh, err := standardwebhooks.NewWebhook(secret)
		return err == nil && wh.Verify(body, h) == nil
	}
	if !slices.ContainsFunc(secrets, fits) {
		x.w.t.Errorf("%s got a webhook that it can't verify: %v", x.host, h)
	}
	if err := json.Unmarshal(body, &m); err != nil || m.ID != h.Get("webhook-id") {
		x.w.t.Errorf("%s got %s, %v", x.host, body, err)
	}
	return m
}

// heard is what it took, as "type seq".
func (x *receiver) heard() (list []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range x.got {
		list = append(list, fmt.Sprintf("%s %d", m.Type, m.Data.Event.Seq))
	}
	return list
}

func (x *receiver) hears(want ...string) {
	x.w.t.Helper()
	if diff := cmp.Diff(want, x.heard()); diff != "" {
		x.w.t.Errorf("%s heard, -want +got:\n%s", x.host, diff)
	}
}

// hooks configures webhooks to these receivers' hosts.
func hooks(hosts ...string) func(*Config) {
	return func(c *Config) {
		c.WebhookSecrets = []string{secretOf("a")}
		for _, h := range hosts {
			c.WebhookURLs = append(c.WebhookURLs, "https://"+h+"/hook")
		}
	}
}

const shop = "shop.example.com"

// busyThenReached are the events of such a call that are sent where nobody says which.
var busyThenReached = []string{"attempt.ended 5", "attempt.ended 12", "call.ended 13"}

func TestAnApplicationHearsHowItEnded(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		w.phone(alice).busy().answers()
		c := w.call(api.CreateCall{To: alice, Metadata: map[string]string{"order": "42"}})
		w.pass(5 * time.Minute)
		c.is("reached", "busy", "completed")
		x.hears(busyThenReached...)
		first, last := x.got[0].Data, x.got[2].Data
		if first.Event.Result != "busy" || first.Call.State != "waiting" || first.Call.Attempts[0].Result != "busy" || first.Call.NextAttemptAt.IsZero() {
			t.Errorf("the first says %+v", first)
		}
		if last.Event.Outcome != "reached" || last.Call.Outcome != "reached" || len(last.Call.Attempts) != 2 || last.Call.Metadata["order"] != "42" {
			t.Errorf("the last says %+v", last)
		}
	})
}

func TestAReceiverThatFailsForAnHourHearsAllOfItLater(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusInternalServerError)
		w.phone(alice).busy().answers()
		w.call(api.CreateCall{To: alice})
		w.pass(time.Hour)
		x.hears()
		x.answers(nil)
		w.pass(2 * time.Hour)
		x.hears(busyThenReached...)
	})
}
