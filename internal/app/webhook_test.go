package app

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/api"
)

// receiver is an application that receives webhooks. It uses the public library, and fails the test for every message
// that the library can't verify.
type receiver struct {
	w    *world
	host string

	mu      sync.Mutex
	secrets []string // one of them has to fit
	does    func(w http.ResponseWriter, r *http.Request)
	got     []api.Webhook // the messages that it took
	tried   []time.Time   // the time of each request
}

// secretOf derives a secret from a seed, always the same.
func secretOf(seed string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(seed, 32))[:32])
}

// receiver makes an application listen at https://HOST/hook.
func (w *world) receiver(host string, secrets ...string) *receiver {
	x := &receiver{w: w, host: host, secrets: secrets}
	w.hosts.Store(host, x)
	return x
}

func (x *receiver) url() string { return "https://" + x.host + "/hook" }

// answers sets how it answers from now on; nil: it takes everything.
func (x *receiver) answers(does func(http.ResponseWriter, *http.Request)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.does = does
}

// fails makes it answer with a status.
func (x *receiver) fails(status int, headers ...string) {
	x.answers(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	})
}

// hangs makes it never answer.
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

// heard is the messages that it took, as "type seq".
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

// busyThenReached are the events of such a call that are sent by default.
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
		if first.Event.Result != "busy" || first.Call.State != "waiting" || first.Call.Attempts[0].Result != "busy" ||
			first.Call.NextAttemptAt.IsZero() {
			t.Errorf("the first says %+v", first)
		}
		if last.Event.Outcome != "reached" || last.Call.Outcome != "reached" || len(last.Call.Attempts) != 2 ||
			last.Call.Metadata["order"] != "42" {
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
		w.metric(`redial_webhook_tries_total{result="failed"} 6`)
		_, page := w.do("GET", "/metrics", "")
		oldest := regexp.MustCompile(`\nredial_webhook_oldest_undelivered_seconds\{endpoint="conf_[0-9a-f]+"\} 359\d`)
		if !oldest.MatchString(page) {
			t.Errorf("nobody says how old the oldest is:\n%s", page)
		}
		x.answers(nil)
		w.pass(2 * time.Hour)
		x.hears(busyThenReached...)
	})
}

// A message waits behind an earlier one that is being retried, also over a restart.
func TestWebhooksSurviveARestart(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusServiceUnavailable)
		w.phone(alice).busy().answers()
		w.call(api.CreateCall{To: alice})
		w.pass(3 * time.Minute)
		w.restart()
		x.answers(nil)
		w.pass(15 * time.Minute)
		x.hears(busyThenReached...)
	})
}

func TestOneThatHangsHoldsUpNoOther(t *testing.T) {
	const slow = "slow.example.com"
	inWorld(t, hooks(slow, shop), func(w *world) {
		hanging, x := w.receiver(slow, secretOf("a")), w.receiver(shop, secretOf("a"))
		hanging.hangs()
		for i := range 60 { // more than there are places for one host
			number := fmt.Sprintf("+8190111100%02d", i)
			w.phone(number).answers()
			w.call(api.CreateCall{To: number})
		}
		last := w.phone(alice).busy().answers()
		w.call(api.CreateCall{To: alice})
		w.pass(3 * time.Minute)
		last.rangTimes(2)
		if n := len(x.heard()); n != 60*2+3 {
			t.Errorf("the other heard %d of %d", n, 60*2+3)
		}
		hanging.answers(nil)
		w.pass(time.Hour)
		if n := len(hanging.heard()); n != 60*2+3 {
			t.Errorf("it heard %d of %d in the end", n, 60*2+3)
		}
	})
}

// An endpoint that never answers does not hold up another one at the same host.
func TestOneThatHangsHoldsUpNoOtherAtItsHost(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		var at []*receiver
		mux := http.NewServeMux()
		for _, path := range []string{"/hangs", "/hook"} {
			e, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{URL: "https://" + shop + path})
			if err != nil {
				t.Fatal(err)
			}
			x := &receiver{w: w, host: shop + path, secrets: []string{e.Secret}}
			mux.Handle("POST "+path, x)
			at = append(at, x)
		}
		w.hosts.Store(shop, mux)
		at[0].hangs()
		const calls = 100 // more than there are places for one endpoint
		for i := range calls {
			number := fmt.Sprintf("+8190111100%02d", i)
			w.phone(number).answers()
			w.call(api.CreateCall{To: number})
		}
		w.pass(time.Minute)
		if n := len(at[1].heard()); n != calls*2 {
			t.Errorf("the other heard %d of %d", n, calls*2)
		}
		for i, m := range at[1].got {
			if late := at[1].tried[i].Sub(m.Timestamp); late > time.Second {
				t.Errorf("the other heard %s late", late)
				break
			}
		}
	})
}

