package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"

	"redial/api"
)

// serverOf is a server with one call. It sends the call's events at their times after the beginning, and the reasons
// for which the call waits change at other times.
type serverOf struct {
	begin  time.Time
	events []happens
	holds  []hold
	asked  atomic.Int32 // how often the call was asked for
}

type happens struct {
	at    time.Duration
	event string
}

type hold struct {
	from time.Duration
	why  []string
}

func (s *serverOf) now() (c api.Call) {
	c = api.Call{
		ID: "019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b11", To: "+819012345678", State: "waiting", CreatedAt: s.begin,
		NextAttemptAt: s.begin,
	}
	for _, e := range s.events {
		if time.Since(s.begin) >= e.at {
			switch {
			case e.event == "call.held":
				c.Held, c.Waiting = true, []string{"another call is ringing the number"}
			case e.event == "call.released":
				c.Held, c.Waiting = false, nil
			case e.event == "call.ended":
				c.State, c.Outcome = "ended", "unreached"
			case strings.HasPrefix(e.event, "attempt."):
				c.State = "dialing"
			default:
				c.State = "waiting"
			}
		}
	}
	for _, h := range slices.Backward(s.holds) {
		if c.State == "waiting" && time.Since(s.begin) >= h.from {
			c.Waiting = append(c.Waiting, h.why...)
			break
		}
	}
	return c
}

func (s *serverOf) RoundTrip(r *http.Request) (*http.Response, error) {
	body, written := io.Pipe()
	res := &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, Request: r}
	if !strings.HasSuffix(r.URL.Path, "/events") {
		s.asked.Add(1)
		go func() { written.CloseWithError(json.NewEncoder(written).Encode(s.now())) }()
		return res, nil
	}
	res.Header.Set("Content-Type", "text/event-stream")
	go func() {
		defer written.Close()
		for i, e := range s.events {
			select {
			case <-time.After(time.Until(s.begin.Add(e.at))):
			case <-r.Context().Done():
				written.CloseWithError(r.Context().Err())
				return
			}
			b, _ := json.Marshal(api.Event{
				Seq: i + 1, Type: e.event, At: time.Now(), Attempt: 1, Outcome: "unreached", NextAttemptAt: time.Now(),
			})
			fmt.Fprintf(written, "event: %s\ndata: %s\n\n", e.event, b)
		}
	}()
	return res, nil
}

// told is what a waiting user is told, without the times.
func (s *serverOf) told(ctx context.Context, con *console) (status int) {
	client := &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: s}}
	c := s.now()
	w := newWatch(con, client, &c)
	call, err := w.untilEnded(ctx, 0)
	if err != nil {
		return con.fail(ctx, server{URL: defaultURL}.goesOn(ctx, con, c.ID, err))
	}
	return int(outcomeStatus[call.Outcome])
}

// The reason why a call does not ring is printed once, and again when it changes, but not while the call rings.
func TestWhatHoldsACallUpIsToldWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &serverOf{
			begin: time.Now(),
			events: []happens{
				{0, "call.created"}, {3 * time.Minute, "attempt.dialed"}, {4*time.Minute + 30*time.Second, "call.redial_scheduled"},
				{6 * time.Minute, "call.held"}, {8 * time.Minute, "call.released"},
				{9 * time.Minute, "attempt.dialed"}, {10 * time.Minute, "call.ended"},
			},
			holds: []hold{
				{0, []string{"the account is paused"}},
				{time.Minute, []string{"the pace: others are due", "not before 2000-01-01T00:00:00Z"}},
				{2 * time.Minute, nil}, {4 * time.Minute, []string{"the account is paused"}},
				{5 * time.Minute, nil}, {7 * time.Minute, []string{"the account is paused"}}, {8 * time.Minute, nil},
			},
		}
		var out, errs strings.Builder
		status := s.told(t.Context(), newConsole(&out, &errs))
		var lines []string
		for line := range strings.Lines(out.String()) {
			if _, text, ok := strings.Cut(line, "  "); ok {
				lines = append(lines, strings.TrimSpace(text))
			}
		}
		want := []string{
			"call created", "waiting: the account is paused",
			"waiting: the pace: others are due; not before " + clock(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)),
			"attempt 1 dialing", ": will ring again at TIME", "waiting: the account is paused",
			"waiting: another call is ringing this number", "waiting: the account is paused", "the number is free again",
			"attempt 1 dialing", "call ended: UNREACHED",
		}
		got := regexp.MustCompile(`ring again at .*`).ReplaceAllString(strings.Join(lines, "\n"), "ring again at TIME")
		if got != strings.Join(want, "\n") || status != 3 || errs.Len() > 0 {
			t.Errorf("status %d, %s\n%s\nwant\n%s", status, errs.String(), got, strings.Join(want, "\n"))
		}
		if s.asked.Load() < 30 || s.asked.Load() > 250 {
			t.Errorf("the server was asked %d times in 10 minutes", s.asked.Load())
		}
	})
}

