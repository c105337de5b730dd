package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"redial/api"
)

// evil is what an attacker might put into a name, a message or a URL, to look like redial or to command a terminal.
const evil = "x\x1b[2J\x1b]0;title\a\x1b]8;;http://evil.example\x1b\\" +
	"\u009b31m\x7f\x00\b\r\v\f\u0085\u2028\u202e\u2066\u200f\nSPOOFED\tline"

// fill sets every text to evil text, gives every list and map one entry, and sets every time and number.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(evil)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Map:
		one := reflect.New(v.Type().Elem()).Elem()
		fill(one)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(evil).Convert(v.Type().Key()), one)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)))
			return
		}
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(field)
			}
		}
	}
}

func hostileValue[T any](change ...func(*T)) (v T) {
	fill(reflect.ValueOf(&v).Elem())
	for _, c := range change {
		c(&v)
	}
	return v
}

// hostile answers as redial does, with evil text. kind is the type of all events; state and outcome are those of all
// calls.
type hostile struct{ kind, state, outcome string }

func (h hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := func(c *api.Call) {
		c.State, c.Outcome = h.state, h.outcome
		c.Policy.Confirm, c.Policy.Machine = nil, nil // they have another form in JSON
		if h.state == "ended" {
			c.Unsearchable = nil // nothing is to be warned of
		}
	}
	event := func(e *api.Event) { e.Type = h.kind }
	var answer any
	switch path := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case strings.HasSuffix(r.URL.Path, "/stream"):
		h.stream(w, evilEvent("ready", hostileValue[api.Endpoint]()), evilEvent(evil, hostileValue[api.Webhook]()))
		return
	case strings.HasSuffix(r.URL.Path, "/events") && r.Header.Get("Accept") == "text/event-stream":
		h.stream(w, evilEvent(evil, hostileValue(event)), evilEvent("call.ended", hostileValue(event, func(e *api.Event) {
			e.Type, e.Seq = "call.ended", 2
		})))
		return
	case strings.HasSuffix(r.URL.Path, "/events"):
		answer = api.EventList{Events: []api.Event{hostileValue(event)}}
	case strings.HasSuffix(r.URL.Path, "/deliveries"):
		answer = hostileValue(func(l *api.DeliveryList) {
			if r.URL.Query().Has("cursor") {
				l.NextCursor = ""
			}
		})
	case strings.HasSuffix(r.URL.Path, "/replay"):
		answer = hostileValue[api.Delivery]()
	case strings.HasSuffix(r.URL.Path, "/test") && path[1] == "webhooks":
		answer = hostileValue[api.Try](func(t *api.Try) {
			if h.state != "waiting" {
				t.Error = ""
			}
		})
	case strings.HasSuffix(r.URL.Path, "/explain"), r.URL.Query().Has("dry_run"):
		answer = hostileValue(func(e *api.Explanation) { e.State, e.Policy.Confirm, e.Policy.Machine = "waiting", nil, nil })
	case path[1] == "triggers" && r.Method == "GET":
		answer = hostileValue[api.TriggerList]()
	case path[1] == "triggers" && strings.HasSuffix(r.URL.Path, "/test"):
		answer = hostileValue(func(x *api.TriggerTest) {
			x.Explain.State, x.Explain.Policy.Confirm, x.Explain.Policy.Machine = "waiting", nil, nil
			if h.state == "waiting" {
				x.Why, x.Calls = "", nil
			}
		})
	case path[1] == "triggers" && strings.Contains(r.URL.Path, "/secret"):
		answer = hostileValue[api.TriggerSecret]()
	case path[1] == "triggers" && h.state == "ended":
		answer = hostileValue[api.Told]()
	case path[1] == "presets":
		answer = hostileValue(func(l *api.PresetList) { l.Presets[evil] = api.Policy{Preset: evil, Ladder: evil} })
	case path[1] == "audit":
		answer = hostileValue[api.AuditList]()
	case path[1] == "incidents" && len(path) == 2:
		answer = hostileValue(func(l *api.IncidentList) { l.Incidents = l.Incidents[:1] })
	case path[1] == "incidents":
		answer = hostileValue[api.Incident]()
	case path[1] == "rotas" && len(path) == 2:
		answer = hostileValue[api.RotaList]()
	case path[1] == "rotas" && r.Method == "GET":
		answer = hostileValue[api.Rota]()
	case path[1] == "rotas":
		answer = hostileValue[api.RotaOverride]()
	case path[1] == "keys" && r.Method == "GET":
		answer = hostileValue[api.KeyList]()
	case path[1] == "keys" && r.Method == "DELETE":
		answer = hostileValue(func(r *api.Revoked) { r.More = false })
	case path[1] == "keys":
		answer = hostileValue[api.Key]()
	case path[1] == "webhooks" && len(path) == 2 && r.Method == "GET":
		answer = hostileValue(func(l *api.EndpointList) { l.Endpoints[1].DisabledAt = time.Time{} })
	case path[1] == "webhooks":
		answer = hostileValue[api.Endpoint]()
	case len(path) == 2 && r.Method == "GET":
		answer = hostileValue(func(l *api.CallList) {
			call(&l.Calls[0])
			call(&l.Calls[1])
			l.Calls[1].Policy.MaxAttempts = nil
		})
	default:
		answer = hostileValue(call)
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == "POST" && (path(r) == "calls" || strings.HasSuffix(r.URL.Path, "/overrides")) {
		w.WriteHeader(http.StatusCreated)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func path(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/v1/") }

func evilEvent(kind string, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return "event: " + strings.NewReplacer("\n", "", "\r", "").Replace(kind) + "\ndata: " + string(data) + "\n\n"
}

func (hostile) stream(w http.ResponseWriter, events ...string) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, e := range events {
		io.WriteString(w, e)
	}
}

// everyCommand has a line for each command that asks a redial, or prints what others wrote.
var everyCommand = []string{
	"call +819012345678 --say hi", "call +819012345678 --say hi --json", "call +819012345678 --say hi --wait",
	"call +819012345678 --say hi --wait --json",
	"explain +819012345678 --say hi", "explain +819012345678 --say hi --json",
	"list", "list --csv",
	"list --json", "show ID", "show ID --json", "show ID --follow", "wait ID", "wait ID --json", "delete ID",
	"delete ID --json", "now ID", "cancel ID", "cancel ID --hangup",
	"webhooks list", "webhooks list --json", "webhooks show we_1", "webhooks show we_1 --json",
	"webhooks add https://h.example", "webhooks add https://h.example --json",
	"webhooks test we_1", "webhooks replay we_1 evt_1", "webhooks replay we_1 --dead", "webhooks rotate we_1",
	"webhooks rotate we_1 --json",
	"webhooks enable we_1", "webhooks remove we_1", "listen", "listen --payload", "presets",
	"keys create shop --scope calls:read", "keys create shop --scope calls:read --json", "keys list", "keys list --json",
	"audit", "audit --json", "keys rotate shop", "keys rotate shop --json", "keys revoke shop", "keys revoke shop --json",
	"keys revoke shop --cancel", "keys list --all",
	"incidents", "incidents --json", "incidents list", "incidents list --json",
	"incidents show k", "incidents show k --json",
	"incidents close k", "incidents close k --json", "incidents ack k", "incidents ack k --json",
	"rota list", "rota list --json", "rota show", "rota show primary", "rota show --json", "rota show primary --json",
	"rota override primary ben --until 1h", "rota override primary ben --until 1h --json", "rota end primary ovr_1",
	"rota end primary ovr_1 --json", "rota end primary",
	"triggers list", "triggers list --json", "triggers test alerts", "triggers test alerts --json",
	"triggers url alerts", "triggers url alerts --json", "triggers url alerts --rotate --overlap 1h",
	"triggers test alerts --ring", "trigger alerts", "trigger alerts --json", "trigger alerts --data x",
	"resolve ID --attempt 1 --unplaced", "resolve ID --attempt 9 --unplaced",
}

// Nothing that the server sends commands the terminal, or looks like a line of redial's.
func TestNothingThatAServerSendsCommandsTheTerminal(t *testing.T) {
	var kinds []string
	for _, kind := range []string{
		"created", "redial_requested", "deferred", "cancel_requested", "held", "released", "redial_scheduled",
		"redial_withdrawn", "ended",
	} {
		kinds = append(kinds, "call."+kind)
	}
	for _, kind := range []string{
		"dialed", "placed", "postponed", "initiated", "unanswered", "hung_up", "detected", "confirmed", "key_refused",
		"passed_on", "told", "resolved", "asked", "ended", "resurfaced",
	} {
		kinds = append(kinds, "attempt."+kind)
	}
	kinds = append(kinds, "call."+evil, "attempt."+evil, evil)
	states := []hostile{{state: "waiting"}, {state: "ended", outcome: evil}, {state: evil}}
	for i, kind := range kinds {
		h := states[i%len(states)]
		h.kind = kind
		server := httptest.NewServer(h)
		for _, line := range everyCommand {
			if i >= len(states) && !strings.HasPrefix(line, "show") && !strings.HasPrefix(line, "call") {
				continue // other commands show no events
			}
			heldAgainst(t, server.URL, line)
		}
		server.Close()
	}
}

// heldAgainst runs a command against a server, and checks its output.
func heldAgainst(t *testing.T, url, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // for commands that would never end
	defer cancel()
	if !strings.HasPrefix(line, "listen") && !strings.Contains(line, "wait") && !strings.Contains(line, "--follow") {
		ctx = t.Context()
	}
	var out, errs strings.Builder
	status := run(ctx, append(strings.Fields(line), "--url", url), newConsole(&out, &errs))
	if text := out.String() + errs.String(); text == "" && status == statusOK && !strings.HasPrefix(line, "listen") {
		t.Errorf("redial %s prints nothing", line)
	}
	isHarmless(t, "redial "+line, out.String())
	isHarmless(t, "redial "+line, errs.String())
	for l := range strings.Lines(out.String() + errs.String()) {
		if strings.HasPrefix(strings.TrimSpace(l), "SPOOFED") {
			t.Errorf("redial %s prints a line that the server wrote: %q", line, l)
		}
	}
	if strings.Contains(line, "--json") && status == statusOK && !json.Valid([]byte(out.String())) {
		t.Errorf("redial %s prints no JSON: %q", line, out.String())
	}
}

// isHarmless does not use the code that it tests.
func isHarmless(t interface {
	Helper()
	Errorf(string, ...any)
}, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s prints what is not UTF-8: %q", what, text)
	}
	for _, r := range text {
		switch {
		case r == '\n', r == '\t':
		case r < 0x20, r >= 0x7f && r <= 0x9f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
			r == 0x200e, r == 0x200f, r == 0x61c, r == 0x2028, r == 0x2029:
			t.Errorf("%s prints %U: %.300q", what, r, text)
			return
		}
	}
}

// Every command is in the table, or is known to ask no server.
func TestEveryCommandIsHeldAgainstAHostileServer(t *testing.T) {
	alone := []string{
		"serve", "check" /* see TestCheckAgainstAHostileWorld */, "demo", "desk", "sim", "migrate", "version",
		"help", "completion", "triggers check",
	}
	parser, err := newConsole(io.Discard, io.Discard).parser(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		name := strings.TrimPrefix(leaf.FullPath(), parser.Model.Name+" ")
		known := slices.Contains(alone, name) ||
			slices.ContainsFunc(everyCommand, func(line string) bool {
				return line == name || strings.HasPrefix(line, name+" ")
			})
		if !known {
			t.Errorf("redial %s is held against no hostile server", name)
		}
	}
}

// The same with problems, redirects, and answers that are not redial's.
func TestErrorsCommandNoTerminal(t *testing.T) {
	problem := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(status)
			p := hostileValue[api.Problem]()
			if status == http.StatusConflict {
				p.Errors = nil
			}
			json.NewEncoder(w).Encode(p)
		}
	}
	lines := []string{"list", "call +819012345678 --say hi --wait", "webhooks test we_1", "listen"}
	for _, h := range []http.HandlerFunc{
		problem(422), problem(409), problem(401),
		func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"id": 5, "`+evil) },
		func(w http.ResponseWriter, r *http.Request) {
			json.NewEncoder(w).Encode(map[string]any{"created_at": evil, "at": evil})
		},
		func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/"+evil)
			w.WriteHeader(http.StatusFound)
		},
		func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: {\"type\": \x1b[31m\n\n")
		},
	} {
		server := httptest.NewServer(h)
		for _, line := range lines {
			heldAgainst(t, server.URL, line)
		}
		server.Close()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 4096))
			fmt.Fprintf(c, "HTTP/1.1 404 \x1b[31mNot\u009b Found\x7f\r\nConnection: close\r\nLocation: /\x1b[2J\r\n\r\n")
			c.Close()
		}
	}()
	for _, line := range lines {
		heldAgainst(t, "http://"+l.Addr().String(), line)
	}
	for _, args := range [][]string{
		{evil}, {"list", "--" + evil}, {"list", "--url", "http://" + evil}, {"call", evil}, {"show", "ID", "--url", evil},
	} {
		var out, errs strings.Builder
		run(t.Context(), args, newConsole(&out, &errs))
		isHarmless(t, fmt.Sprintf("redial %q", args), out.String()+errs.String())
	}
	own := filepath.Join(t.TempDir(), "presets.json")
	if err := os.WriteFile(own, []byte("{\"\u009b\u202e\x7f\": {}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	run(t.Context(), []string{"presets", "--presets", own}, newConsole(&out, &errs))
	isHarmless(t, "redial presets", out.String()+errs.String())
	log := logging{LogFormat: "json", LogLevel: "info"}.logger(newConsole(&out, &errs).err)
	log.Info(evil, "err", errors.New(evil), "sid", evil)
	isHarmless(t, "the log", errs.String())
}

// An error of several lines, as a connection's are, is one in the log.
func TestTheLogHasErrorsInOneLine(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		var out, errs strings.Builder
		log := logging{LogFormat: form, LogLevel: "info"}.logger(newConsole(&out, &errs).err)
		log.Info("it failed", "err", errors.New("no connection:\n\tone\n\tone\n\ttwo"))
		if !strings.Contains(errs.String(), "no connection: one two") {
			t.Errorf("%s: %s", form, errs.String())
		}
	}
}

