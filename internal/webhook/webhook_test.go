package webhook

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/internal/store"
)

var now = time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)

// The table of the docs is the table of the code, with the time that has passed.
func TestDelaysArePublished(t *testing.T) {
	page, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	short := func(d time.Duration) string {
		text := d.String()
		if d >= time.Minute {
			text = strings.TrimSuffix(text, "0s")
		}
		if d >= time.Hour {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	}
	var want []string
	var elapsed time.Duration
	for i, d := range Delays {
		elapsed += d
		want = append(want, fmt.Sprintf("| %d | %s | %s |", i+2, short(d), short(elapsed)))
	}
	got := regexp.MustCompile(`(?m)^\| \d+ \| [0-9hms]+ \| [0-9hms]+ \|$`).FindAllString(string(page), -1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/webhooks.md, -code +page:\n%s", diff)
	}
	if elapsed < 71*time.Hour || elapsed > 73*time.Hour || elapsed+elapsed/10 > GiveUp {
		t.Errorf("the delays come to %s", elapsed)
	}
}

// A delivery is tried as often as there are delays, and once more; a long wait or a
// Retry-After changes when, not whether it ends.
func TestEveryDeliveryEnds(t *testing.T) {
	failed := verdict{try: store.Try{Error: "no"}}
	d := store.Delivery{State: store.Pending, Since: now}
	at := now
	for d.State == store.Pending {
		failed.settle(&d, at)
		if d.State == store.Pending &&
			(d.WakeAt.Before(at.Add(Delays[d.Failures-1])) || d.WakeAt.After(at.Add(Delays[d.Failures-1]*11/10))) {
			t.Errorf("after failure %d it waits for %s", d.Failures, d.WakeAt.Sub(at))
		}
		at = d.WakeAt
	}
	if d.State != store.Dead || d.Failures != len(Delays)+1 || !d.WakeAt.IsZero() {
		t.Errorf("it ends as %+v", d)
	}
	late := store.Delivery{State: store.Pending, Since: now.Add(-GiveUp)}
	if failed.settle(&late, now); late.State != store.Dead {
		t.Errorf("what waited for days ends as %+v", late)
	}
	asked := verdict{try: store.Try{Error: "no"}, after: 1000 * time.Hour}
	slow := store.Delivery{State: store.Pending, Since: now}
	if asked.settle(&slow, now); !slow.WakeAt.Equal(now.Add(MostRetryAfter)) {
		t.Errorf("it waits for %s", slow.WakeAt.Sub(now))
	}
	many := store.Delivery{State: store.Pending, Since: now}
	for range 100 {
		many.State, many.Failures = store.Pending, 0
		failed.settle(&many, now)
	}
	if len(many.Tries) != maxTries {
		t.Errorf("%d tries are kept", len(many.Tries))
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "99999999999999": MostRetryAfter, "999999": MostRetryAfter,
		now.Add(time.Hour).Format(http.TimeFormat): time.Hour, now.Add(-time.Hour).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("Wed, 01 Apr 2026 10:00:00 GMT")
	f.Fuzz(func(t *testing.T, text string) {
		if got := retryAfter(text, now); got < 0 {
			t.Errorf("%q: %s", text, got)
		}
	})
}

func FuzzCheckURL(f *testing.F) {
	f.Add("https://example.com/hook")
	f.Add("https://[::ffff:127.0.0.1]:443/")
	f.Fuzz(func(t *testing.T, link string) {
		if CheckURL(link, false) == nil && !strings.HasPrefix(strings.ToLower(link), "https://") {
			t.Errorf("%q is taken", link)
		}
	})
}

// While a secret is rotated, whoever has the old one and whoever has the new one can
// verify what comes; later only the new one signs.
func TestRotationSignsWithBoth(t *testing.T) {
	e := &store.Endpoint{}
	var made []string
	for i := range 7 {
		made = append(made, NewSecret())
		rotate(e, made[i], now.Add(time.Duration(i)*time.Hour))
	}
	at := now.Add(7 * time.Hour)
	if len(e.Secrets) != mostSecrets || e.Secrets[0].Text != made[6] || !e.Secrets[0].Until.IsZero() {
		t.Fatalf("%d secrets", len(e.Secrets))
	}
	fits := func(secret string, at time.Time) bool {
		signature, err := sign(e.Secrets, "evt_1", at, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		h.Set("webhook-id", "evt_1")
		h.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
		h.Set("webhook-signature", signature)
		return wh.VerifyIgnoringTimestamp([]byte("{}"), h) == nil
	}
	for _, c := range []struct {
		secret string
		at     time.Time
		want   bool
	}{
		{made[6], at, true}, {made[5], at, true}, {made[0], at, false}, {made[5], at.Add(RotationTime), false},
		{made[6], at.Add(RotationTime), true},
	} {
		if got := fits(c.secret, c.at); got != c.want {
			t.Errorf("a signature fits: %t", got)
		}
	}
	if _, err := sign(nil, "evt_1", now, nil); err == nil {
		t.Error("it signs with nothing")
	}
}

func TestCheckSecret(t *testing.T) {
	for secret, ok := range map[string]bool{NewSecret(): true, "": false, "whsec_": false, "whsec_c2hvcnQ=": false,
		"whsec_%%%": false,
		strings.TrimPrefix(NewSecret(), "whsec_"): false} {
		if got := CheckSecret(secret) == nil; got != ok {
			t.Errorf("%q is good: %t", secret, got)
		}
	}
}

func TestCheckEvents(t *testing.T) {
	for types, ok := range map[string]bool{"*": true, "call.*": true, "attempt.*": true,
		"call.ended,attempt.ringing": true,
		"":                           false, "call.finished": false, "c*": false, "call.ended*": false,
		"call.ended,x": false, "call.ended,call.ended": false, "*,call.ended": true, "*,*": false} {
		if got := CheckEvents(strings.FieldsFunc(types, func(r rune) bool { return r == ',' })) == nil; got != ok {
			t.Errorf("%q is good: %t", types, got)
		}
	}
}

// A target that fails gets one at a time until one is taken there, also when nothing was
// under way in between; it is forgotten once nothing waits for it.
func TestATargetThatFailsGetsOneAtATime(t *testing.T) {
	s := trySender(t, true, nil)
	s.opens(true)
	const shop = "shop.example.com:443"
	takes := func() (n int) {
		for s.Take(shop) {
			n++
		}
		return n
	}
	leaves := func(n int, taken bool) {
		v := verdict{sent: true}
		if !taken {
			v.try.Error = "it answered 500"
		}
		for range n {
			s.leave(shop, &v)
			s.inFlight.Done()
		}
	}
	if n := takes(); n != perTarget {
		t.Errorf("a target of which nothing is known gets %d at once", n)
	}
	leaves(perTarget, false)
	for range 3 {
		if n := takes(); n != 1 {
			t.Fatalf("a target that fails gets %d at once", n)
		}
		leaves(1, false)
	}
	s.forget(map[string]time.Time{shop: now})
	if n := takes(); n != 1 {
		t.Errorf("a target that fails gets %d at once, while something waits for it", n)
	}
	leaves(1, true)
	if n := takes(); n != perTarget {
		t.Errorf("a target that takes things again gets %d at once", n)
	}
	leaves(perTarget, false)
	s.forget(nil)
	if len(s.targets) > 0 || s.busy != 0 {
		t.Errorf("%d targets, %d exchanges", len(s.targets), s.busy)
	}
}
