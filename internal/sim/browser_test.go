package sim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"redial/internal/browsertest"
)

const menu = `<Response><Gather action="%s/pressed" numDigits="1" timeout="30">` +
	`<Say language="en-US" voice="Polly.Joanna">The server db1 is down.</Say>` +
	`<Pause length="1"/><Say language="ja-JP" voice="Polly.Mizuki">確認したら1を押してください。</Say></Gather></Response>`

// table is a desk in real time, with an application that asks for calls.
type table struct {
	t   *testing.T
	sim *Sim
	url string
	app string
}

func newTable(t *testing.T, c Config) *table {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, `<Response><Say language="en-US">You pressed %s. Thank you.</Say><Pause length="60"/></Response>`,
			r.PostFormValue("Digits"))
	}))
	t.Cleanup(app.Close)
	c.AccountSID, c.AuthToken = account, token
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	server := httptest.NewServer(s)
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	return &table{t, s, server.URL, app.URL}
}

// call asks for a call to a number.
func (b *table) call(to string, pairs ...string) {
	b.t.Helper()
	form := wish(to, append([]string{"Twiml", fmt.Sprintf(menu, b.app), "StatusCallback", ""}, pairs...)...)
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost,
		b.url+"/2010-04-01/Accounts/"+account+"/Calls.json", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.SetBasicAuth(account, token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		b.t.Fatalf("the create request is answered %d", res.StatusCode)
	}
}

const (
	alicesPhone = "#phone-819012345678"
	bobsPhone   = "#phone-819087654321"
)

// What a person does at the page is what becomes of the call, and the page shows it without being loaded again.
func TestACallIsAnsweredAtThePage(t *testing.T) {
	b := newTable(t, Config{Default: byHand})
	p := browsertest.Open(t, browsertest.Window{})
	p.Go(b.url)
	p.UntilSays("#head", "Nothing has rung yet.")
	browsertest.Eval[bool](p, "window.same = true")
	b.call(alice)
	p.UntilSays(alicesPhone, "Ignore")
	p.UntilSays("#announce", alice+" rings: a call from "+caller)
	p.Until("document.title.startsWith('1 ringing')")
	p.Click(alicesPhone + " .main")
	p.UntilSays(alicesPhone+" .lines", "確認したら1を押してください。")
	p.Until("document.activeElement.id === 'phone-819012345678'") // the button that had the focus is gone
	p.Press("1")
	p.UntilSays(alicesPhone+" .lines", "You pressed 1. Thank you.")
	p.Click(alicesPhone + " [value='#']")
	p.UntilSays(alicesPhone+" .lines", "pressed # while nobody listened")
	p.Until("document.activeElement.value === '#'") // it has kept the focus
	second := p.Another()
	second.Go(b.url)
	second.Click(alicesPhone + " .wide")
	p.UntilSays(alicesPhone+" .state", "Answered")
	p.Until("document.title === 'Fake phones'")

	b.call(alice)
	p.Click(alicesPhone + " .acts .bad")
	p.UntilSays(alicesPhone+" .state", "Declined")
	b.call(alice, "Timeout", "3")
	p.Click(alicesPhone + " form[action$=ignore] button")
	p.UntilSays(alicesPhone+" .state", "Rings on, ignored")
	p.UntilSays(alicesPhone+" .state", "Ignored")
	p.Click(alicesPhone + "-log summary")
	p.UntilSays(alicesPhone+"-log", "Declined")
	var got []string
	for _, l := range b.sim.Legs() {
		got = append(got, l.Status+strings.Join(l.Pressed, ""))
	}
	if want := []string{"completed1", "busy", "no-answer"}; !slices.Equal(got, want) {
		t.Errorf("the calls ended as %q", got)
	}
	if !browsertest.Eval[bool](p, "window.same") {
		t.Error("the page was loaded again")
	}
}

