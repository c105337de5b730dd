package app

import (
	"cmp"
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redial/api"
)

// fullDisk makes the database refuse every write, as a full disk does; reading still works. room ends that.
func (w *world) fullDisk() (room func()) {
	w.t.Helper()
	w.sql("CREATE TRIGGER full_probes BEFORE INSERT ON probes BEGIN SELECT RAISE(FAIL, 'disk full'); END",
		"CREATE TRIGGER full_calls BEFORE UPDATE ON calls BEGIN SELECT RAISE(FAIL, 'disk full'); END",
		"CREATE TRIGGER full_events BEFORE INSERT ON events BEGIN SELECT RAISE(FAIL, 'disk full'); END",
		"CREATE TRIGGER full_endpoints BEFORE INSERT ON endpoints BEGIN SELECT RAISE(FAIL, 'disk full'); END",
		"CREATE TRIGGER full_changes BEFORE UPDATE ON endpoints BEGIN SELECT RAISE(FAIL, 'disk full'); END",
		"CREATE TRIGGER full_removal BEFORE DELETE ON endpoints BEGIN SELECT RAISE(FAIL, 'disk full'); END",
		"CREATE TRIGGER full_deliveries BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(FAIL, 'disk full'); END")
	return func() {
		w.t.Helper()
		w.sql("DROP TRIGGER full_calls", "DROP TRIGGER full_events", "DROP TRIGGER full_endpoints",
			"DROP TRIGGER full_changes",
			"DROP TRIGGER full_removal", "DROP TRIGGER full_probes", "DROP TRIGGER full_deliveries")
	}
}

// sql changes the world's SQLite database without redial.
func (w *world) sql(statements ...string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(w.conf.DatabaseURL, "sqlite:")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(w.ctx, s); err != nil {
			w.t.Fatalf("%s: %v", s, err)
		}
	}
}

// fullDiskFor makes the disk full for those requests to a path for which full returns true.
func (w *world) fullDiskFor(path string, full func() bool) {
	w.around.Store(new(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path && full() {
				defer w.fullDisk()()
			}
			next.ServeHTTP(out, r)
		})
	}))
}

// knock is a request to one of redial's routes.
type knock struct {
	method, path, body string
	form               url.Values // signed by Twilio; it replaces the body
}

