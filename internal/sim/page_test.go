package sim

import (
	"context"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
)

// page is the desk's page, as a browser gets it.
func (d *desk) page(edit ...func(*http.Request)) string {
	d.t.Helper()
	w, _ := d.send("GET", "/", "", edit...)
	if w.Code != http.StatusOK {
		d.t.Fatalf("the page is answered %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// submit sends a form of the page.
func (d *desk) submit(target string, form url.Values, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	d.t.Helper()
	w, _ := d.send("POST", target, form.Encode(), append(edit, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	})...)
	pass(0)
	return w
}

var tag = regexp.MustCompile(`<[^>]*>|\s+`)

// words is a page without its tags.
func words(page string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tag.ReplaceAllString(page, " ")), " "))
}

func TestThePageOfThePhones(t *testing.T) {
	scripts := map[string]string{bob: "no-answer,answer"}
	atDesk(t, Config{Default: byHand, Scripts: scripts}, func(d *desk) {
		says := func(texts ...string) {
			t.Helper()
			page := words(d.page())
			for _, text := range texts {
				if !strings.Contains(page, text) {
					t.Errorf("the page does not say %q: %s", text, page)
				}
			}
		}
		says("Nothing has rung yet.", bob+" Has not been called yet Answers by itself by hand no-answer,answer")
		sid := d.place(alice, "Twiml", `<Response><Say voice="Polly.Joanna" language="en-US">It is down.</Say><Pause/>`+
			`<Play>https://app.test/a.mp3</Play><Gather numDigits="4" timeout="8" action="https://app.test/p"/></Response>`)
		says("1 call is on its way.", alice+" A call is on its way")
		pass(5 * time.Second)
		says("1 ringing · Fake phones", "1 phone rings.", alice+" rings: a call from "+caller,
			"Rings gives up in 27 s Call from "+caller+" Answer Decline Ignore")
		act := "/sim/desk/calls/" + sid + "/"
		if w := d.submit(act+"answer", nil); w.Code != http.StatusSeeOther ||
			w.Header().Get("Location") != "/?at=phone-819012345678#phone-819012345678" {
			t.Errorf("a form is answered %d, %v", w.Code, w.Header())
		}
		pass(10 * time.Second)
		says("1 is on the line.", "On the line 10 s", "It is down. Polly.Joanna, en-US silence, 1 s "+
			"plays https://app.test/a.mp3 listens for 4 keys, up to 8 s each (# ends it) "+
			"1 2 3 4 5 6 7 8 9 * 0 # Twilio listens for keys. Hang up")
		d.submit(act+"press", url.Values{"keys": {"7"}})
		says("pressed 7")
		d.submit(act+"hang-up", nil)
		says("Nothing rings. There was 1 call, at", "Answered 10 s", "pressed 7")
		w := d.submit(act+"answer", nil)
		if w.Code != http.StatusConflict || !strings.Contains(words(w.Body.String()), "pressed 7 The call is over. Answers") {
			t.Errorf("a late form is answered %d: %s", w.Code, words(w.Body.String()))
		}
		for range 2 {
			d.place(bob)
			pass(time.Minute)
		}
		if !strings.Contains(d.page(), `aria-label="The last calls, the oldest first: Not answered, Answered"`) {
			t.Error("the strip of calls is not told")
		}
		says("There were 3 calls", "1 call before At From Result How long", "00:00:15 "+caller+" Not answered 30 s")
	})
}