// Without JavaScript, forms do the same.
func TestThePageNeedsNoScript(t *testing.T) {
	b := newTable(t, Config{Default: byHand})
	p := browsertest.Open(t, browsertest.Window{NoScript: true})
	p.Go(b.url)
	b.call(alice)
	p.Click(alicesPhone + " .main")          // the page loads itself again
	p.UntilSays(alicesPhone+" .lines", "確認") // it goes on to load itself again after a form
	p.Click(alicesPhone + " [value='1']")
	p.UntilSays(alicesPhone+" .lines", "You pressed 1.")
	p.Click(alicesPhone + " .wide")
	p.UntilSays(alicesPhone+" .state", "Answered")
}

// A desk that is started again is found again, with what it has then.
func TestADeskThatRestarts(t *testing.T) {
	var current atomic.Pointer[Sim]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := current.Load(); s != nil {
			s.ServeHTTP(w, r)
			return
		}
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	start := func(number string) *Sim {
		s, err := New(Config{AccountSID: account, AuthToken: token, Scripts: map[string]string{number: "busy"}})
		if err != nil {
			t.Fatal(err)
		}
		current.Store(s)
		return s
	}
	first := start(alice)
	p := browsertest.Open(t, browsertest.Window{})
	p.Allow("ERR_EMPTY_RESPONSE")
	p.Allow("ERR_INCOMPLETE_CHUNKED_ENCODING")
	p.Go(server.URL)
	p.UntilSays(alicesPhone, alice)
	current.Store(nil)
	first.Close()
	server.CloseClientConnections()
	p.UntilSays("#away", "does not answer")
	second := start(bob)
	defer second.Close()
	p.UntilSays(bobsPhone, bob)
	p.Until("document.getElementById('away').hidden && !document.querySelector('" + alicesPhone + "')")
	server.CloseClientConnections()
}

// The page in every window, with something of each kind on it.
func TestThePageInEveryWindow(t *testing.T) {
	b := newTable(t, Config{Default: byHand, Scripts: map[string]string{bob: "no-answer,busy,answer+keys=1"}, Speed: 100,
		Try: "redial call +819012345678 --say Hello. --wait"})
	empty := newTable(t, Config{Try: "redial call --url http://127.0.0.1:8080 +819012345678 --say Hello. --wait"})
	p := browsertest.Open(t, browsertest.Window{})
	p.Go(b.url)
	for _, end := range []string{"Not answered", "Busy", "Answered"} {
		b.call(bob)
		p.UntilSays(bobsPhone+" .state", end)
	}
	b.call(alice)
	p.Click(alicesPhone + " .main")
	p.UntilSays(alicesPhone+" .lines", "確認")
	b.call("+819055556666")
	p.UntilSays("#phone-819055556666", "Ignore")
	for _, language := range []string{"en", "ja"} {
		for _, width := range []int{1280, 390} {
			for _, theme := range []string{"light", "dark"} {
				p := browsertest.Open(t, browsertest.Window{Width: width, Language: language, Dark: theme == "dark"})
				p.Go(b.url)
				p.Until("document.querySelectorAll('.phone').length === 3")
				p.Fits()
				p.Picture(fmt.Sprintf("desk-%s-%d-%s", language, width, theme))
				p.Go(empty.url)
				p.Fits()
				p.Picture(fmt.Sprintf("desk-empty-%s-%d-%s", language, width, theme))
			}
		}
	}
}

// Whoever has chosen a language and colors keeps them.
func TestAViewersChoiceIsKept(t *testing.T) {
	b := newTable(t, Config{})
	p := browsertest.Open(t, browsertest.Window{})
	p.Go(b.url)
	p.Click("[name=language]")
	p.UntilSays("h1", "模擬電話")
	p.Click("[name=theme][value=dark]")
	p.Until("getComputedStyle(document.body).backgroundColor === 'rgb(15, 18, 22)'")
	p.Click("#others [value=by-hand]")
	p.Until("document.querySelector('#others [value=by-hand]').ariaPressed === 'true'")
	again := p.Another()
	again.Go(b.url)
	again.UntilSays("#others", "手動で応答")
	again.Until("document.documentElement.dataset.theme === 'dark'")
}