// A listener gets every message, as webhooks would tell it. When it resumes a broken stream, it gets what happened
// meanwhile. It leaves nothing in the database.
func TestAListenerMissesNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).busy().answers()
		first := w.streams("/v1/webhooks/stream", "")
		w.pass(time.Second)
		c := w.call(api.CreateCall{To: alice})
		w.pass(20 * time.Second)
		heard := first.leave()
		w.pass(time.Minute)
		c.is("reached", "busy", "completed")
		back := w.streams("/v1/webhooks/stream", heard[len(heard)-1].id)
		w.pass(time.Second)
		heard = append(heard, back.leave()...)
		ends := w.streams("/v1/webhooks/stream?events=call.ended", heard[0].id)
		w.pass(time.Second)

		timeline, err := w.client.Events(w.ctx, c.id)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, e := range timeline {
			want = append(want, e.Type)
		}
		for _, m := range heard {
			if m.kind == "ready" || m.data == "" {
				continue
			}
			var hook api.Webhook
			if err := json.Unmarshal([]byte(m.data), &hook); err != nil {
				t.Fatal(err)
			}
			if got = append(got, hook.Type); hook.Data.Event.Seq != len(got) || hook.Data.Call.ID != c.id {
				t.Errorf("event %d is %s", len(got), m.data)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what was heard, -want +got:\n%s", diff)
		}
		if end := ends.leave(); len(end) != 2 || end[0].kind != "ready" || end[1].kind != "call.ended" {
			t.Errorf("who wants the end heard %v", end)
		}
		if n := w.endpoints(); n != 0 {
			t.Errorf("%d endpoints are left", n)
		}
		if told, err := w.client.CallDeliveries(w.ctx, c.id); err != nil || len(told) != 0 {
			t.Errorf("%+v, %v", told, err)
		}
		if status, answer := w.do("GET", "/v1/webhooks/stream", "", "Last-Event-ID", "nothing"); status != 400 {
			t.Errorf("an id that is none is answered %d: %s", status, answer)
		}
	})
}

// A browser that has an id of the version before begins anew, and gets a number as its next id.
func TestAStreamOfTheVersionBeforeBeginsAnew(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)
		for _, last := range []string{"evt_" + c.id + "_3", "str_2YQ7ZMPKJ5WX3RTBNC4VDGHL6A"} {
			s := w.streams("/v1/webhooks/stream", last)
			w.pass(time.Second)
			heard := s.leave()
			if len(heard) != 1 || heard[0].kind != "ready" || strings.Trim(heard[0].id, "0123456789") != "" {
				t.Errorf("after %s it heard %v", last, heard)
			}
		}
		for _, last := range []string{"evt_", "evt_" + c.id, "-1", "1.5"} {
			if status, answer := w.do("GET", "/v1/webhooks/stream", "", "Last-Event-ID", last); status != 400 {
				t.Errorf("the id %s is answered %d: %s", last, status, answer)
			}
		}
	})
}

// While nothing comes that the listener wants, the stream says that it is alive, and where to resume.
func TestAStreamIsStillThere(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		s := w.streams("/v1/webhooks/stream?events=call.deferred", "")
		w.pass(time.Second)
		w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)
		heard := s.leave()
		if len(heard) < 4 {
			t.Fatalf("in a minute it heard %v", heard)
		}
		first, last := heard[0], heard[len(heard)-1]
		if last.data != "" || len(last.id) < len(first.id) || last.id == first.id {
			t.Errorf("it began with %v, and ends with %v", first, last)
		}
	})
}

// During a rotation both secrets sign, so that a receiver with either of them loses nothing.
func TestARotationLosesNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		e, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{
			URL: "https://" + shop + "/hook", Events: []string{"call.ended"},
		})
		if err != nil {
			t.Fatal(err)
		}
		x := w.receiver(shop, e.Secret)
		ring := func(number string) {
			w.phone(number).answers()
			w.call(api.CreateCall{To: number})
			w.pass(time.Minute)
		}
		ring(alice)
		rotated, err := w.client.RotateEndpoint(w.ctx, e.ID)
		if err != nil || rotated.Secret == e.Secret {
			t.Fatalf("%+v, %v", rotated, err)
		}
		ring(bob)
		x.secrets = []string{rotated.Secret} // it begins to use the new one now
		ring("+819011110001")
		if n := len(x.heard()); n != 3 {
			t.Errorf("it heard of %d calls, not 3", n)
		}
		w.pass(25 * time.Hour)
		ring("+819011110002")
		if shown, err := w.client.Endpoint(w.ctx, e.ID); err != nil || shown.Secret != "" {
			t.Errorf("%+v, %v: a secret is shown once", shown, err)
		}
		if n := len(x.heard()); n != 4 {
			t.Errorf("it heard of %d calls, not 4", n)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusTooManyRequests, "Retry-After", "600")
		w.phone(alice).answers()
		w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Minute)
		if n := len(x.tried); n != 1 {
			t.Errorf("it was asked %d times within five minutes, and had asked for ten", n)
		}
		x.answers(nil)
		w.pass(7 * time.Minute)
		x.hears("attempt.ended 7", "call.ended 8")
	})
}