// A phone is taken by hand, and given back to the script that it had.
func TestWhoAnswersAPhone(t *testing.T) {
	atDesk(t, Config{Scripts: map[string]string{bob: "busy,wrong"}}, func(d *desk) {
		script := func(number string) string { return d.sim.sources[number] }
		set := func(target, script string, status int) string {
			t.Helper()
			w := d.submit(target, url.Values{"script": {script}})
			if w.Code != status {
				t.Errorf("%s with %q is answered %d", target, script, w.Code)
			}
			return words(w.Body.String())
		}
		button := func(label string) string {
			t.Helper()
			found := regexp.MustCompile(`name="script" value="([^"]*)" aria-pressed="(true|false)">`+label).
				FindAllStringSubmatch(d.page(), -1)
			if len(found) == 0 {
				t.Fatalf("there is no button %s", label)
			}
			last := found[len(found)-1]
			return last[1] + " " + last[2]
		}
		if got := button("by itself"); got != "busy,wrong true" {
			t.Errorf("at first: %s", got)
		}
		set("/sim/desk/phones/"+bob, byHand, http.StatusSeeOther)
		set("/sim/desk/phones/"+bob, byHand, http.StatusSeeOther) // in another tab
		if got := button("by itself"); got != "busy,wrong false" || button("by hand") != "by-hand true" {
			t.Errorf("by hand: %s", got)
		}
		set("/sim/desk/phones/"+bob, "busy,wrong", http.StatusSeeOther)
		if got := button("by itself"); got != "busy,wrong true" || script(bob) != "busy,wrong" {
			t.Errorf("given back: %s", got)
		}
		if says := set("/sim/desk/phones/"+bob, "sing", 422); !strings.Contains(says, "is no step of a script") ||
			script(bob) != "busy,wrong" {
			t.Errorf("what no phone can do is answered: %s", says)
		}
		if says := set("/sim/desk/phones/123", "busy", 422); !strings.Contains(says, "is no number") {
			t.Errorf("what is no number is answered: %s", says)
		}

		if got := button("wait for you"); got != "by-hand false" {
			t.Errorf("others: %s", got)
		}
		set("/sim/desk/others", byHand, http.StatusSeeOther)
		if got := button("answer by themselves"); got != "answer false" || d.sim.currentDefault() != byHand {
			t.Errorf("others by hand: %s", got)
		}
		// A phone without a script of its own does what others do, until it is told.
		d.place(alice)
		pass(time.Minute)
		if got := button("by itself"); got != "answer false" {
			t.Errorf("one of the others, by hand: %s", got)
		}
		set("/sim/desk/phones/"+alice, "answer", http.StatusSeeOther)
		if got := button("by itself"); got != "answer true" {
			t.Errorf("one of the others, told to answer: %s", got)
		}
		set("/sim/desk/others", "answer", http.StatusSeeOther)
		set("/sim/desk/phones/"+alice, "", http.StatusSeeOther)
		set("/sim/desk/phones/"+alice, byHand, http.StatusSeeOther)
		if got := button("by itself"); got != " false" {
			t.Errorf("one of the others, taken by hand: %s", got)
		}
	})
}

func TestThePageSpeaksTheViewersLanguage(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		for accepted, want := range map[string]string{
			"": "en", "ja": "ja", "ja-JP,en;q=0.5": "ja", "fr,ja;q=0.5": "ja", "en-GB,ja": "en", "fr": "en", "ja;q=0,en": "en",
			"\x00;;": "en",
		} {
			page := d.page(func(r *http.Request) { r.Header.Set("Accept-Language", accepted) })
			if !strings.Contains(page, `<html lang="`+want+`">`) || strings.Contains(page, "模擬電話") != (want == "ja") {
				t.Errorf("who accepts %q gets %s", accepted, page[:100])
			}
		}
		for _, choice := range []struct{ name, value, want string }{
			{"language", "ja", `<html lang="ja">`}, {"theme", "dark", `<html lang="en" data-theme="dark">`},
			{"theme", "", `<html lang="en">`}, {"language", "xx", `<html lang="en">`},
			{"theme", `"><script>`, `<html lang="en">`},
		} {
			w := d.submit("/sim/desk/look", url.Values{choice.name: {choice.value}})
			if w.Code != http.StatusSeeOther {
				t.Errorf("%s is answered %d", choice.name, w.Code)
			}
			page := d.page(func(r *http.Request) {
				for _, c := range w.Result().Cookies() {
					r.AddCookie(c)
				}
			})
			if !strings.Contains(page, choice.want) {
				t.Errorf("%s %q makes it %s", choice.name, choice.value, page[:100])
			}
		}
	})
}