// answer returns the answer to it; of a stream it reads only for a while.
func (k knock) answer(w *world) (int, http.Header, string) {
	w.t.Helper()
	body, kind := k.body, "application/json"
	if k.form != nil {
		body, kind = k.form.Encode(), "application/x-www-form-urlencoded"
	}
	ctx, leave := context.WithTimeout(w.ctx, time.Minute)
	defer leave()
	r := httptest.NewRequestWithContext(ctx, k.method, hostURL+k.path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", kind)
	if k.form != nil {
		r.Header.Set("X-Twilio-Signature", signature(token, hostURL+k.path, k.form))
	}
	out := httptest.NewRecorder()
	w.handler().ServeHTTP(out, r)
	return out.Code, out.Header(), out.Body.String()
}

// Whatever fails in the database, and at whatever route: the client is told to try again later, nothing panics, and
// callbacks that failed are counted.
func TestEveryDoorWhileTheDatabaseFails(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:10m")
		c := w.call(api.CreateCall{To: alice, Policy: confirming(api.Confirm{Digit: "1"})})
		made, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{
			URL: "https://" + shop + "/hook", Events: []string{"call.ended"},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(6 * time.Second)
		c.is("dialing", "in-progress")
		callback, err := url.Parse(w.creates()[0].Form.Get("StatusCallback"))
		if err != nil {
			t.Fatal(err)
		}
		form := func(more ...string) url.Values {
			f := url.Values{"CallSid": {c.now().Attempts[0].SID}, "CallStatus": {"in-progress"}}
			for i := 0; i+1 < len(more); i += 2 {
				f.Set(more[i], more[i+1])
			}
			return f
		}
		w.useTriggers(alertsAndForm + "rotas: {primary: {people: [ann, ben], every: 1w, from: 2000-01-01 09:00 Asia/Tokyo}}")
		secret := w.secretOfTrigger("form")
		one, hook := "/v1/calls/"+c.id, "/v1/webhooks/"+made.ID
		doors := map[string]struct {
			knock
			writes bool // so it fails on a full disk
		}{
			"POST /v1/calls": {knock{"POST", "/v1/calls",
				`{"to": "` + bob + `", "say": "hi"}`, nil}, true},
			"POST /twilio_api/calls": {knock{"POST", "/twilio_api/calls",
				`{"to": "` + bob + `", "say": "hi"}`, nil}, true},
			"GET /v1/calls":              {knock{"GET", "/v1/calls", "", nil}, false},
			"GET /v1/calls/{id}":         {knock{"GET", one, "", nil}, false},
			"GET /v1/calls/{id}/events":  {knock{"GET", one + "/events", "", nil}, false},
			"POST /v1/calls/{id}/cancel": {knock{"POST", one + "/cancel", "", nil}, true},
			// 409: the call is being dialed
			"POST /v1/calls/{id}/redial": {knock{"POST", one + "/redial", "", nil}, false},
			"GET /v1/calls/{id}/explain": {knock{"GET", one + "/explain", "", nil}, false},
			// 409
			"POST /v1/calls/{id}/attempts/{number}/resolve": {knock{"POST", one + "/attempts/1/resolve",
				`{"unplaced": true}`, nil}, false},
			"DELETE /v1/calls/{id}":         {knock{"DELETE", one, "", nil}, false}, // 409
			"GET /v1/calls/{id}/deliveries": {knock{"GET", one + "/deliveries", "", nil}, false},
			"GET /v1/webhooks":              {knock{"GET", "/v1/webhooks", "", nil}, false},
			"POST /v1/webhooks": {knock{"POST", "/v1/webhooks",
				`{"url": "https://` + shop + `/2"}`, nil}, true},
			"GET /v1/webhooks/stream":          {knock{"GET", "/v1/webhooks/stream", "", nil}, false},
			"GET /v1/webhooks/{id}":            {knock{"GET", hook, "", nil}, false},
			"POST /v1/webhooks/{id}/rotate":    {knock{"POST", hook + "/rotate", "", nil}, true},
			"POST /v1/webhooks/{id}/enable":    {knock{"POST", hook + "/enable", "", nil}, false}, // it is enabled
			"POST /v1/webhooks/{id}/test":      {knock{"POST", hook + "/test", "", nil}, false},
			"GET /v1/webhooks/{id}/deliveries": {knock{"GET", hook + "/deliveries", "", nil}, false},
			// 404
			"POST /v1/webhooks/{id}/deliveries/{event}/replay": {knock{"POST",
				hook + "/deliveries/evt_" + c.id + "_1/replay", "", nil}, false},
			"DELETE /v1/webhooks/{id}": {knock{"DELETE", hook, "", nil}, true},
			"GET /v1/audit":            {knock{"GET", "/v1/audit", "", nil}, false},
			"GET /v1/keys":             {knock{"GET", "/v1/keys", "", nil}, false},
			"POST /v1/keys": {knock{"POST", "/v1/keys", `{"name": "crm", "scopes": ["operate"]}`,
				nil}, false},
			"DELETE /v1/keys/{name}":                 {knock{"DELETE", "/v1/keys/none", "", nil}, false},
			"POST /v1/keys/{name}/rotate":            {knock{"POST", "/v1/keys/none/rotate", "", nil}, false},
			"POST /v1/triggers/{name}":               {knock{"POST", "/v1/triggers/form", `{"title": "Disk full"}`, nil}, true},
			"GET /v1/triggers":                       {knock{"GET", "/v1/triggers", "", nil}, false},
			"POST /v1/triggers/{name}/test":          {knock{"POST", "/v1/triggers/form/test?ring=true", "", nil}, true},
			"POST /v1/triggers/{name}/secret":        {knock{"POST", "/v1/triggers/form/secret", "", nil}, false},
			"POST /v1/triggers/{name}/secret/rotate": {knock{"POST", "/v1/triggers/form/secret/rotate", "", nil}, false},
			"GET /v1/incidents":                      {knock{"GET", "/v1/incidents", "", nil}, false},
			"GET /v1/incidents/{id}":                 {knock{"GET", "/v1/incidents/none", "", nil}, false},              // 404
			"POST /v1/incidents/{id}/close":          {knock{"POST", "/v1/incidents/none/close", "", nil}, false},       // 404
			"POST /v1/incidents/{id}/acknowledge":    {knock{"POST", "/v1/incidents/none/acknowledge", "", nil}, false}, // 404
			"GET /v1/rotas":                          {knock{"GET", "/v1/rotas", "", nil}, false},
			"GET /v1/rotas/{name}":                   {knock{"GET", "/v1/rotas/primary", "", nil}, false},
			// a few rows have room in the pages that there are
			"POST /v1/rotas/{name}/overrides": {knock{"POST", "/v1/rotas/primary/overrides",
				`{"person": "ben", "until": "1h"}`, nil}, false},
			// 404
			"DELETE /v1/rotas/{name}/overrides/{id}": {knock{"DELETE",
				"/v1/rotas/primary/overrides/ovr_none", "", nil}, false},
			"POST /hooks/{secret}": {knock{"POST", "/hooks/" + secret, `{"title": "Disk full"}`, nil}, true},
			"PUT /hooks/{secret}":  {knock{"PUT", "/hooks/" + secret, `{"title": "Disk 2 full"}`, nil}, true},
			"GET /hooks/{secret}":  {knock{"GET", "/hooks/" + secret + "?title=Disk+3", "", nil}, true},
			"POST /v2/enqueue": {knock{"POST", "/v2/enqueue", `{"routing_key": "` + secret +
				`", "payload": {"summary": "Disk 4"}}`, nil}, true},
			"POST /integrations/v1/{kind}/{token}": {knock{"POST", "/integrations/v1/x/" + secret,
				`{"title": "Disk 5"}`, nil}, true},
			"POST /api/v2/generic/incoming": {knock{"POST", "/api/v2/generic/incoming?token=" + secret,
				`{"summary": "Disk 6"}`, nil}, true},
			"POST /v1/api/alerts": {knock{"POST", "/v1/api/alerts?token=" + secret,
				`{"summary": "Disk 7"}`, nil}, true},
			"POST /api/v2/grafana/incoming": {knock{"POST", "/api/v2/grafana/incoming?token=" + secret,
				`{"title": "Disk 8"}`, nil}, true},
			"POST /api/v2/prometheusalertmanager/incoming": {knock{"POST", "/api/v2/prometheusalertmanager/incoming?token=" +
				secret, `{"title": "Disk 9"}`, nil}, true},
			"POST /twilio_api/callback": {knock{"POST", "/twilio_api/callback?" + callback.RawQuery, "",
				form("CallStatus", "completed")}, true},
			"POST /twilio_api/twiml": {knock{"POST", "/twilio_api/twiml?" + callback.RawQuery, "",
				form("AnsweredBy", "human")}, true},
			"POST /twilio_api/gather": {knock{"POST", "/twilio_api/gather?" + callback.RawQuery + "&try=1", "",
				form("Digits", "1")}, true},
			"POST /twilio_api/probe": {knock{"POST", "/twilio_api/probe", "", form()}, false}, // 403
			"GET /readyz":            {knock{"GET", "/readyz", "", nil}, true},
		}
		for _, without := range []string{"GET /v1/presets", "GET /openapi.yaml", "GET /healthz", "GET /metrics",
			"POST /v2/alerts", "POST /v2/alerts/{alert}/{action}", "PUT /v2/alerts/{alert}/{action}", // see hook_test.go
			"DELETE /v2/alerts/{alert}", "GET /v2/alerts/requests/{id}",
		} {
			doors[without] = struct {
				knock
				writes bool
			}{}
		}
		for _, door := range listedRoutes(t) {
			if _, ok := doors[door]; !ok {
				t.Errorf("nobody has tried %s with a database that fails", door)
			}
		}
		try := func(when string, fails func(door string, writes bool) bool) {
			t.Helper()
			for door, d := range doors {
				if d.path == "" {
					continue
				}
				status, header, body := d.answer(w)
				if status == 500 || fails(door, d.writes) && (status != 503 || header.Get("Retry-After") == "") {
					t.Errorf("%s, %s is answered %d, with Retry-After %q: %s", when, door, status, header.Get("Retry-After"), body)
				}
				if status == 503 && !strings.Contains(body, "nothing was changed") {
					t.Errorf("%s, %s is answered: %s", when, door, body)
				}
			}
		}
		room := w.fullDisk()
		try("on a full disk", func(_ string, writes bool) bool { return writes })
		w.metric(`redial_callbacks_total{verdict="failed"} 3`)
		w.sql("ALTER TABLE calls RENAME TO gone", "ALTER TABLE endpoints RENAME TO lost",
			"ALTER TABLE events RENAME TO past", "ALTER TABLE api_keys RENAME TO unknown", "ALTER TABLE audit RENAME TO unread",
			"ALTER TABLE rota_overrides RENAME TO overridden", "ALTER TABLE nodes RENAME TO unmet",
			"ALTER TABLE incidents RENAME TO forgotten")
		try("with nothing to be read", func(door string, _ bool) bool {
			return door != "GET /readyz" && door != "POST /twilio_api/probe" &&
				door != "POST /v1/calls/{id}/attempts/{number}/resolve"
		})
		w.sql("ALTER TABLE gone RENAME TO calls", "ALTER TABLE lost RENAME TO endpoints",
			"ALTER TABLE past RENAME TO events", "ALTER TABLE unknown RENAME TO api_keys", "ALTER TABLE unread RENAME TO audit",
			"ALTER TABLE overridden RENAME TO rota_overrides", "ALTER TABLE unmet RENAME TO nodes",
			"ALTER TABLE forgotten RENAME TO incidents")
		w.metric(`redial_callbacks_total{verdict="failed"} 6`)
		room()
		status, _, body := doors["POST /twilio_api/gather"].answer(w)
		if status != 200 || !strings.Contains(body, "Thank you") {
			t.Errorf("with room again it is answered %d: %s", status, body)
		}
		w.pass(15 * time.Minute)
		c.is("reached", "completed")
	})
}

