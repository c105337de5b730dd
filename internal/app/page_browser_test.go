package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"redial/api"
	"redial/internal/browsertest"
	"redial/internal/sim"
)

// window is a redial that a browser looks at: real time, a real server, and phones that a test plays.
type window struct {
	t      *testing.T
	sim    *sim.Sim
	client *api.Client
	url    string
}

// newWindow starts redial without API keys, as on a desk, or with one.
func newWindow(t *testing.T, phones string, keys ...string) *window {
	t.Helper()
	w := &window{t: t}
	var node *App
	var err error
	w.sim, err = sim.New(sim.Config{
		AccountSID: account, AuthToken: token, Speed: 5, Default: phones,
		Client: &http.Client{Transport: memory{func() http.Handler { return node.Handler() }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	node, err = New(t.Context(), Config{
		Listen: "127.0.0.1:0", HostURL: "http://127.0.0.1:1", DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "page.db"),
		Migrate: true, APIKeys: keys, AccountSID: account, AuthTokens: []string{token}, From: caller,
		CallsPerSecond: 20, MaxWaiting: 1000, MaxPerNumber: 200, RetentionDays: 90,
		Transport: memory{func() http.Handler { return w.sim }},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- node.Run(ctx) }()
	front := httptest.NewServer(node.Handler())
	w.url = front.URL
	w.client = &api.Client{URL: front.URL, HTTP: front.Client()}
	if len(keys) > 0 {
		w.client.Key = keys[0]
	}
	t.Cleanup(func() {
		node.closeStreams()
		front.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopping redial: %v", err)
		}
		w.sim.Close()
	})
	return w
}

// call asks for a call to a person.
func (w *window) call(name, number string, policy *api.Policy) string {
	w.t.Helper()
	c, _, err := w.client.Create(w.t.Context(), api.CreateCall{
		People: []api.Person{{Number: number, Name: name}}, Say: &api.Say{Text: "Your parcel is at the door."},
		Policy: policy,
	}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return c.ID
}

// A call rings and is answered while somebody looks, and the page says so without being loaded again.
func TestACallIsSeenLive(t *testing.T) {
	w := newWindow(t, "no-answer,answer")
	first := w.call("Sato Hanako", "+819011110001", nil)
	tab := browsertest.Open(t, browsertest.Window{Zone: "Asia/Tokyo"})
	tab.Go(w.url)
	row := "#call-" + first
	tab.UntilSays(row, "Sato Hanako")
	browsertest.Eval[bool](tab, `window.loadedOnce = true`)
	second := w.call("鈴木 一郎", "+819011110002", nil)
	tab.UntilSays("#call-"+second, "鈴木 一郎")
	tab.UntilSays(row, "Reached")
	tab.UntilSays("#lead h1", "Calls are getting through.")
	tab.UntilSays("#tiles", "reached today")
	if !browsertest.Eval[bool](tab, `window.loadedOnce === true`) {
		t.Error("the page was loaded again")
	}
	tab.Click(row + " a")
	tab.UntilSays("h1", "Sato Hanako was reached.")
	tab.UntilSays("#story", "Attempt 2: answered")
}

// A call is steered on its page, by a form, and the page says what became of it.
func TestACallIsCanceledInABrowser(t *testing.T) {
	w := newWindow(t, "no-answer")
	id := w.call("Sato Hanako", "+819011110001", &api.Policy{NotBefore: &api.Moment{After: api.Duration(7200e9)}})
	for _, noScript := range []bool{false, true} {
		tab := browsertest.Open(t, browsertest.Window{Width: 390, NoScript: noScript})
		tab.Allow("status of 409")
		tab.Go(w.url + "/calls/" + id)
		tab.Click(`form[action$="/redial"] button`)
		tab.UntilSays("[role=alert]", "It may not ring before")
		tab.Fits()
	}
	tab := browsertest.Open(t, browsertest.Window{})
	tab.Go(w.url + "/calls/" + id)
	tab.Click(`form[action$="/cancel"] button`)
	tab.UntilSays("h1", "The call to Sato Hanako was canceled.")
}

// Whoever signs in sees the page in their own language and zone, as they choose.
func TestABrowserSignsInAndChooses(t *testing.T) {
	const key = "a-key-of-the-window"
	w := newWindow(t, "answer", key)
	w.call("Sato Hanako", "+819011110001", nil)
	tab := browsertest.Open(t, browsertest.Window{Language: "ja", Zone: "Asia/Tokyo"})
	tab.Allow("status of 401")
	tab.Go(w.url)
	tab.UntilSays("h1", "サインイン")
	tab.Type("input[name=key]", "a-wrong-key-of-it")
	tab.Click("main button")
	tab.UntilSays("[role=alert]", "このAPIキーは使用できません。")
	tab.Type("input[name=key]", key)
	tab.Click("main button")
	tab.UntilSays("h1", "電話")
	tab.Click(`button[value=en]`)
	tab.UntilSays("nav", "Now")
	tab.Click(`button[value=dark]`)
	tab.Until(`document.documentElement.dataset.theme === "dark"`)
	tab.Click(`button[value=utc]`)
	tab.Until(`document.querySelector("button[value=utc]").getAttribute("aria-pressed") === "true"`)
	other := tab.Another()
	other.Go(w.url)
	other.UntilSays(".who", "env")
	tab.Click(".who button")
	tab.UntilSays("h1", "Sign in")
}

// No page scrolls sideways, whatever its window, language and theme; each has a picture.
func TestPagesFitTheirWindows(t *testing.T) {
	w := newWindow(t, "no-answer,busy,answer")
	if err := w.sim.Script("+819011110003", "refuse:21211"); err != nil {
		t.Fatal(err)
	}
	var ids []string
	short := &api.Policy{RedialAfter: map[string]api.Delays{"no-answer": {api.Duration(1e9)}, "busy": {api.Duration(1e9)}}}
	long := "A name that is rather long for a row of a table"
	for i, name := range []string{"Sato Hanako", "佐藤 花子", long, "", "鈴木 一郎"} {
		ids = append(ids, w.call(name, fmt.Sprintf("+81901111000%d", i+1), short))
	}
	w.call("渡辺 健", "+819011110009", &api.Policy{NotBefore: &api.Moment{After: api.Duration(7200e9)}})
	if _, err := w.client.Get(t.Context(), ids[0], 60e9); err != nil {
		t.Fatal(err)
	}
	ringing := w.call("高橋 美咲", "+819011110008", short)
	pages := map[string]string{"now": "/", "call": "/calls/" + ids[0], "ringing": "/calls/" + ringing, "none": "/none"}
	for _, lang := range []string{"en", "ja"} {
		for _, width := range []int{1280, 390} {
			for _, dark := range []bool{false, true} {
				tab := browsertest.Open(t, browsertest.Window{Width: width, Language: lang, Dark: dark, Zone: "Asia/Tokyo"})
				tab.Allow("status of 404")
				for page, path := range pages {
					tab.Go(w.url + path)
					tab.Until(`document.readyState === "complete"`)
					tab.Fits()
					tab.Picture(fmt.Sprintf("%s-%s-%d-%t", page, lang, width, dark))
				}
			}
		}
	}
}
