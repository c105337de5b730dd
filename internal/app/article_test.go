package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"redial/api"
	"redial/internal/store"
)

// articles is the article's call as a trigger.
const articles = `
people:
  aiko: {number: "+819012345678"}
triggers:
  default:
    to: [aiko]
    say: {text: "Hello world!"}
    policy: {preset: article}
`

const articlePath = "/twilio_api/calls"

// sends sends a request as somebody else's program wrote it.
func (w *world) sends(text string, headers ...string) (int, http.Header, []byte) {
	w.t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))))
	if err != nil {
		w.t.Fatalf("%v: %s", err, text)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Fatalf("%v: %s", err, text)
	}
	again, err := http.NewRequestWithContext(w.ctx, r.Method, w.client.URL+r.URL.String(), bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	again.Header = r.Header
	for i := 0; i+1 < len(headers); i += 2 {
		again.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.net.RoundTrip(again)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, res.Header, answer
}

// posts sends a form, or what else a type says, to the article's path.
func (w *world) posts(kind, body string, headers ...string) (int, api.Call, string) {
	w.t.Helper()
	length := len(body) + strings.Count(body, "\n")
	text := "POST " + articlePath + " HTTP/1.1\nHost: redial\nContent-Length: " + fmt.Sprint(length) + "\n"
	if kind != "" {
		text += "Content-Type: " + kind + "\n"
	}
	status, _, answer := w.sends(text+"\n"+body, headers...)
	var c api.Call
	if status == http.StatusCreated {
		if err := json.Unmarshal(answer, &c); err != nil {
			w.t.Fatal(err)
		}
	}
	return status, c, string(answer)
}

const form = "application/x-www-form-urlencoded"

// The article's POST rings three times, whoever sends it and however: these are the bytes of the usual clients.
func TestTheArticlesPostRingsThreeTimes(t *testing.T) {
	file, err := txtar.ParseFile("testdata/article.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, sent := range file.Files {
		t.Run(sent.Name, func(t *testing.T) {
			inKeylessWorld(t, func(w *world) {
				w.useTriggers(articles)
				w.phone(alice).noAnswer().busy().answers()
				status, header, answer := w.sends(string(sent.Data))
				var c api.Call
				if err := json.Unmarshal(answer, &c); err != nil || status != http.StatusCreated ||
					header.Get("Location") != "/v1/calls/"+c.ID || c.By != store.NameOfLocal {
					t.Fatalf("answered %d, %v: %s", status, err, answer)
				}
				callbacks := strings.Contains(string(sent.Data), "status_callback")
				if ignored := []string{"status_callback", "status_callback_event", "status_callback_method"}; callbacks !=
					slices.Equal(c.Ignored, ignored) || !callbacks && c.Ignored != nil {
					t.Errorf("%q is said to be ignored", c.Ignored)
				}
				w.pass(5 * time.Minute)
				(&asked{w, c.ID}).is("reached", "no-answer", "busy", "completed")
				for _, create := range w.creates() {
					got := create.Form
					if got.Get("To") != alice || got.Get("From") != caller || got.Get("Timeout") != "30" ||
						!strings.Contains(got.Get("Twiml"), "Hello world!") {
						t.Errorf("Twilio was sent %v", got)
					}
				}
			})
		})
	}
}

// Options stand in the place of what the trigger says, one by one, in each form that they can have. What redial can't
// do is refused with the option's name: nobody else is rung in its place.
func TestTheArticlesOptionsReplaceTheTriggers(t *testing.T) {
	const twiml = "<Response><Say>Fire!</Say></Response>"
	escaped := url.QueryEscape(twiml)
	parts := "--x\nContent-Disposition: form-data; name=\"%s\"\n\n%s\n--x--\n"
	const inParts = "multipart/form-data; boundary=x"
	for _, test := range []struct {
		kind, body string
		want       string // To, Timeout and what is heard; or the option and what is wrong with it
	}{
		{"", "", alice + " 30 Hello world!"},
		{"text/plain;charset=UTF-8", "", alice + " 30 Hello world!"},
		{"no type at all", "", alice + " 30 Hello world!"},
		{form, "to=" + bob, bob + " 30 Hello world!"},
		{form, "to=%2B819087654321", bob + " 30 Hello world!"},
		{form, "To=" + bob + "&Timeout=20&Twiml=" + escaped, bob + " 20 Fire!"},
		{form, "to[]=" + bob, bob + " 30 Hello world!"},
		{form, "to%5B%5D=" + bob, bob + " 30 Hello world!"},
		{form, "timeout=20", alice + " 20 Hello world!"},
		{form, "twiml=" + escaped, alice + " 30 Fire!"},
		{form, "from=" + caller, alice + " 30 Hello world!"},
		{form, "StatusCallback=https%3A%2F%2Fa.example&timeout=600", alice + " 600 Hello world!"},
		{form, "utf8=%E2%9C%93&authenticity_token=x%25&user[name]=Ada&commit=Call", alice + " 30 Hello world!"},
		{inParts, fmt.Sprintf(parts, "to", bob), bob + " 30 Hello world!"},
		{inParts, fmt.Sprintf(parts, "Twiml", twiml), alice + " 30 Fire!"},
		{"application/json", `{"timeout": 20}`, alice + " 20 Hello world!"},
		{"application/json; charset=utf-8", `{"timeout": "20", "to": "` + bob + `"}`, bob + " 20 Hello world!"},
		{"application/json", `{"timeout": 20.0, "status_callback": null, "from": null}`, alice + " 20 Hello world!"},
		{"application/json", `{"status_callback_event": ["completed"], "twiml": "` + twiml + `"}`, alice + " 30 Fire!"},

		{form, "to=somebody", "to: "},
		{form, "to=", "to: is empty"},
		{form, "to", "to: is empty"},
		{form, "to=+12125550123", "to: +121******23 is a number in region US"},
		{form, "to=" + bob + "&to=" + alice, "to: is there twice"},
		{form, "to=" + bob + "&To=" + alice, "to: is there twice"},
		{form, "to=%2", "to: has a % that"},
		{form, "twiml=%FF", "twiml: is not UTF-8"},
		{form, "twiml=" + url.QueryEscape("<Response><Dial>+12125550123</Dial></Response>"), "twiml: "},
		{form, "twiml=hello", "twiml: "},
		{form, "from=anybody", "from: "},
		{form, "timeout=3", "timeout: must be from 5s to 10m"},
		{form, "timeout=-30", "timeout: must be from 5s to 10m"},
		{form, "timeout=99999999999999", "timeout: must be from 5s to 10m"},
		{form, "timeout=1e2", "timeout: must be a number of whole seconds"},
		{form, "timeout=30s", "timeout: must be a number of whole seconds"},
		{form, "timeout=99999999999999999999", "timeout: must be a number of whole seconds"},
		{form, "timeout=&to=", "timeout: is empty"},
		{inParts, fmt.Sprintf(parts, "to", "x"), "to: "},
		{"application/json", `{"timeout": 20, "to": ["` + bob + `"]}`, "to: must be a string"},
		{"application/json", `{"timeout": 20, "url": "https://a.example"}`, "timeout: is not a field"}, // a call's
		{"application/json", `{"timeout": 20, "record": true}`, "record: is not a field here; there are: from, status"},
		{"application/json", `{"timeout": {}}`, "timeout: must be a number of whole seconds"},
		{"application/json", `{"timeout": 20.5}`, "timeout: must be a number of whole seconds"},
	} {
		t.Run(test.kind+" "+test.body, func(t *testing.T) {
			inKeylessWorld(t, func(w *world) {
				w.useTriggers(articles)
				w.phone(alice).answers()
				w.phone(bob).answers()
				status, c, answer := w.posts(test.kind, test.body)
				w.pass(time.Minute)
				if field, detail, wrong := strings.Cut(test.want, ": "); wrong {
					var p api.Problem
					if err := json.Unmarshal([]byte(answer), &p); err != nil || status != http.StatusUnprocessableEntity ||
						len(p.Errors) == 0 || p.Errors[0].Field != field || !strings.HasPrefix(p.Errors[0].Detail, detail) {
						t.Errorf("answered %d, %v: %s", status, err, answer)
					}
					return
				}
				creates := w.creates()
				if status != http.StatusCreated || len(creates) != 1 {
					t.Fatalf("answered %d: %s", status, answer)
				}
				sent := creates[0].Form
				said := regexp.MustCompile(">([^<]+)</Say>").FindStringSubmatch(sent.Get("Twiml"))
				if got := sent.Get("To") + " " + sent.Get("Timeout") + " " + said[1]; got != test.want || c.ID == "" {
					t.Errorf("Twilio was sent %s", got)
				}
			})
		})
	}
}

// What is no form, and not called JSON, plays nothing: whoever sent it meant something.
func TestTheArticlesPathPlaysNothingByMistake(t *testing.T) {
	inKeylessWorld(t, func(w *world) {
		w.useTriggers(articles)
		for _, sent := range []struct {
			kind, body string
			status     int
			told       string
		}{
			{form, `{"to": "` + bob + `", "say": "hi"}`, 415, "Content-Type: application/json"}, // curl -d, and Net::HTTP.post
			{"", `{"to": "` + bob + `", "say": "hi"}`, 415, "Content-Type: application/json"},
			{"text/plain", ` ["` + bob + `"]`, 415, "Content-Type: application/json"},
			{"text/plain", "Fire!", 415, "a form"},
			{"application/xml", "<Response/>", 415, "a form"},
			{"application/json", "{}", 422, "to: is missing"},
			{"application/json", "{", 400, "not JSON"},
			{"application/json; charset=utf-16", "{}", 400, "UTF-8"},
			{"application/json", `{"timeout": 30, "timeout": 30}`, 400, "twice"},
			{"application/json", "[]", 422, "must be a JSON object"},
			{"multipart/form-data", "to=x", 400, "form can't be read"},
			{"multipart/form-data; boundary=x", "--x\n", 400, "form can't be read"},
			{"multipart/form-data; boundary=x", "--x\nContent-Disposition: form-data; name=\"to", 400, "form can't be read"},
			{"multipart/form-data; boundary=x", strings.Repeat("--x\n\n\n", 1002) + "--x--\n", 422, "1000 fields"},
			{form, "state=resolved&title=Disk", 200, "it is over"},
			{form, strings.Repeat("x", 2<<20), 413, "larger than"},
		} {
			status, _, answer := w.posts(sent.kind, sent.body)
			if status != sent.status || !strings.Contains(answer, sent.told) {
				t.Errorf("%.60q called %s is answered %d: %s", sent.body, sent.kind, status, answer)
			}
		}
		if out := w.local("POST", articlePath+"?to=%2B819087654321", nil); out.Code != http.StatusUnprocessableEntity {
			t.Errorf("an option in the URL is answered %d: %s", out.Code, out.Body)
		}
		w.pass(time.Minute)
	})
}

// Whoever sends no API key where one is needed is told the line that works.
func TestTheArticlesPostWithoutAnAPIKeyIsToldTheLine(t *testing.T) {
	curl := regexp.MustCompile(`curl -X POST (\S+)(/twilio_api/calls) -H '(\S+): (Bearer) KEY'`)
	for name, change := range map[string]func(*Config){
		"a public URL": nil,
		"a base path":  func(c *Config) { c.HostURL = hostURL + "/redial" },
		"none":         func(c *Config) { c.HostURL = "" },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, change, func(w *world) {
				w.useTriggers(articles)
				w.phone(alice).answers()
				status, answer := w.do("POST", articlePath, "", "Authorization", "", "Content-Type", "")
				line := curl.FindStringSubmatch(answer)
				base := w.conf.HostURL
				if base == "" {
					base = "http://redial.example.com"
				}
				if status != http.StatusUnauthorized || line == nil || line[1] != base || line[2] != articlePath {
					w.t.Fatalf("answered %d: %s", status, answer)
				}
				if status, answer := w.do("POST", line[2], "", line[3], line[4]+" "+apiKey, "Content-Type", ""); status != 201 {
					t.Errorf("the line is answered %d: %s", status, answer)
				}
				w.pass(time.Minute)
				w.refused("no_key", 1)
			})
		})
	}
	inWorld(t, func(c *Config) { c.HostURL = "" }, func(w *world) {
		out := w.local("POST", articlePath, func(r *http.Request) { r.Host = "$(reboot)" })
		if !strings.Contains(out.Body.String(), "http://HOST/twilio_api/calls") {
			t.Errorf("a strange host is answered %s", out.Body)
		}
	})
}

