package app

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// These bound what a request may cost: so many times its own size, plus a base.
const (
	memoryFold, memoryBase = 16, 2 << 20 // bytes that are allocated in total
	answerFold, answerBase = 8, 20 << 10
	diskFold, diskBase     = 8, 64 << 10 // pages of 4 KiB of each table and index that is touched
	maxRows                = 20

	// A forecast names all dials to come: up to 200 for each result that they can have. A page of calls holds about 1
	// MiB, and its JSON is longer.
	foretoldMemory, foretoldAnswer = 6 << 20, 320 << 10
	pageMemory, pageAnswer         = 40 << 20, 4 << 20
)

// meter is a redial whose costs are measured.
type meter struct {
	t    *testing.T
	node *App
	db   *sql.DB
}

func newMeter(t *testing.T) *meter {
	file := filepath.Join(t.TempDir(), "meter.db")
	node, err := New(t.Context(), Config{
		Listen: "127.0.0.1:0", HostURL: hostURL, DatabaseURL: "sqlite:" + file, Migrate: true,
		APIKeys: []string{apiKey}, AccountSID: account, AuthTokens: []string{token}, From: caller,
		CallsPerSecond: 1, MaxWaiting: 100000, MaxPerNumber: 200, RetentionDays: 90, AllowedRegions: []string{"JP"},
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Close(); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return &meter{t, node, db}
}

// cost is what a request cost, in bytes but for the rows.
type cost struct{ sent, memory, answer, disk, rows, status int }

func (m *meter) measure(r *http.Request, body string) (c cost, answer string) {
	m.t.Helper()
	r.Header.Set("Authorization", "Bearer "+apiKey)
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	c.sent = len(body) + len(r.RequestURI)
	for name, values := range r.Header {
		c.sent += len(name) + len(strings.Join(values, ""))
	}
	pages, rows := m.disk()
	out := &counter{header: http.Header{}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m.node.Handler().ServeHTTP(out, r)
	runtime.ReadMemStats(&after)
	c.memory, c.answer, c.status = int(after.TotalAlloc-before.TotalAlloc), out.n, out.status
	pagesAfter, rowsAfter := m.disk()
	c.disk, c.rows = pagesAfter-pages, rowsAfter-rows
	return c, string(out.begin)
}

// counter takes an answer and keeps its beginning.
type counter struct {
	header http.Header
	status int
	n      int
	begin  []byte
}

func (c *counter) Header() http.Header    { return c.header }
func (c *counter) WriteHeader(status int) { c.status = status }
func (c *counter) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	c.n += len(b)
	c.begin = append(c.begin, b[:min(len(b), 500-min(500, len(c.begin)))]...)
	return len(b), nil
}

// disk is the size of the database, and how many rows its tables have.
func (m *meter) disk() (size, rows int) {
	m.t.Helper()
	err := m.db.QueryRow(`SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`).Scan(&size)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, name := range m.tables() {
		var n int
		if err := m.db.QueryRow(`SELECT COUNT(*) FROM "` + name + `"`).Scan(&n); err != nil {
			m.t.Fatal(err)
		}
		rows += n
	}
	return size, rows
}

func (m *meter) tables() (names []string) {
	m.t.Helper()
	rows, err := m.db.Query(`SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		m.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			m.t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		m.t.Fatal(err)
	}
	return names
}

func repeat(n int, one string) string { return strings.Repeat(one, n) }

// numbered is a JSON list of n entries, in which %d becomes the position.
func numbered(n int, one string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, one, i)
	}
	return b.String()
}

const million = 1_000_000

// callBodies are requests for a call; each has as much as possible of one thing.
func callBodies() map[string]string {
	with := func(field string) string { return `{"to": "` + alice + `", "say": "hi", ` + field + `}` }
	policy := func(field string) string { return with(`"policy": {` + field + `}`) }
	say := func(field string) string { return `{"to": "` + alice + `", ` + field + `}` }
	twiml := func(inside string) string {
		doc, _ := json.Marshal("<Response><Say>hi</Say>" + inside + "</Response>")
		return say(`"twiml": ` + string(doc))
	}
	long := repeat(million, "x")
	all := map[string]string{
		"nothing":                 `{}`,
		"a call":                  say(`"say": "hi"`),
		"spaces":                  repeat(million, " ") + say(`"say": "hi"`),
		"lists in lists":          repeat(million, "["),
		"lists in lists, closed":  repeat(9_000, "[") + repeat(9_000, "]"),
		"objects in objects":      repeat(150_000, `{"a":`),
		"lists in options":        with(`"options": {"Record": ` + repeat(9_000, "[") + repeat(9_000, "]") + `}`),
		"lists in the people":     `{"say": "hi", "to": ` + repeat(9_000, "[") + repeat(9_000, "]") + `}`,
		"numbers as the body":     "[" + repeat(million/2, "1,") + "1]",
		"fields":                  `{` + numbered(80_000, `"f%d":1`) + `}`,
		"fields with empty names": `{` + repeat(150_000, `"":1,`) + `"":1}`,
		"short fields":            `{` + numbered(80_000, `"%x":1`) + `}`,
		"fields of the policy":    policy(numbered(80_000, `"f%d":1`)),
		"fields of redial_after":  policy(`"redial_after": {` + numbered(80_000, `"f%d":1`) + `}`),
		"fields of the window":    policy(`"window": {` + numbered(80_000, `"f%d":1`) + `}`),
		"fields of confirm":       policy(`"confirm": {` + numbered(80_000, `"f%d":1`) + `}`),
		"keys of confirm":         policy(`"confirm": {"keys": {` + numbered(80_000, `"%d":"confirm"`) + `}}`),
		"fields of a key":         policy(`"confirm": {"keys": {"1": {` + numbered(80_000, `"f%d":1`) + `}}}`),
		"fields of machine":       policy(`"machine": {` + numbered(80_000, `"f%d":1`) + `}`),
		"fields of say":           say(`"say": {` + numbered(80_000, `"f%d":1`) + `}`),
		"fields of a person":      `{"say": "hi", "to": [{` + numbered(80_000, `"f%d":1`) + `}]}`,
		"options":                 with(`"options": {` + numbered(80_000, `"o%d":1`) + `}`),
		"metadata":                with(`"metadata": {` + numbered(70_000, `"m%d":"1"`) + `}`),
		"people":                  `{"say": "hi", "to": [` + numbered(50_000, `"+8190%08d"`) + `]}`,
		"people who are none":     `{"say": "hi", "to": [` + repeat(million/2, "1,") + `1]}`,
		"people with names":       `{"say": "hi", "to": [` + numbered(20_000, `{"number":"+8190%08d","name":"x"}`) + `]}`,
		"delays":                  policy(`"redial_after": {"busy": [` + repeat(150_000, `"0s",`) + `"0s"]}`),
		"delays of every result": policy(`"redial_after": {` +
			strings.Join(slices.Collect(each([]string{"busy", "no-answer", "failed", "machine", "unconfirmed"},
				func(r string) string {
					return `"` + r + `": [` + repeat(190, `"0s",`) + `"0s"]`
				})), ",") + `}`),
		"holidays":              policy(`"window": {"holidays": [` + repeat(70_000, `"2026-12-25",`) + `"2026-12-25"]}`),
		"days":                  policy(`"window": {"days": [` + repeat(150_000, `"mon",`) + `"mon"]}`),
		"limits of nothing":     policy(`"max_per_result": [` + repeat(million/2, "1,") + `1]`),
		"a list for a text":     say(`"say": [` + repeat(million/2, "1,") + `1]`),
		"a list for a number":   policy(`"max_attempts": [` + repeat(million/2, "1,") + `1]`),
		"spoken 20 times":       say(`"say": {"repeat": 20, "text": "` + long + `"}`),
		"signs spoken 20 times": say(`"say": {"repeat": 20, "text": "` + repeat(3900, "&") + `"}`),
		"said to each 20 times": `{"say": {"text": "hi", "repeat": 20}, "to": [` +
			numbered(10, `{"number":"+81901234567%d","say":"`+repeat(90_000, "&")+`"}`) + `]}`,
		"asked of each 20 times": `{"say": {"text": "hi", "repeat": 20}, "policy": {"confirm": {"digit": "1", "prompt": "` +
			repeat(900_000, "&") + `"}}, "to": [` + numbered(10, `{"number":"+81901234567%d","name":"x"}`) + `]}`,
		"TwiML":                    say(`"twiml": "` + long + `"`),
		"TwiML of many elements":   twiml(repeat(450, "<Pause/>")),
		"TwiML of many attributes": twiml("<Say " + attributes(450) + "/>"),
		"TwiML in TwiML":           twiml(repeat(600, "<a>")),
		"TwiML of many entities":   twiml(repeat(700, "&amp;")),
		"TwiML of many comments":   twiml(repeat(500, "<!---->")),
		"a bomb of entities":       twiml(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>&b;`),
		"TwiML with a key asked for": `{"to": "` + alice +
			`", "policy": {"confirm": {"digit": "1"}}, "twiml": "<Response><Say>` + repeat(million-500, "x") +
			`</Say></Response>"}`,
		"a faulty number":     `{"to": "` + long + `", "say": "hi"}`,
		"a number in escapes": `{"to": "` + repeat(160_000, `\u0041`) + `", "say": "hi"}`,
		"a number of digits":  `{"to": "+` + repeat(million, "8") + `", "say": "hi"}`,
		"a name":              `{"to": [{"number": "` + alice + `", "name": "` + long + `"}], "say": "hi"}`,
		"a field's name":      with(`"` + long + `": 1`),
		"an option's name":    with(`"options": {"` + long + `": 1}`),
		"an option":           with(`"options": {"CallerId": "` + long + `"}`),
		"a metadata key":      with(`"metadata": {"` + long + `": "1"}`),
		"a metadata value":    with(`"metadata": {"m": "` + long + `"}`),
		"digits":              policy(`"max_attempts": ` + repeat(million, "9")),
	}
	for field, at := range map[string]func(string) string{
		"from": with, "url": say, "webhook": with, "preset": policy, "jitter": policy, "deadline": policy,
		"not_before":   policy,
		"ring_timeout": policy, "window": policy, "ladder": policy, "confirm": policy, "machine": policy,
		"redial_after": policy,
	} {
		all["a text for "+field] = at(`"` + field + `": "` + long + `"`)
	}
	for field, inside := range map[string]string{
		"window.hours": `"window": {"hours": %q}`, "window.zone": `"window": {"zone": %q, "hours": "09:00-21:00"}`,
		"window.holidays": `"window": {"holidays": [%q]}`,
		"confirm.pin":     `"confirm": {"pin": %q}`, "confirm.digit": `"confirm": {"digit": %q}`,
		"confirm.keys": `"confirm": {"keys": {"1": %q}}`, "confirm.keys.1": `"confirm": {"keys": {"1": {"answer": %q}}}`,
		"confirm.prompt": `"confirm": {"digit": "1", "prompt": %q}`,
		"machine.do":     `"machine": {"do": %q}`, "machine.say": `"machine": {"do": "leave-message", "say": %q}`,
		"redial_after.busy": `"redial_after": {"busy": %q}`,
	} {
		all["a text for "+field] = policy(fmt.Sprintf(inside, long))
	}
	for field, value := range map[string]string{"language": long, "voice": long} {
		all["a text for say."+field] = say(`"say": {"text": "hi", "` + field + `": "` + value + `"}`)
	}
	return all
}

func each(list []string, f func(string) string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, one := range list {
			if !yield(f(one)) {
				return
			}
		}
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

// greatest is a valid call with as much as possible of everything.
func greatest() string {
	metadata := make([]string, 50)
	for i := range metadata {
		metadata[i] = fmt.Sprintf(`"%s%02d": "%s"`, repeat(98, "m"), i, repeat(1000, "<"))
	}
	people := numbered(10,
		`{"number": "+81901234560%d", "name": "`+repeat(100, "名")+`", "language": "ja-JP", "say": "`+repeat(3000, "字")+`"}`)
	var holidays []string
	for month := range 12 {
		for day := range 28 {
			holidays = append(holidays, fmt.Sprintf(`"2027-%02d-%02d"`, month+1, day+1))
		}
	}
	var delays []string
	for _, result := range []string{"busy", "no-answer", "failed", "machine", "unconfirmed"} {
		delays = append(delays, `"`+result+`": [`+repeat(19, `"1m",`)+`"1m"]`)
	}
	return `{"to": [` + people + `], "say": "hi", "metadata": {` + strings.Join(metadata, ",") +
		`}, "policy": {"max_attempts": 20, "ladder": "rounds",
		"deadline": "720h", "window": {"hours": "00:00-23:59", "zone": "Asia/Tokyo", "holidays": [` +
		strings.Join(holidays, ",") + `]}, "redial_after": {` + strings.Join(delays, ",") + `}}}`
}

// longest is a small request for as many dials as possible.
var longest = `{"say": "hi", "policy": {"max_attempts": 20, "ladder": "rounds", "deadline": "720h", ` +
	`"confirm": {"digit": "1"}, "machine": "redial"},
	"to": [` + numbered(10, `{"number":"+81901234567%d","name":"x"}`) + `]}`

// toTheArticle are requests to the article's path that could cost more than others.
func toTheArticle() map[string]struct{ kind, body string } {
	part := "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n%s\r\n"
	end := "--x--\r\n"
	const inParts = "multipart/form-data; boundary=x"
	return map[string]struct{ kind, body string }{
		"fields":           {form, repeat(200_000, "a=&b")},
		"different fields": {form, strings.ReplaceAll(numbered(90_000, "%d="), ",", "&")},
		"one field":        {form, "title=" + repeat(million, "x")},
		"a long number":    {form, "to=" + repeat(million, "1")},
		"a long TwiML":     {form, "twiml=" + repeat(300_000, "%41")},
		"options":          {form, repeat(100_000, "to=1&")},
		"escapes":          {form, "title=" + repeat(300_000, "%41")},
		"callbacks":        {form, repeat(50_000, "status_callback=&")},
		"many parts":       {inParts, repeat(900, fmt.Sprintf(part, "x")) + end},
		"too many parts":   {inParts, repeat(15_000, fmt.Sprintf(part, "x")) + end},
		"a long part":      {inParts, fmt.Sprintf(part, repeat(million, "x")) + end},
		"a part to escape": {inParts, fmt.Sprintf(part, repeat(million, "%")) + end},
		"names":            {"application/json", `{"timeout": 30` + repeat(100_000, `,"a":1`) + "}"},
		"JSON of options":  {"application/json", `{"timeout": 30, "twiml": "` + repeat(million, "x") + `"}`},
		"no type":          {"", repeat(million, "x")},
	}
}

// The table of amplifications: every request, at every route, costs at most a small multiple of its size.
func TestTheTableOfAmplifications(t *testing.T) {
	m := newMeter(t)
	useTriggers(t, m.node, articles)
	post := func(path, kind, body string) (*http.Request, string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", hostURL+path, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		return r, body
	}
	type row struct {
		what           string
		r              *http.Request
		body           string
		memory, answer int // the bases
	}
	var rows []row
	add := func(what string, r *http.Request, body string) {
		rows = append(rows, row{what, r, body, memoryBase, answerBase})
	}
	foretells := func(what string, r *http.Request, body string) {
		rows = append(rows, row{what, r, body, foretoldMemory, foretoldAnswer})
	}
	body := callBodies()
	for what, text := range body {
		r, _ := post("/v1/calls", "application/json", text)
		add("call: "+what, r, text)
		if len(text) < 100_000 {
			r, _ := post("/v1/calls?dry_run=true", "application/json", text)
			add("dry run: "+what, r, text)
		}
		r, _ = post("/v1/calls", "application/json", text)
		r.Header.Set("Idempotency-Key", strings.ReplaceAll(what, " ", "-"))
		add("call with a key: "+what, r, text)
		for _, path := range []string{"/v1/calls/x/cancel", "/v1/calls/x/attempts/1/resolve", "/v1/webhooks"} {
			r, _ := post(path, "application/json", text)
			add(path+": "+what, r, text)
		}
	}
	for what, text := range map[string]string{
		"a URL":    `{"url": "https://h.example/` + repeat(million, "x") + `"}`,
		"events":   `{"url": "https://h.example", "events": [` + repeat(50_000, `"call.ended",`) + `"call.*"]}`,
		"an event": `{"url": "https://h.example", "events": ["` + repeat(million, "x") + `"]}`,
	} {
		r, _ := post("/v1/webhooks", "application/json", text)
		add("/v1/webhooks: "+what, r, text)
	}
	packed := &bytes.Buffer{}
	z := gzip.NewWriter(packed)
	z.Write(bytes.Repeat([]byte(" "), 100*million))
	z.Close()
	r, text := post("/v1/calls", "application/json", packed.String())
	r.Header.Set("Content-Encoding", "gzip")
	add("call: gzip", r, text)

	for what, form := range map[string]string{
		"fields":           repeat(15_000, "a=&b"),
		"different fields": strings.ReplaceAll(numbered(9_000, "%d="), ",", "&"),
		"one field":        "CallSid=" + repeat(60_000, "x"),
		"escapes":          "CallSid=" + repeat(20_000, "%41"),
		"a broken escape":  "CallSid=" + repeat(60_000, "%"),
		"fields to 490":    strings.ReplaceAll(numbered(490, "field%d="+repeat(100, "x")), ",", "&"),
	} {
		for _, path := range []string{
			"/twilio_api/callback?attempt=x", "/twilio_api/gather?attempt=x&try=1", "/twilio_api/twiml?attempt=x",
			"/twilio_api/probe",
		} {
			r, text := post(path, "application/x-www-form-urlencoded", form)
			values, _ := url.ParseQuery(form)
			r.Header.Set("X-Twilio-Signature", signature(token, hostURL+path, values))
			add(path+": "+what, r, text)
			r, text = post(path, "application/x-www-form-urlencoded", form)
			r.Header.Set("X-Twilio-Signature", "eA==")
			add(path+", forged: "+what, r, text)
		}
	}
	for what, path := range map[string]string{
		"parameters":           "/v1/calls?" + repeat(3_900, "a&"),
		"different parameters": "/v1/calls?" + strings.ReplaceAll(numbered(1_500, "%d"), ",", "&"),
		"a cursor":             "/v1/calls?cursor=" + repeat(8_000, "x"), "a number": "/v1/calls?to=" + repeat(8_000, "1"),
		"an id":                  "/v1/calls/" + repeat(8_000, "x"),
		"a wait":                 "/v1/calls/x?wait=" + repeat(8_000, "1"),
		"the events of a stream": "/v1/webhooks/stream?events=" + repeat(4_000, "a,"),
		"a URL that is too long": "/v1/calls?" + repeat(million, "a&"),
		"a delivery":             "/v1/webhooks/x/deliveries?cursor=" + repeat(8_000, "x"),
		"nothing there":          "/" + repeat(8_000, "x/"), "the contract": "/v1/presets",
	} {
		add("GET: "+what, httptest.NewRequestWithContext(t.Context(), "GET", hostURL+path, nil), "")
	}
	for _, name := range []string{
		"Idempotency-Key", "Last-Event-Id", "Authorization", "Accept", "Content-Type", "Origin", "X-Forwarded-For",
	} {
		r, text := post("/v1/calls", "application/json", "{}")
		r.Header.Set(name, repeat(60_000, "x"))
		add("header "+name, r, text)
		r = httptest.NewRequestWithContext(t.Context(), "GET", hostURL+"/v1/calls/x/events", nil)
		r.Header.Set(name, repeat(60_000, "x"))
		add("header "+name+" of events", r, "")
	}
	for what, sent := range toTheArticle() {
		for _, key := range []string{"", what} {
			r, text := post(articlePath, sent.kind, sent.body)
			if key != "" {
				r.Header.Set("Idempotency-Key", strings.ReplaceAll(key, " ", "-"))
			}
			add("the article's, key "+key+": "+what, r, text)
		}
	}
	g := greatest()
	r, _ = post("/v1/calls", "application/json", g)
	add("the greatest call", r, g)
	r, _ = post("/v1/calls?dry_run=true", "application/json", g)
	foretells("the greatest call, foretold", r, g)
	r, text = post("/v1/calls?dry_run=true", "application/json", longest)
	foretells("the longest forecast", r, text)

	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.what, b.what) })
	warm, text := post("/v1/calls", "application/json", body["a call"])
	m.measure(warm, text)
	check := func(row row) {
		c, answer := m.measure(row.r, row.body)
		t.Logf("%-60.60s %d %8d bytes: memory %9d, answer %7d, disk %7d, rows %3d", row.what, c.status, c.sent, c.memory,
			c.answer, c.disk, c.rows)
		if c.memory > raceFold*(row.memory+memoryFold*c.sent) || c.answer > row.answer+answerFold*c.sent ||
			c.disk > diskBase+diskFold*c.sent || c.rows > maxRows {
			t.Errorf("%s: %d for %d bytes: memory %d (%.1f times), answer %d, disk %d, rows %d: %s", row.what,
				c.status, c.sent, c.memory,
				float64(c.memory)/float64(c.sent), c.answer, c.disk, c.rows, answer)
		}
		if c.status >= 500 {
			t.Errorf("%s is answered %d: %s", row.what, c.status, answer)
		}
		if row.what == "the greatest call" && c.status != http.StatusCreated {
			t.Errorf("it is answered %d: %s", c.status, answer)
		}
	}
	for _, row := range rows {
		check(row)
	}
	for range 20 {
		r, text := post("/v1/calls", "application/json", g)
		m.measure(r, text)
	}
	for _, path := range []string{"/v1/calls?limit=200", "/v1/calls?state=waiting&limit=200"} {
		check(row{
			"a page of the greatest calls", httptest.NewRequestWithContext(t.Context(), "GET", hostURL+path, nil), "",
			pageMemory, pageAnswer,
		})
	}
}