// A script gets no text between the events, or before the call.
func TestAScriptIsNotToldWhatHoldsACallUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &serverOf{
			begin:  time.Now(),
			events: []happens{{0, "call.created"}, {time.Hour, "call.ended"}},
			holds:  []hold{{0, []string{"the account is paused"}}},
		}
		var out, errs strings.Builder
		con := newConsole(&out, &errs)
		con.json = true
		c := s.now()
		w := newWatch(con, &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: s}}, &c)
		w.tell = func(api.Event) error { return nil }
		if _, err := w.untilEnded(t.Context(), 0); err != nil || out.Len() > 0 {
			t.Errorf("%v, and it prints %s", err, &out)
		}
	})
}

// A call that rings tomorrow is not asked for every few seconds.
func TestACallThatIsNotDueIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &serverOf{begin: time.Now(), events: []happens{{0, "attempt.ringing"}, {time.Hour, "call.ended"}}}
		var out, errs strings.Builder
		s.told(t.Context(), newConsole(&out, &errs))
		if s.asked.Load() > 62 {
			t.Errorf("the server was asked %d times in an hour", s.asked.Load())
		}
	})
}

// A user who stops waiting is told that the call goes on, and how to cancel it.
func TestASignalEndsTheWaitingAlone(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		for _, asJSON := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				s := &serverOf{begin: time.Now(), events: []happens{{0, "call.created"}, {time.Hour, "call.ended"}}}
				time.AfterFunc(time.Minute, func() { cancel(signaled{signal}) })
				var out, errs strings.Builder
				con := newConsole(&out, &errs)
				con.json, con.echoes = asJSON, asJSON
				status := s.told(ctx, con)
				const says = "the call goes on; to cancel it: " +
					"redial cancel 019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b11; to wait again: redial wait 019a0c3e"
				if status != want || strings.Count(errs.String(), says) != 1 || asJSON && !json.Valid([]byte(errs.String())) ||
					strings.HasPrefix(errs.String(), "\n") != con.echoes {
					t.Errorf("%s: status %d, %s", signal, status, errs.String())
				}
			})
		}
	}
}

// Text for a terminal begins on a new line there, wherever the result goes.
func TestAConsoleKnowsItsTerminal(t *testing.T) {
	keyboard, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer terminal.Close()
	if con := newConsole(io.Discard, terminal); con.terminal != nil || !con.echoes {
		t.Error("errors go to a terminal, and the result does not")
	}
	if con := newConsole(terminal, io.Discard); con.terminal == nil || con.echoes {
		t.Error("the result goes to a terminal, and errors do not")
	}
}

// The same while the server is away.
func TestASignalWhileTheServerIsAway(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"refuses connections": func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED },
		"has no database": func(r *http.Request) (*http.Response, error) {
			problem := `{"title": "Service Unavailable", "status": 503, "detail": "no database"}`
			return &http.Response{StatusCode: 503, Request: r, Body: io.NopCloser(strings.NewReader(problem))}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Minute, func() { cancel(signaled{syscall.SIGINT}) })
				var out, errs strings.Builder
				con := newConsole(&out, &errs)
				w := newWatch(con, &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: roundTrip(answer)}},
					&api.Call{ID: "one"})
				_, err := w.untilEnded(ctx, 0)
				status := con.fail(ctx, server{URL: defaultURL}.goesOn(ctx, con, "one", err))
				if status != 130 || !strings.Contains(errs.String(), "the call goes on; to cancel it: redial cancel one") {
					t.Errorf("status %d: %s", status, errs.String())
				}
				if n := strings.Count(errs.String(), "still trying, for 15 minutes at most"); n != 1 {
					t.Errorf("%d times said that the server is away: %s", n, errs.String())
				}
			})
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// If a server never comes back, the command gives up; then nobody knows what becomes of the call.
func TestAServerThatStaysAwayIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var out, errs strings.Builder
		con := newConsole(&out, &errs)
		gone := roundTrip(func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED })
		w := newWatch(con, &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: gone}}, &api.Call{ID: "one"})
		_, err := w.untilEnded(t.Context(), 0)
		status := con.fail(t.Context(), server{URL: defaultURL}.goesOn(t.Context(), con, "one", err))
		if took := time.Since(begin); status != statusFailed || took < waitsFor || took > waitsFor+time.Minute {
			t.Errorf("status %d after %s", status, took)
		}
		text := errs.String()
		if !strings.Contains(text, "connection refused") || !strings.Contains(text, "to wait again: redial wait one") {
			t.Error(text)
		}
	})
}

func TestWordsAsAShellReadsThem(t *testing.T) {
	for word, want := range map[string]string{
		"list": "list", "+819012345678": "+819012345678", "": "''", "two words": "'two words'", "it's": `'it'\''s'`,
		"$(rm)":                 "'$(rm)'",
		"http://127.0.0.1:8080": "http://127.0.0.1:8080", "a;b": "'a;b'", "～": "'～'",
	} {
		if got := quoted(word); got != want {
			t.Errorf("%q is quoted as %s", word, got)
		}
	}
}