// A key that may play the trigger default alone can't change what it says; the trigger's own rules are the same for
// every key.
func TestWhoMayPlayTheTriggerDefault(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(articles)
		phone := w.phone(alice)
		player, other := w.key("door", "trigger:default"), w.key("lift", "trigger:alerts")
		asker := w.key("shop", store.CallsWrite)
		wish := `{"to": "` + alice + `", "say": "hi"}`
		for _, test := range []struct {
			secret, kind, body string
			want               int
		}{
			{player, "", "", 201}, {player, form, "title=Door", 201}, {player, form, "status_callback=https://a.example", 201},
			{player, form, "to=" + alice, 403}, {player, form, "timeout=30", 403}, {player, "application/json", wish, 403},
			{other, "", "", 403},
			{asker, "", "", 201}, {asker, form, "to=" + alice, 201}, {asker, "application/json", wish, 201},
		} {
			status, _, answer := w.posts(test.kind, test.body, with(test.secret)...)
			if status != test.want || status == 403 && !strings.Contains(answer, "lacks the scope calls:write") {
				t.Errorf("%s %q is answered %d: %s", test.kind, test.body, status, answer)
			}
			phone.answers()
			w.pass(time.Minute)
		}
	})
}

// Without the trigger, the answer has the YAML that is missing. Copied out of the answer as it was sent, it works, both
// as a file and below the triggers of one.
func TestTheYAMLThatIsMissingWorksWhenPasted(t *testing.T) {
	const people = "people: {ben: {number: '+819087654321'}}\n"
	for name, test := range map[string]struct {
		from, file, rings string
	}{
		"no file":                 {caller, "", alice},
		"no file, in America":     {"+12025550143", "", "+12015550123"},
		"a file of people":        {caller, people, bob},
		"a file with a trigger":   {caller, people + "triggers:\n  alerts: {to: [ben]}\n", bob},
		"a file without people":   {caller, "rotas: {}\n", alice},
		"a person called by 1e3":  {caller, "people: {1e3: {number: '+819087654321'}}\n", bob},
		"a file of presets alone": {caller, "presets: {slow: {max_attempts: 1}}\n", alice},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *Config) { c.From = test.from }, func(w *world) {
				w.phone(test.rings).noAnswer().noAnswer().answers()
				if test.file != "" {
					w.useTriggers(test.file)
				}
				status, answer := w.do("POST", articlePath, "")
				before, yaml, found := strings.Cut(strings.TrimSuffix(strings.TrimSpace(answer), `"}`), "): ")
				if test.file == "" {
					before, yaml, found = strings.Cut(strings.TrimSuffix(strings.TrimSpace(answer), `"}`), "anew: ")
				}
				if status != http.StatusUnprocessableEntity || !found || !strings.Contains(before, "REDIAL_CONFIG") ||
					strings.ContainsAny(yaml, `\\"`) {
					w.t.Fatalf("answered %d: %s", status, answer)
				}
				if strings.Contains(before, "below triggers:") {
					yaml = "  " + yaml
				}
				yaml = test.file + yaml + "\n"
				w.useTriggers(yaml)
				status, answer = w.do("POST", articlePath, "")
				var c api.Call
				if err := json.Unmarshal([]byte(answer), &c); err != nil || status != http.StatusCreated {
					w.t.Fatalf("answered %d, %v: %s", status, err, answer)
				}
				w.pass(5 * time.Minute)
				(&asked{w, c.ID}).is("reached", "no-answer", "no-answer", "completed")
			})
		})
	}
}