// An endpoint that answers 410 gets nothing more. A message that was given up is a dead letter, and can be replayed.
func TestGoneIsGone(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusGone)
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)
		if n := len(x.tried); n != 1 {
			t.Errorf("it was asked %d times", n)
		}
		list, err := w.client.Endpoints(w.ctx)
		if err != nil || len(list) != 1 || list[0].DisabledReason != "it answered 410 Gone" {
			t.Fatalf("%+v, %v", list, err)
		}
		id := list[0].ID
		dead, err := w.client.Deliveries(w.ctx, id, api.DeliveryQuery{State: "dead"})
		if err != nil || len(dead.Deliveries) != 2 {
			t.Fatalf("%+v, %v", dead, err)
		}
		w.phone(bob).answers()
		w.call(api.CreateCall{To: bob}) // the endpoint gets nothing of it
		w.pass(time.Minute)

		x.answers(nil)
		if _, err := w.client.Replay(w.ctx, id, dead.Deliveries[1].Event); err == nil {
			t.Error("a disabled endpoint takes a replay")
		}
		if _, err := w.client.EnableEndpoint(w.ctx, id); err != nil {
			t.Fatal(err)
		}
		if _, err := w.client.Replay(w.ctx, id, dead.Deliveries[1].Event); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		x.hears("attempt.ended 7")
		told, err := w.client.CallDeliveries(w.ctx, c.id)
		if err != nil || len(told) != 2 || told[0].State != "delivered" || len(told[0].Tries) != 2 ||
			told[0].Tries[0].Status != 410 {
			t.Errorf("%+v, %v", told, err)
		}
	})
}

// After the last try, three days later, a message is a dead letter. Then the next one, which waited as long, is tried
// once.
func TestTheLastTry(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusInternalServerError)
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(71 * time.Hour)
		told, err := w.client.CallDeliveries(w.ctx, c.id)
		if err != nil || len(told) != 2 || told[0].State != "pending" || told[1].State != "pending" {
			t.Fatalf("%+v, %v", told, err)
		}
		w.pass(9*time.Hour + 30*time.Hour)
		told, err = w.client.CallDeliveries(w.ctx, c.id)
		if err != nil || told[0].State != "dead" || len(told[0].Tries) != 13 {
			t.Errorf("%+v, %v", told, err)
		}
		w.pass(10 * 24 * time.Hour)
		told, err = w.client.CallDeliveries(w.ctx, c.id)
		if err != nil || told[1].State != "dead" {
			t.Errorf("%+v, %v", told, err)
		}
	})
}

// A call may have its own webhook, which needs a secret for its signature.
func TestACallBringsItsWebhook(t *testing.T) {
	inWorld(t, func(c *Config) { c.WebhookSecrets = []string{secretOf("b"), secretOf("a")} }, func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		w.phone(alice).busy().answers()
		c := w.call(api.CreateCall{To: alice, Webhook: x.url()})
		w.phone(bob).answers()
		w.call(api.CreateCall{To: bob})
		w.pass(5 * time.Minute)
		x.hears(busyThenReached...)
		if x.got[0].Data.Call.Webhook != "" || c.now().Webhook != x.url() {
			t.Error("its URL is for who asks for the call, not for who is told of it")
		}
		for _, bad := range []string{
			"http://" + shop, "https://localhost/x", "https://169.254.169.254/latest", "https://u:p@" + shop,
			"https://[::ffff:10.0.0.1]/", "x",
		} {
			if status, answer := w.ask(`{"to": "` + alice + `", "say": "hi", "webhook": "` + bad + `"}`); status != 422 {
				t.Errorf("%s is answered %d: %s", bad, status, answer)
			}
		}
	})
	inWorld(t, nil, func(w *world) {
		w.phone(alice)
		status, answer := w.ask(`{"to": "` + alice + `", "say": "hi", "webhook": "https://` + shop + `"}`)
		if status != 422 || !strings.Contains(answer, "REDIAL_WEBHOOK_SECRETS") {
			t.Errorf("answered %d: %s", status, answer)
		}
	})
}

