package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src * data:; " +
	"require-trusted-types-for 'script'; trusted-types none"

// serve serves a page with this body and, as /s.js, this script.
func serve(t *testing.T, body, script string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!doctype html><meta name=viewport content='width=device-width'><link rel=icon href='data:,'>"+
				"<title>t</title><body>%s<script src=/s.js></script>", body)
		case "/s.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write([]byte(script))
		case "/language":
			_, _ = w.Write([]byte(r.Header.Get("Accept-Language")))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Whatever a page must not do is seen, each kind of it: else a test that expects none could not fail.
func TestFaultsAreSeen(t *testing.T) {
	for _, test := range []struct{ name, body, script, fault string }{
		{"an error in the console", "", "console.error('broken', 7)", `console: "broken" 7`},
		{"an exception", "", "null.f()", "TypeError"},
		{"what is not there", "", "fetch('/nothing')", "status of 404"},
		{"another server", "<img src='http://elsewhere.test/x.png'>", "", "another server: http://elsewhere.test/x.png"},
		{"an inline style", "<p style='color: red'>x</p>", "", "security policy: style-src"},
		{"an inline script", "<script>1</script>", "", "security policy: script-src"},
		{"Trusted Types", "", "document.body.innerHTML = '<b>x</b>'", "kTrustedTypesSinkViolation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Open(t, Window{})
			p.Go(serve(t, test.body+"<p id=end>end</p>", test.script))
			p.until("fault", func(context.Context) (bool, error) {
				return strings.Contains(strings.Join(p.watch.left(), "\n"), test.fault), nil
			})
			p.Allow("")
		})
	}
	p := Open(t, Window{})
	p.Go(serve(t, "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=='>",
		"console.log(1); document.body.append('written')"))
	p.UntilSays("body", "written")
}

// A window is what it says it is.
func TestWindows(t *testing.T) {
	url := serve(t, "<p id=p>x</p>", "document.getElementById('p').textContent = 'script'; "+
		"fetch('/language').then(r => r.text()).then(t => document.body.append(t))")
	media := func(p *Tab, query string) bool { return Eval[bool](p, "matchMedia('("+query+")').matches") }
	p := Open(t, Window{})
	p.Go(url)
	p.UntilSays("body", "en-US")
	if media(p, "prefers-color-scheme: dark") || media(p, "forced-colors: active") || media(p, "pointer: coarse") ||
		p.Text("#p") != "script" || Eval[int](p, "innerWidth") != 1280 {
		t.Error("it is no desktop")
	}
	p = Open(t, Window{
		Width: 390, Language: "ja", Zone: "Asia/Tokyo", Dark: true, ForcedColors: true, ReducedMotion: true,
	})
	p.Go(url)
	p.UntilSays("body", "ja")
	if !media(p, "prefers-color-scheme: dark") || !media(p, "forced-colors: active") ||
		!media(p, "prefers-reduced-motion: reduce") || !media(p, "pointer: coarse") ||
		Eval[int](p, "innerWidth") != 390 || Eval[string](p, "new Date(0).getHours() + ''") != "9" {
		t.Error("it is no dark phone in Tokyo")
	}
	p = Open(t, Window{NoScript: true})
	p.Go(url)
	if p.Text("#p") != "x" {
		t.Error("a script ran")
	}
}

// Two tabs of one user share cookies, two users don't.
func TestTabsHaveTheirUsersCookies(t *testing.T) {
	url := serve(t, "", "")
	p := Open(t, Window{})
	p.Go(url)
	Eval[string](p, "document.cookie = 'who=me'")
	for _, test := range []struct {
		tab  *Tab
		want string
	}{{p.Another(), "who=me"}, {Open(t, Window{}), ""}} {
		test.tab.Go(url)
		if got := Eval[string](test.tab, "document.cookie"); got != test.want {
			t.Errorf("the cookie is %q, not %q", got, test.want)
		}
	}
}

func TestWhatSticksOut(t *testing.T) {
	p := Open(&quiet{TB: t}, Window{Width: 390})
	p.Go(serve(t, "<table><tr><td><img width=391 height=9 src=''></table>", ""))
	if p.Fits(); !p.t.(*quiet).failed {
		t.Error("a page of more than 390 px fits")
	}
	p = Open(t, Window{Width: 390})
	p.Go(serve(t, "<p>short</p>", ""))
	p.Fits()
}

// quiet is a test that records its failure.
type quiet struct {
	testing.TB
	failed bool
}

func (q *quiet) Errorf(string, ...any) { q.failed = true }
