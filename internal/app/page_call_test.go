package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
)

var inTwoHours = &api.Policy{NotBefore: &api.Moment{After: api.Duration(2 * time.Hour)}}

// The page of a call tells its story: how it stands, each attempt and event, webhooks with their tries, who asked.
func TestThePageOfACallTellsItsStory(t *testing.T) {
	change := func(c *Config) {
		c.WebhookURLs, c.WebhookAllowPrivate = []string{"http://shop.internal/hook"}, true
		c.WebhookSecrets = []string{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
		c.WebhookEvents = []string{"call.*", "attempt.*"}
	}
	inWorld(t, change, func(w *world) {
		w.hosts.Store("shop.internal", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
		}))
		w.phone(alice).noAnswer().answers()
		c := w.call(api.CreateCall{
			People: []api.Person{{Number: alice, Name: "Sato <Hanako>"}}, Say: &api.Say{Text: "Your parcel & more."},
			Metadata: map[string]string{"order": "42"},
		})
		w.pass(10 * time.Second)
		b := w.browser()
		b.signIn(apiKey)
		says := func(want ...string) {
			t.Helper()
			page := b.do("GET", "/calls/"+c.id, nil).Body.String()
			for _, text := range want {
				if !strings.Contains(page, text) {
					t.Errorf("the page does not say %q:\n%s", text, page)
				}
			}
		}
		says("The phone of Sato &lt;Hanako&gt; is ringing.", alice, "Your parcel &amp; more.", "order: 42",
			"Asked for by env", "Attempt 1: the phone rings", ">Cancel</button>")
		w.pass(2 * time.Minute)
		says(`<title>attempt 1: rang for 0:3`, `<title>Attempt 1: no answer`, `<rect class="talking ok"`, `id="attempt-2"`)
		says("Sato &lt;Hanako&gt; was reached.", "Attempt 1 ended: no answer", "Attempt 2: answered",
			"The call has ended: Reached", "HTTP 418", "answered at attempt 2", ">Call again</button>")
	})
}

// What an operator asks for on a call's page is done as by the API, in the name of the key; what may not be is refused
// there, with when it may.
func TestACallIsSteeredOnItsPage(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).noAnswer().answers().answers()
		b := w.browser()
		b.signIn(w.key("desk", store.Operate, store.CallsWrite))
		c := w.call(api.CreateCall{
			To: alice, Policy: &api.Policy{RedialAfter: map[string]api.Delays{"no-answer": {api.Duration(time.Hour)}}},
		})
		does := func(id, deed string, status int, want string) string {
			t.Helper()
			out := b.do("POST", "/calls/"+id+"/"+deed, url.Values{"once": {"x"}})
			if out.Code != status || !strings.Contains(out.Body.String(), want) {
				t.Errorf("%s is answered %d: %s", deed, out.Code, out.Body)
			}
			return out.Header().Get("Location")
		}
		w.pass(10 * time.Second)
		does(c.id, "redial", http.StatusConflict, "A phone is ringing already.")
		w.pass(time.Minute)
		does(c.id, "redial", http.StatusSeeOther, "")
		w.pass(time.Minute)
		c.is("reached", "no-answer", "completed")
		does(c.id, "cancel", http.StatusSeeOther, "") // nothing is left to cancel
		does(c.id, "redial", http.StatusConflict, "The call has ended, and stays so.")
		next := does(c.id, "again", http.StatusSeeOther, "")
		id, ok := strings.CutPrefix(next, "../../calls/")
		if same := does(c.id, "again", http.StatusSeeOther, ""); !ok || id == c.id || same != next {
			t.Errorf("the call again is at %q, and at %q if it is asked for twice", next, same)
		}
		w.pass(time.Minute)
		(&asked{w, id}).is("reached", "completed")
		late := w.call(api.CreateCall{To: bob, Policy: inTwoHours})
		does(late.id, "redial", http.StatusConflict, "It may not ring before <time")
		does(late.id, "hangup", http.StatusSeeOther, "")
		late.is("canceled")
		want := "call.redial,call.create,call.cancel"
		var got []string
		for _, line := range w.audited("desk") {
			if what := strings.Fields(line)[1]; strings.HasPrefix(what, "call.") {
				got = append(got, what)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("the audit has %q", got)
		}
	})
}