// A redirect is not followed; every answer but 2xx is a failure, and is shown.
func TestATestSaysWhatCameBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		e, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{URL: "https://" + shop + "/hook"})
		if err != nil {
			t.Fatal(err)
		}
		try := func() string {
			t.Helper()
			got, err := w.client.TestEndpoint(w.ctx, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%d %s", got.Status, got.Error)
		}
		if got := try(); got != "0 connection refused" {
			t.Error(got)
		}
		x := w.receiver(shop, e.Secret)
		inner := w.receiver("inner.example.com")
		x.fails(http.StatusFound, "Location", inner.url())
		if got := try(); got != "302 it answered 302 Found" || len(inner.tried) > 0 {
			t.Error(got)
		}
		x.answers(nil)
		if got := try(); got != "204 " || x.got[0].Type != "webhook.test" {
			t.Error(got)
		}
		x.hangs()
		if got := try(); got != "0 no answer within 15s" {
			t.Error(got)
		}
	})
}

// If nothing is retained, a receiver still gets everything, once; then it is deleted.
func TestWhatIsNotRetainedIsStillTold(t *testing.T) {
	change := func(c *Config) {
		hooks(shop)(c)
		c.RetentionDays = 0
	}
	inWorld(t, change, func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusInternalServerError)
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(72 * time.Hour) // the row would be gone after two days
		x.answers(nil)
		w.pass(24 * time.Hour)
		x.hears("attempt.ended 7", "call.ended 8")
		if x.got[1].Data.Call.To != alice {
			t.Errorf("it heard of a call to %q", x.got[1].Data.Call.To)
		}
		w.pass(2 * time.Hour)
		if status, _ := w.do("GET", "/v1/calls/"+c.id, ""); status != http.StatusNotFound {
			t.Errorf("the call is answered %d", status)
		}
	})
}

// Eight endpoints that use almost all of their time hold up no other: there are slots left.
func TestManyThatAreSlowHoldUpNoOther(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 1000 }, func(w *world) {
		var quick *receiver
		mux := http.NewServeMux()
		for i := range 9 {
			path := fmt.Sprintf("/%d", i)
			e, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{
				URL: "https://" + shop + path, Events: []string{"call.created"},
			})
			if err != nil {
				t.Fatal(err)
			}
			x := &receiver{w: w, host: shop + path, secrets: []string{e.Secret}}
			mux.Handle("POST "+path, x)
			if quick = x; i < 8 {
				x.answers(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(14 * time.Second)
					w.WriteHeader(http.StatusNoContent)
				})
			}
		}
		w.hosts.Store(shop, mux)
		const calls = 100 // each slow one could have as many slots as one endpoint may have
		for i := range calls {
			number := fmt.Sprintf("+8190111100%02d", i)
			w.phone(number).answers()
			w.call(api.CreateCall{To: number})
		}
		w.pass(5 * time.Second)
		if n := len(quick.heard()); n != calls {
			t.Errorf("the quick one heard %d of %d", n, calls)
		}
		w.pass(5 * time.Minute)
	})
}

// The list of deliveries of a call's events has pages, and the list of an endpoint's event types is short.
func TestListsOfWebhooksAreBounded(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		w.receiver(shop, secretOf("a"))
		for _, bad := range []string{
			`["call.ended", "call.ended"]`, `["*", "call.*", "*"]`,
			`[` + strings.Repeat(`"call.ended",`, 50000) + `"call.ended"]`,
		} {
			status, answer := w.do("POST", "/v1/webhooks", `{"url": "https://`+shop+`/2", "events": `+bad+`}`)
			if status != 422 || !strings.Contains(answer, `"events"`) || len(answer) > 1000 {
				t.Errorf("%.60s is answered %d: %.300s", bad, status, answer)
			}
		}
		if status, _ := w.do("GET", "/v1/webhooks/stream?events=call.ended,call.ended", ""); status != 422 {
			t.Errorf("a stream of one type twice is answered %d", status)
		}
		_, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{
			URL: "https://nobody.example.com/all", Events: []string{"*"},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.phone(alice).busy().answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Minute)
		all, err := w.client.CallDeliveries(w.ctx, c.id)
		if err != nil || len(all) != 16 {
			t.Fatalf("%d deliveries, %v", len(all), err)
		}
		var paged []api.Delivery
		for cursor := ""; ; {
			_, answer := w.do("GET", "/v1/calls/"+c.id+"/deliveries?limit=3&cursor="+cursor, "")
			var page api.DeliveryList
			if err := json.Unmarshal([]byte(answer), &page); err != nil || len(page.Deliveries) > 3 {
				t.Fatalf("%d in a page of 3, %v: %s", len(page.Deliveries), err, answer)
			}
			paged = append(paged, page.Deliveries...)
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(all, paged); diff != "" {
			t.Errorf("by pages there is something else:\n%s", diff)
		}
		for _, bad := range []string{"limit=0", "limit=201", "cursor=x", "cursor=.", "state=dead"} {
			if status, answer := w.do("GET", "/v1/calls/"+c.id+"/deliveries?"+bad, ""); status != 422 {
				t.Errorf("%s is answered %d: %s", bad, status, answer)
			}
		}
	})
}
