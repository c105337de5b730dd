package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"redial/api"
)

// pagePaths are the paths of all pages, read from the list of their routes; call stands for a call's id.
func pagePaths(t *testing.T, call string) (paths []string) {
	t.Helper()
	list, err := os.ReadFile("page_routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`mux\.Handle\("GET ([^"]+)"`).FindAllStringSubmatch(string(list), -1) {
		paths = append(paths, strings.NewReplacer("{$}", "", "{file}", "page.css", "{id}", call).Replace(m[1]))
	}
	if len(paths) < 3 {
		t.Fatalf("%d pages were found: %q", len(paths), paths)
	}
	return paths
}

// pageForms are the routes of all forms of the page.
func pageForms(t *testing.T) (routes []string) {
	t.Helper()
	list, err := os.ReadFile("page_routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`mux\.Handle\("(POST [^"]+)"`).FindAllStringSubmatch(string(list), -1) {
		routes = append(routes, m[1])
	}
	if len(routes) < 5 {
		t.Fatalf("%d forms were found: %q", len(routes), routes)
	}
	return routes
}

// look opens a page as a browser does. Streams are asked for their headers alone.
func (w *world) look(path string, change func(*http.Request)) *httptest.ResponseRecorder {
	method := "GET"
	if strings.HasSuffix(path, "live") {
		method = "HEAD"
	}
	return w.local(method, path, func(r *http.Request) {
		r.Header.Set("Accept", "text/html")
		r.Header.Set("User-Agent", "Mozilla/5.0")
		if change != nil {
			change(r)
		}
	})
}

var outside = regexp.MustCompile(`(?:src|href|action)="([^"]*)"`)

// On its own machine, without API keys, everybody sees every page. No page has a script, a style or a link that leads
// away from redial, or that would not work below a path.
func TestPagesAreStrict(t *testing.T) {
	inKeylessWorld(t, func(w *world) {
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice})
		for _, path := range pagePaths(t, c.id) {
			out, want := w.look(path, nil), http.StatusOK
			if path == "/sign-in" { // nobody needs to
				want = http.StatusSeeOther
			}
			if out.Code != want {
				t.Errorf("%s is answered %d: %s", path, out.Code, out.Body)
			}
			csp := out.Header().Get("Content-Security-Policy")
			for _, rule := range []string{"default-src 'none'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"} {
				if !strings.Contains(csp, rule) {
					t.Errorf("%s has no %s", path, rule)
				}
			}
			if strings.Contains(csp, "unsafe") || out.Header().Get("X-Accel-Buffering") != "no" {
				t.Errorf("%s: policy %q, buffering %q", path, csp, out.Header().Get("X-Accel-Buffering"))
			}
			body := out.Body.String()
			if !strings.HasPrefix(out.Header().Get("Content-Type"), "text/html") {
				continue
			}
			for _, bad := range []string{"<style", " style=", " onclick=", "<script>", "javascript:"} {
				if strings.Contains(body, bad) {
					t.Errorf("%s has %s", path, bad)
				}
			}
			for _, m := range outside.FindAllStringSubmatch(body, -1) {
				if strings.HasPrefix(m[1], "/") || strings.Contains(m[1], "//") {
					t.Errorf("%s leads to %s", path, m[1])
				}
			}
		}
	})
}

// Without API keys no page is shown to others than whoever sits at the machine; a link on another site's page may lead
// here, but that page can't read or do anything.
func TestPagesAreForThisMachineWithoutKeys(t *testing.T) {
	header := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	fetched := func(site, mode, dest string) func(*http.Request) {
		return header("Sec-Fetch-Site", site, "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", dest)
	}
	inKeylessWorld(t, func(w *world) {
		for what, c := range map[string]struct {
			change func(*http.Request)
			want   int
		}{
			"a proxy":               {header("X-Forwarded-For", "203.0.113.5"), http.StatusForbidden},
			"another name":          {func(r *http.Request) { r.Host = "evil.example" }, http.StatusForbidden},
			"a page's fetch":        {fetched("cross-site", "no-cors", "empty"), http.StatusForbidden},
			"a frame of a page":     {fetched("cross-site", "navigate", "iframe"), http.StatusForbidden},
			"a link of a page":      {fetched("cross-site", "navigate", "document"), http.StatusOK},
			"an address typed in":   {fetched("none", "navigate", "document"), http.StatusOK},
			"a link of our own":     {fetched("same-origin", "navigate", "document"), http.StatusOK},
			"a browser without any": {header(), http.StatusOK},
		} {
			out := w.look("/", c.change)
			if out.Code != c.want {
				t.Errorf("%s is answered %d, not %d", what, out.Code, c.want)
			}
			if c.want != http.StatusOK && strings.Contains(out.Body.String(), "id=\"rows\"") {
				t.Errorf("%s sees calls", what)
			}
		}
	})
}

// A browser at a path where nothing is sees a page that says so; a program gets a problem, as ever.
func TestABrowserIsToldThatNothingIsThere(t *testing.T) {
	inKeylessWorld(t, func(w *world) {
		out := w.look("/nothing/here", nil)
		if out.Code != http.StatusNotFound || !strings.Contains(out.Body.String(), "There is no such page.") {
			t.Errorf("a browser is answered %d: %s", out.Code, out.Body)
		}
		out = w.local("GET", "/nothing/here", nil)
		if out.Code != http.StatusNotFound || !strings.Contains(out.Header().Get("Content-Type"), "problem+json") {
			t.Errorf("a program is answered %d, %s", out.Code, out.Header().Get("Content-Type"))
		}
	})
}

// REDIAL_PAGE keeps the page off, or puts it at an address where nothing else is.
func TestThePageIsWhereItIsSaidToBe(t *testing.T) {
	for where, want := range map[string]struct{ api, page int }{
		"": {http.StatusOK, 0}, "on": {http.StatusOK, 0}, "off": {http.StatusNotFound, 0},
		"127.0.0.1:0": {http.StatusNotFound, http.StatusOK},
	} {
		change := func(c *Config) { c.APIKeys, c.HostURL, c.Page = nil, localURL, where }
		inWorld(t, change, func(w *world) {
			if out := w.look("/", nil); out.Code != want.api {
				t.Errorf("REDIAL_PAGE=%s: beside the API it is answered %d", where, out.Code)
			}
			pages := w.node.Load().pages
			if pages == nil && want.page == 0 {
				return
			}
			for path, want := range map[string]int{"/": http.StatusOK, "/v1/calls": 404, "/healthz": 404} {
				out := httptest.NewRecorder()
				pages.ServeHTTP(out, httptest.NewRequestWithContext(w.ctx, "GET", "http://127.0.0.1:8081"+path, nil))
				if out.Code != want {
					t.Errorf("at the page's own address %s is answered %d", path, out.Code)
				}
			}
		})
	}
}

func TestOddAddressesOfThePageAreRefused(t *testing.T) {
	for _, where := range []string{"yes", "8081", "127.0.0.1:70000", "127.0.0.1:8080"} {
		c := Config{Listen: "127.0.0.1:8080", Page: where}
		if err := c.checkPage(); err == nil || !strings.HasPrefix(err.Error(), "REDIAL_PAGE ") {
			t.Errorf("%s: %v", where, err)
		}
	}
	open := Config{Listen: "127.0.0.1:8080", Page: "0.0.0.0:8081"}
	if err := open.checkOpen(false); err == nil || !strings.Contains(err.Error(), "the page listens on 0.0.0.0:8081") {
		t.Errorf("a page that others can reach needs no API key: %v", err)
	}
}