// listedRoutes are all routes, read from the list of routes.
func listedRoutes(t *testing.T) (doors []string) {
	list, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`mux\.Handle\("([A-Z]+ [^"]+)"`).FindAllStringSubmatch(string(list), -1) {
		if m[1] != "POST " && !strings.HasSuffix(m[1], "/{$}") { // routes whose path is a constant of another package
			doors = append(doors, m[1])
		}
	}
	if len(doors) < 25 {
		t.Fatalf("%d routes were found: %q", len(doors), doors)
	}
	return doors
}

// A key is pressed while the disk is full. The person hears no thanks for what is not on disk. Twilio repeats the
// request; if there is room by then, nobody notices.
func TestAKeyIsPressedOnAFullDisk(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+keys=1@6s")
		c := w.call(api.CreateCall{To: alice, Policy: confirming(api.Confirm{Digit: "1"})})
		w.pass(6 * time.Second)
		c.is("dialing", "in-progress")
		refused := 0
		w.fullDiskFor("/twilio_api/gather", func() bool { refused++; return refused <= 2 })
		w.pass(5 * time.Minute)
		c.is("reached", "completed")
		if refused != 3 {
			t.Errorf("the key was brought %d times, not three", refused)
		}
		w.phones[alice].hears(1, "Thank you")
		w.metric(`redial_callbacks_total{verdict="failed"} 2`)
	})
}