// The screen of a demo moves the cursor; nothing that it shows does.
func TestTheScreenCommandsTheTerminalAlone(t *testing.T) {
	var out strings.Builder
	calls := demoCalls("ladder")
	s := newScreen(newConsole(io.Discard, io.Discard), calls, false)
	s.terminal, s.size = &out, func() (int, int) { return 80, 24 }
	s.rows[0].call.title, s.rows[0].call.people = evil, []api.Person{hostileValue[api.Person]()}
	e := hostileValue[api.Event]()
	for _, kind := range []string{"attempt.dialed", "attempt.ended", "call.redial_scheduled", "call.ended"} {
		e.Type = kind
		s.event(0, e)
	}
	if s.finish([]error{errors.New(evil)}, false) == nil {
		t.Error("what is wrong is no error")
	}
	isHarmless(t, "the screen",
		regexp.MustCompile(`(^|\x1b\[J)\r(\x1b\[\d+A)?|\x1b\[[KJ]`).ReplaceAllString(out.String(), ""))
}

// Whatever is written, in any pieces that end between characters, the output is harmless. Harmless text comes out
// unchanged.
func TestTheFilterIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out strings.Builder
		w := filter{&out}
		all := ""
		bytes := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })
		for _, text := range rapid.SliceOf(rapid.OneOf(rapid.String(), bytes)).Draw(t, "pieces") {
			if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
				t.Fatalf("%d of %d bytes, %v", n, len(text), err)
			}
			all += text
		}
		isHarmless(t, "the filter", out.String())
		if got := harmless(out.String()); got != out.String() {
			t.Errorf("a second filter changes %q to %q", out.String(), got)
		}
	})
	for _, text := range []string{"", "Grüße, 👩‍👩‍👧 さようなら", "a\tb\n", `\u001b`} {
		if got := harmless(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// All output goes through printf, so that texts of others stay within their lines.
func TestEverythingIsPrintedByPrintf(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	past := regexp.MustCompile(`fmt\.(Print|Fprint\w*\((con|out|t|s\.out|w)\b)|os\.Std(out|err)`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "filter.go" {
			continue
		}
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(code)) {
			if past.MatchString(line) && !strings.Contains(line, "newConsole(os.Stdout, os.Stderr)") {
				t.Errorf("%s prints past it: %s", file, line)
			}
		}
	}
}

// There is a warning for a secret in a flag, and for plain http to another host. There is none for the environment,
// or for this machine.
func TestWhatLaysSecretsOpenIsWarnedOf(t *testing.T) {
	server := httptest.NewServer(hostile{state: "waiting"})
	defer server.Close()
	const secret, open = "is a secret", "is plain http to another host"
	tests := []struct {
		line, warns string
		env         map[string]string
	}{
		{"list --api-key sixteen-letters!", secret, nil},
		{"list --api-key=sixteen-letters!", secret, nil},
		{"list", "", map[string]string{"REDIAL_API_KEY": "sixteen-letters!"}},
		{"serve --api-keys sixteen-letters!", secret, nil},
		{"serve --twilio-auth-token x", secret, nil},
		{"serve --twilio-api-secret x", secret, nil},
		{"serve --webhook-secrets x", secret, nil},
		{"serve --webhook-urls https://h.example/?key=x", secret, nil},
		{"serve --webhook-urls https://h.example/", "", nil},
		{"serve --database-url postgres://u:p@h/x", secret, nil},
		{"serve --database-url postgres://u@h/x?sslmode=disable", "", nil},
		{"serve", "", map[string]string{"TWILIO_AUTH_TOKEN": "x", "DATABASE_URL": "postgres://u:p@h/x"}},
		{"listen --secret whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", secret, nil},
		{"listen", "", map[string]string{"REDIAL_LISTEN_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}},
		{"migrate --database-url mysql://u:p@h/x", secret, nil},
		{"listen --forward http://10.255.255.1/hook", open, nil},
		{"listen --forward http://localhost:3000/hook", "", nil},
		{"listen --forward https://h.example/hook", "", nil},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			args := strings.Fields(test.line)
			if args[0] == "list" || args[0] == "listen" {
				args = append(args, "--url", server.URL)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			var out, errs strings.Builder
			run(ctx, args, newConsole(&out, &errs))
			warned := strings.Contains(errs.String(), "warning: ")
			if warned != (test.warns != "") || !strings.Contains(errs.String(), test.warns) {
				t.Errorf("it says: %s", &errs)
			}
		})
	}
	for link, want := range map[string]bool{
		"http://192.0.2.1": true, "HTTP://redial.example.com": true, "https://redial.example.com": false,
		"http://127.0.0.1:8080": false,
		"http://localhost":      false, "http://[::1]:1": false, "": false, "postgres://h": false,
	} {
		var out, errs strings.Builder
		newConsole(&out, &errs).warnPlain("REDIAL_URL", link)
		if got := strings.Contains(errs.String(), open); got != want {
			t.Errorf("%s: %s", link, &errs)
		}
	}
}