// An Idempotency-Key makes a call of the article's POST once, also where its form has another boundary each time. A dry
// run makes none.
func TestTheArticlesPostCanBeRepeated(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(articles)
		w.phone(alice).answers().answers()
		w.phone(bob).answers()
		key := append(with(apiKey), "Idempotency-Key")
		parts := func(boundary string) (kind, body string) {
			return "multipart/form-data; boundary=" + boundary,
				"--" + boundary + "\nContent-Disposition: form-data; name=\"to\"\n\n" + bob + "\n--" + boundary + "--\n"
		}
		_, first, _ := w.posts("", "", append(key, "a")...)
		one, two := "1111", "2222"
		kind, body := parts(one)
		_, second, _ := w.posts(kind, body, append(key, "b")...)
		w.pass(time.Minute)
		for _, test := range []struct {
			kind, body, key string
			want            int
			id              string
		}{
			{"", "", "a", 201, first.ID}, {form, "", "a", 201, first.ID}, {form, "to=" + bob, "a", 409, ""},
			{form, "timeout=7", "c", 201, ""}, {form, "timeout=8", "c", 409, ""},
		} {
			status, c, answer := w.posts(test.kind, test.body, append(key, test.key)...)
			if status != test.want || test.id != "" && c.ID != test.id {
				t.Errorf("%q with %s is answered %d: %s", test.body, test.key, status, answer)
			}
		}
		kind, body = parts(two)
		if status, c, answer := w.posts(kind, body, append(key, "b")...); status != 201 || c.ID != second.ID {
			t.Errorf("another boundary is answered %d: %s", status, answer)
		}
		w.useTriggers("people: {}")
		if status, c, answer := w.posts("", "", append(key, "a")...); status != 201 || c.ID != first.ID {
			t.Errorf("without the trigger a repeat is answered %d: %s", status, answer)
		}
		w.useTriggers(articles)
		status, answer := w.do("POST", articlePath+"?dry_run=true", "to="+bob, "Content-Type", form)
		if status != http.StatusOK || !strings.Contains(answer, bob) {
			t.Errorf("a dry run is answered %d: %s", status, answer)
		}
		w.pass(time.Minute)
	})
}