// If the disk stays full, the leg ends without a key, and the phone rings again.
func TestAKeyIsPressedOnADiskThatStaysFull(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+keys=1").does("answer+keys=1")
		c := w.call(api.CreateCall{To: alice, Policy: confirming(api.Confirm{Digit: "1"})})
		w.fullDiskFor("/twilio_api/gather", func() bool { return true })
		for !strings.Contains(w.phones[alice].heardSoFar(), "application error") {
			w.pass(time.Second)
		}
		w.fullDiskFor("", nil)
		w.pass(10 * time.Minute)
		c.is("reached", "unconfirmed", "completed")
		if heard := w.phones[alice].heard(1); strings.Contains(heard, "Thank you") {
			t.Errorf("it heard %q", heard)
		}
	})
}

// heardSoFar is what was said on the number's legs so far.
func (p *handset) heardSoFar() (text string) {
	for _, l := range p.w.sim.Legs() {
		if l.To == p.number {
			text += strings.Join(l.Heard, " | ")
		}
	}
	return text
}

// streamed is a message of a stream. Without data it only has the id at which to resume.
type streamed struct{ id, kind, data string }

// streaming is an open stream.
type streaming struct {
	w      *world
	out    *httptest.ResponseRecorder
	cancel context.CancelFunc
	done   chan struct{}
}