// The page serves this machine, and changes nothing for pages of other sites.
func TestThePageServesThisMachineOnly(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		d.place(alice)
		for _, path := range []string{"/", "/sim/desk/events", "/sim/desk/desk.js", "/sim/legs"} {
			w, _ := d.send("GET", path, "", func(r *http.Request) { r.Host = "rebound.example.com" })
			if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), alice) {
				t.Errorf("another machine gets %s: %d", path, w.Code)
			}
		}
		for _, path := range []string{"/sim/desk/others", "/sim/desk/look", "/sim/reset", "/sim/desk/phones/" + alice} {
			for _, edit := range []func(*http.Request){
				func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
				func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			} {
				if w := d.submit(path, url.Values{"script": {"busy"}}, edit); w.Code != http.StatusForbidden {
					t.Errorf("another site's page may POST %s: %d", path, w.Code)
				}
			}
		}
		if d.sim.currentDefault() != "answer" || len(d.sim.Legs()) != 1 {
			t.Error("another site's page has changed something")
		}
		for path, kind := range map[string]string{
			"/": "text/html", "/sim/desk/desk.css": "text/css", "/sim/desk/desk.js": "text/javascript",
			"/sim/desk/icon.svg": "image/",
		} {
			w, _ := d.send("GET", path, "")
			h := w.Header()
			if !strings.HasPrefix(h.Get("Content-Type"), kind) || h.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; ") {
				t.Errorf("%s comes with %v", path, h)
			}
		}
		for _, path := range []string{"/sim/desk/", "/sim/desk/desk.html", "/sim/desk/nothing.js", "/sim/desk/..%2fdesk.go"} {
			if w, _ := d.send("GET", path, ""); w.Code == http.StatusOK {
				t.Errorf("%s is answered %d", path, w.Code)
			}
		}
	})
}

// What anybody sends as a number, a text or a voice stands on the page as text.
func TestThePageEscapes(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		d.place(alice, "Twiml", `<Response><Say voice="&lt;b&gt;x">&lt;script&gt;alert(1)&lt;/script&gt;</Say>`+
			`<Play>javascript:alert(1)</Play></Response>`)
		pass(time.Minute)
		page := d.page()
		for _, markup := range []string{"<script>alert", "<b>x", `href="javascript`} {
			if strings.Contains(page, markup) {
				t.Errorf("the page has markup of others: %s", page)
			}
		}
	})
}

// The page shows what is new, not all that ever was.
func TestThePageIsBounded(t *testing.T) {
	atDesk(t, Config{Default: "busy"}, func(d *desk) {
		for i := range maxPhones + 40 {
			d.place("+8190123" + strconv.Itoa(10000+i))
			pass(time.Second)
		}
		first := "+819012310000"
		for range 3 * maxBars {
			d.place(first)
			pass(time.Minute)
		}
		page := d.page()
		if n := strings.Count(page, "<article"); n != maxPhones || !strings.Contains(page, "40 more phones") {
			t.Errorf("%d phones are shown: %s", n, words(page)[:500])
		}
		at := strings.Index(page, `id="phone-819012310000"`)
		if at < 0 || at > strings.Index(page, `id="phone-819012310099"`) {
			t.Error("the phone that was called last, and came up first, does not stand first")
		}
		if n := strings.Count(page, "<tr><td>"); n != maxLog || !strings.Contains(page, "60 calls before") {
			t.Errorf("%d calls stand in the log", n)
		}
	})
}

// events reads the desk's stream for a while.
func (d *desk) events(during func()) []string {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1:4010/sim/desk/events", nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.sim.ServeHTTP(w, r)
	}()
	synctest.Wait()
	during()
	cancel()
	<-done
	return strings.SplitAfter(strings.TrimSuffix(w.Body.String(), "\n\n"), "\n\n")
}