// A form is an event: the trigger's texts are made of it, whoever sends it.
func TestTheArticlesFormFillsTheTriggersTexts(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(strings.NewReplacer(`"Hello world!"`, `"{{ .title }} for {{ .raw.name }}."`).Replace(articles) +
			"    metadata: {order: \"{{ .raw.order }}\"}\n")
		w.phone(alice).answers()
		_, c, _ := w.posts(form, "title=A+parcel&name=Ada&order=42", with(apiKey)...)
		w.pass(time.Minute)
		if said := w.creates()[0].Form.Get("Twiml"); !strings.Contains(said, "A parcel for Ada.") {
			t.Errorf("it said %s", said)
		}
		if c.Metadata["order"] != "42" || c.Metadata["trigger"] != "default" {
			t.Errorf("its metadata are %v", c.Metadata)
		}
	})
}

// What goes wrong in the trigger is told of a call of its own as of an event's.
func TestTheArticlesCallTellsWhatWentWrong(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(strings.Replace(articles, "[aiko]", `[aiko, "{{ .raw.who }}"]`, 1))
		w.phone(alice).answers().answers()
		_, c, _ := w.posts(form, "who=nobody", append(with(apiKey), "Idempotency-Key", "a")...)
		w.posts(form, "who=nobody", append(with(apiKey), "Idempotency-Key", "a")...)
		w.pass(time.Minute)
		if asked := (&asked{w, c.ID}); !asked.happened("trigger.doubted") {
			t.Errorf("its timeline is\n%s", asked.story())
		}
		w.metric("redial_trigger_doubts_total 1")
	})
}