// Nobody sees, or steers, a call of another's.
func TestTheCallOfAnotherIsNotThere(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.call(api.CreateCall{To: alice, Policy: inTwoHours})
		b := w.browser()
		b.signIn(w.key("crm", store.CallsRead, store.CallsWrite))
		for _, path := range []string{"/calls/" + c.id, "/calls/nothing", "/calls/" + strings.Repeat("x", 300)} {
			out := b.do("GET", path, nil)
			if out.Code != http.StatusNotFound || !strings.Contains(out.Body.String(), "There is no such call.") {
				t.Errorf("%s is answered %d: %s", path, out.Code, out.Body)
			}
		}
		for _, deed := range []string{"cancel", "hangup", "redial", "again"} {
			if out := b.do("POST", "/calls/"+c.id+"/"+deed, nil); out.Code != http.StatusNotFound {
				t.Errorf("%s is answered %d", deed, out.Code)
			}
		}
		reader := w.browser()
		reader.signIn(w.key("reader", store.Operate))
		if page := reader.do("GET", "/calls/"+c.id, nil).Body.String(); strings.Contains(page, "/again") ||
			strings.Contains(page, alice) || !strings.Contains(page, "/cancel") {
			t.Errorf("with operate alone the page is: %s", page)
		}
		c.cancel()
	})
}

// Each form of the page that changes something leaves an entry of its own kind in the audit, or says why it does not. A
// form that is not in this table fails the test.
func TestEachFormOfThePageIsAudited(t *testing.T) {
	const nothing = ""
	deeds := map[string]store.Deed{
		"POST /sign-in":           store.SessionCreate,
		"POST /sign-out":          store.SessionEnd,
		"POST /calls/{id}/cancel": store.CallCancel,
		"POST /calls/{id}/hangup": store.CallCancel,
		"POST /calls/{id}/redial": store.CallRedial,
		"POST /calls/{id}/again":  store.CallCreate,
		"POST /preferences":       nothing, // it changes the browser's cookies alone
	}
	inWorld(t, nil, func(w *world) {
		waiting := func() *asked { return w.call(api.CreateCall{To: bob, Policy: inTwoHours}) }
		w.phone(alice).noAnswer().answers()
		w.phone(bob).answers() // where it is called again
		ringing := w.call(api.CreateCall{
			To: alice, Policy: &api.Policy{RedialAfter: map[string]api.Delays{"no-answer": {api.Duration(time.Hour)}}},
		})
		w.pass(time.Minute)
		of := map[string]*asked{"redial": ringing, "cancel": waiting(), "hangup": waiting(), "again": waiting()}
		of["again"].cancel()
		b := w.browser()
		b.signIn(apiKey)
		for _, route := range pageForms(t) {
			what, known := deeds[route]
			if !known {
				t.Errorf("the form %s is not in the table", route)
			}
			deed := route[strings.LastIndexByte(route, '/')+1:]
			if deed == "sign-out" {
				continue // last of all
			}
			path := strings.TrimPrefix(route, "POST ")
			if c := of[deed]; c != nil {
				path = strings.Replace(path, "{id}", c.id, 1)
			}
			before := len(w.audited(""))
			out := b.do("POST", path, url.Values{"key": {apiKey}})
			after := w.audited("")[before:]
			if out.Code != http.StatusSeeOther || len(after) > 1 || what == nothing != (len(after) == 0) ||
				what != nothing && !strings.HasPrefix(after[0], "env "+string(what)+" ") {
				t.Errorf("%s is answered %d, and leaves %q: %s", route, out.Code, after, out.Body)
			}
		}
		b.do("POST", "/sign-out", nil)
		if got := w.audited(""); !strings.HasPrefix(got[len(got)-1], "env "+string(store.SessionEnd)) {
			t.Errorf("signing out leaves %q", got[len(got)-1])
		}
	})
}