// streams opens a stream of the node, which resumes after the id last, if there is one.
func (w *world) streams(path, last string, headers ...string) *streaming {
	w.t.Helper()
	return w.streamsAt(w.handler(), path, last, headers...)
}

func (w *world) streamsAt(node http.Handler, path, last string, headers ...string) *streaming {
	ctx, cancel := context.WithCancel(w.ctx)
	s := &streaming{w, httptest.NewRecorder(), cancel, make(chan struct{})}
	r := httptest.NewRequestWithContext(ctx, "GET", cmp.Or(w.conf.HostURL, hostURL)+path, nil)
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Accept", "text/event-stream")
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	go func() { defer close(s.done); node.ServeHTTP(s.out, r) }()
	return s
}

// over says whether the server has ended it.
func (s *streaming) over() bool {
	synctest.Wait()
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// leave closes the stream and returns what came.
func (s *streaming) leave() (list []streamed) {
	s.w.t.Helper()
	s.cancel()
	<-s.done
	if s.out.Code != http.StatusOK {
		s.w.t.Errorf("a stream is answered %d: %s", s.out.Code, s.out.Body)
	}
	for block := range strings.SplitSeq(s.out.Body.String(), "\n\n") {
		var m streamed
		for line := range strings.Lines(block) {
			switch field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); field {
			case "id":
				m.id = value
			case "event":
				m.kind = value
			case "data":
				m.data = value
			}
		}
		if m.id != "" {
			list = append(list, m)
		}
	}
	return list
}

// Who has heard of more events than a call has, as where the database is an older copy, hears the rest, and the end.
func TestAStreamGoesOnAfterWhatNeverHappened(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer")
		c := w.call(api.CreateCall{To: alice})
		w.pass(time.Second)
		s := w.streams("/v1/calls/"+c.id+"/events", "99")
		w.pass(5 * time.Minute)
		c.is("reached", "completed")
		select {
		case <-s.done:
		default:
			t.Error("the call has ended, and the stream goes on")
		}
		if list := s.leave(); len(list) == 0 || list[len(list)-1].kind != "call.ended" {
			t.Errorf("it heard %+v", list)
		}
	})
}