// Too many calls are no fault of the article's request: it is told to come again later, and not that it is refused.
func TestTheArticlesPostIsToldToComeAgain(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxPerNumber = 1 }, func(w *world) {
		w.useTriggers(articles)
		w.phone(alice).does("answer:10m")
		w.posts("", "", with(apiKey)...)
		for _, body := range []string{"", "to=" + alice, "timeout=20"} {
			text := fmt.Sprintf("POST %s HTTP/1.1\nHost: x\nContent-Type: %s\nContent-Length: %d\n\n%s", articlePath, form,
				len(body), body)
			status, header, answer := w.sends(text, with(apiKey)...)
			if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" ||
				!strings.Contains(string(answer), "REDIAL_MAX_WAITING_PER_NUMBER") {
				t.Errorf("%q is answered %d: %s", body, status, answer)
			}
		}
		if status, answer := w.do("POST", articlePath, `{"to": "`+alice+`", "say": "hi"}`); status != 429 {
			t.Errorf("a request for a call is answered %d: %s", status, answer)
		}
		w.pass(time.Hour)
		room := w.fullDisk()
		w.sql("CREATE TRIGGER full_creates BEFORE INSERT ON calls BEGIN SELECT RAISE(FAIL, 'disk full'); END")
		for _, body := range []string{"", "to=" + alice} {
			if status, _, answer := w.posts(form, body, with(apiKey)...); status != http.StatusServiceUnavailable {
				t.Errorf("on a full disk %q is answered %d: %s", body, status, answer)
			}
		}
		w.sql("DROP TRIGGER full_creates")
		room()
	})
}