// A stream begins with all there is, and goes on with what has changed.
func TestTheStreamSendsWhatHasChanged(t *testing.T) {
	atDesk(t, Config{Default: "by-hand", Scripts: map[string]string{bob: "busy"}}, func(d *desk) {
		sid := ""
		events := d.events(func() {
			pass(40 * time.Second)
			sid = d.place(alice)
			pass(5500 * time.Millisecond)
			d.act(sid, "answer")
			pass(time.Second)
			d.ask("POST", "/sim/reset", "", nil)
			pass(time.Second)
		})
		has := func(event string) (parts []string) {
			for name, mark := range map[string]string{"head": `id="head"`, alice: `id="phone-819012345678"`,
				bob: `id="phone-819087654321"`, "page": `<html`} {
				if strings.Contains(event, mark) {
					parts = append(parts, name)
				}
			}
			return slices.Sorted(slices.Values(parts))
		}
		if got := has(events[0]); !slices.Equal(got, []string{bob, "head", "page"}) {
			t.Errorf("it begins with %q", got)
		}
		if events[1] != ": still here\n\n" || events[2] != events[1] {
			t.Errorf("while nothing happens it says %q", events[1:3])
		}
		if got := has(events[3]); !slices.Equal(got, []string{alice, "head"}) {
			t.Errorf("a call sends %q", got)
		}
		if got := has(events[len(events)-1]); !slices.Equal(got, []string{"head", "page"}) {
			t.Errorf("after a reset comes %q", got)
		}
		if n := len(events); n > 20 {
			t.Errorf("%d events are sent in 7 s", n)
		}
		for _, event := range events {
			for line := range strings.Lines(strings.TrimSuffix(event, "\n")) {
				if !strings.HasPrefix(line, "data: ") && !strings.HasPrefix(line, ":") {
					t.Errorf("a line of the stream is none: %q", line)
				}
			}
		}
		if d.sim.watched() != 0 {
			t.Error("somebody still watches")
		}
	})
}

func TestStreamsAreBounded(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		for range maxStreams {
			_, end := d.sim.watch()
			defer end()
		}
		if w, _ := d.send("GET", "/sim/desk/events", ""); w.Code != http.StatusServiceUnavailable {
			t.Errorf("one more is answered %d", w.Code)
		}
	})
}

var (
	action = regexp.MustCompile(`\{\{.*?\}\}`)
	said   = regexp.MustCompile("(?:\\bt |\\.say\\(|\\[4\\]string\\{|notNow\\(|errors\\.New\\()\"([^\"]+)\"")
	shown  = regexp.MustCompile(`\b(?:aria-label|title|placeholder|alt)="[^"]*\pL`)
)

// No letter of the page stands outside the catalogue, and nothing of the catalogue is missing or unused.
func TestThePagesWords(t *testing.T) {
	text, err := os.ReadFile("desk/desk.html")
	if err != nil {
		t.Fatal(err)
	}
	markup := action.ReplaceAllString(string(text), "")
	if found := shown.FindString(markup); found != "" {
		t.Errorf("an attribute has a text of its own: %s", found)
	}
	for line := range strings.Lines(tag.ReplaceAllString(markup, " ")) {
		if strings.ContainsFunc(line, unicode.IsLetter) {
			t.Errorf("the template has a text of its own: %s", line)
		}
	}
	used := map[string]bool{"star": true, "hash": true} // the names of keys
	for _, file := range []string{"desk/desk.html", "view.go", "words.go", "hand.go", "desk.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}
	}
	for text := range used {
		if _, ok := japanese[text]; !ok {
			t.Errorf("%q is not in Japanese", text)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(japanese)) {
		if !used[text] {
			t.Errorf("%q is used nowhere", text)
		}
	}
}

var verbs = regexp.MustCompile(`%[a-z]`)

// Japanese is written in Japanese, and takes the arguments that English takes, in the same order.
func TestThePagesJapanese(t *testing.T) {
	for english, text := range japanese {
		japanese := func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }
		if !strings.ContainsFunc(text, japanese) && !slices.Contains([]string{"en", "ja", "日本語"}, english) {
			t.Errorf("%q is %q", english, text)
		}
		if want, got := verbs.FindAllString(english, -1), verbs.FindAllString(text, -1); !slices.Equal(want, got) {
			t.Errorf("%q has %v, and %q %v", english, want, text, got)
		}
	}
	if got := japanese.length(83) + english.length(5); got != "1分23秒5 s" {
		t.Errorf("lengths: %s", got)
	}
}