// A trigger that has nobody to ring says so.
func TestTheArticlesPostWithNobodyToRing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers("people: {ben: {number: '" + bob + "'}}\ntriggers: {default: {to: ['{{ .raw.who }}'], say: hi}}")
		w.phone(bob).answers().answers()
		status, answer := w.do("POST", articlePath, "")
		if status != http.StatusUnprocessableEntity || !strings.Contains(answer, "there is nobody to ring") {
			t.Errorf("answered %d: %s", status, answer)
		}
		for _, body := range []string{"who=ben", "to=" + bob} {
			if status, _, answer := w.posts(form, body, with(apiKey)...); status != http.StatusCreated {
				t.Errorf("%s is answered %d: %s", body, status, answer)
			}
			w.pass(time.Minute)
		}
	})
}

// Where no API key is needed, no page makes a browser on this machine play the trigger: what a page can send without
// asking first, an old browser included, is refused before anything else.
func TestNoPagePlaysTheTriggerDefault(t *testing.T) {
	const page = "POST /twilio_api/calls HTTP/1.1\nHost: 127.0.0.1:8080\n"
	const chrome = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36\n"
	const firefox = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:52.0) Gecko/20100101 Firefox/52.0\n"
	const navigates = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\n"
	inKeylessWorld(t, func(w *world) {
		w.useTriggers(articles)
		for name, text := range map[string]string{
			"a form": page + chrome + navigates + "Origin: https://evil.example\nSec-Fetch-Site: cross-site\n" +
				"Sec-Fetch-Mode: navigate\nContent-Type: " + form + "\nContent-Length: 0\n",
			"a form of a sandboxed frame": page + chrome + navigates + "Origin: null\nContent-Type: " + form +
				"\nContent-Length: 0\n",
			"a form of a browser that says no site": page + chrome + navigates + "Origin: http://evil.example\nContent-Type: " +
				form + "\nContent-Length: 0\n",
			"a form of an old browser": page + firefox + navigates + "Content-Type: " + form + "\nContent-Length: 0\n",
			"a form of an old browser, with a referrer": page + firefox + navigates + "Referer: http://evil.example/\n" +
				"Content-Type: multipart/form-data; boundary=x\nContent-Length: 5\n\n--x--",
			"fetch in mode no-cors": page + chrome + "Accept: */*\nOrigin: https://evil.example\nSec-Fetch-Site: cross-site\n" +
				"Content-Type: text/plain;charset=UTF-8\nContent-Length: 0\n",
			"sendBeacon": page + chrome + "Accept: */*\nOrigin: https://evil.example\nSec-Fetch-Site: cross-site\n" +
				"Sec-Fetch-Mode: no-cors\nContent-Length: 0\n",
			"a page of another port": page + chrome + "Origin: http://127.0.0.1:3000\nSec-Fetch-Site: same-site\n" +
				"Content-Length: 0\n",
			"a name that leads here": strings.Replace(page, "127.0.0.1:8080", "evil.example:8080", 1) + chrome +
				"Origin: http://evil.example:8080\nSec-Fetch-Site: same-origin\nContent-Length: 0\n",
		} {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text+"\n", "\n", "\r\n"))))
			if err != nil {
				t.Fatal(err)
			}
			out := httptest.NewRecorder()
			w.handler().ServeHTTP(out, r.WithContext(w.ctx))
			if out.Code != http.StatusForbidden || !strings.Contains(out.Body.String(), "REDIAL_API_KEYS") {
				t.Errorf("%s is answered %d: %s", name, out.Code, out.Body)
			}
		}
		w.pass(time.Minute) // nobody was rung
	})
}
