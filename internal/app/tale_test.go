package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/api"
	"redial/internal/call"
)

// lines returns the lines of the log that contain all of these words, without time, level and ids.
func (l *lockedBuffer) lines(words ...string) (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			list = append(list, strings.TrimSpace(varies.ReplaceAllString(line, "")))
		}
	}
	return list
}

// varies matches what differs between two runs of a story.
var varies = regexp.MustCompile(`time=\S+ |level=\S+ | call=\S+| sid=\S+| next_attempt_at=\S+| event=\S+`)

// has expects exactly these lines among those with these words.
func (l *lockedBuffer) has(t *testing.T, words string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, l.lines(words)); diff != "" {
		t.Errorf("lines with %s, -want +log:\n%s", words, diff)
	}
}

func logged(log *lockedBuffer, level slog.Level, change func(*Config)) func(*Config) {
	return func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))
		if change != nil {
			change(c)
		}
	}
}

// At level INFO the log says what became of a call, and how that is known.
func TestTheLogTellsTheStory(t *testing.T) {
	var log lockedBuffer
	inWorld(t, logged(&log, slog.LevelInfo, nil), func(w *world) {
		w.phone(alice).noAnswer().busy().does("answer:12s")
		w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Minute)
	})
	log.has(t, "type=",
		`msg="call created" type=call.created by=env to=+8190******78`,
		`msg="attempt placed" type=attempt.placed attempt=1`,
		`msg="attempt ended" type=attempt.ended attempt=1 result=no-answer sip_code=487 ring_seconds=30`,
		`msg="call redial scheduled" type=call.redial_scheduled reason=no-answer`,
		`msg="attempt placed" type=attempt.placed attempt=2`,
		`msg="attempt ended" type=attempt.ended attempt=2 result=busy sip_code=486`,
		`msg="call redial scheduled" type=call.redial_scheduled reason=busy`,
		`msg="attempt placed" type=attempt.placed attempt=3`,
		`msg="attempt ended" type=attempt.ended attempt=3 result=completed sip_code=200 ring_seconds=4 talk_seconds=12`,
		`msg="call ended" type=call.ended outcome=reached attempt=3 by=answer attempts=3`,
	)
}

// The page shows this story.
func TestThePageShowsTheLog(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```\nlevel=INFO")
	example, _, _ := strings.Cut("level=INFO"+rest, "\n```")
	var log lockedBuffer
	inWorld(t, logged(&log, slog.LevelInfo, nil), func(w *world) {
		w.phone(alice).noAnswer().does("answer+keys=1")
		w.call(api.CreateCall{To: alice, Policy: &api.Policy{Confirm: &api.Confirm{Digit: "1"}}})
		w.pass(5 * time.Minute)
	})
	log.has(t, "type=", strings.Split(varies.ReplaceAllString(example, ""), "\n")...)
}

// The log says how each outcome came about, and how it is known that a person was reached.
func TestTheLogTellsHowItIsKnown(t *testing.T) {
	for _, tc := range []struct {
		script string
		policy api.Policy
		ended  string
	}{
		{"answer:9s", api.Policy{}, "outcome=reached attempt=1 by=answer attempts=1"},
		{"answer+keys=1", api.Policy{Confirm: &api.Confirm{Digit: "1"}}, "outcome=reached attempt=1 by=key attempts=1"},
		{"answer+keys=7391", api.Policy{Confirm: &api.Confirm{PIN: "7391"}}, "outcome=reached attempt=1 by=pin attempts=1"},
		{"answer:9s", api.Policy{Machine: &api.Machine{Do: "redial"}}, "outcome=reached attempt=1 by=human attempts=1"},
		{"no-answer", api.Policy{MaxAttempts: new(1)}, "outcome=unreached attempts=1"},
		{"refuse:21211", api.Policy{}, "outcome=refused code=21211 attempts=1"},
		{"busy", api.Policy{Deadline: api.After(time.Minute),
			RedialAfter: map[string]api.Delays{"busy": {api.Duration(time.Hour)}}},
			"outcome=expired attempts=1"},
	} {
		t.Run(tc.ended, func(t *testing.T) {
			var log lockedBuffer
			inWorld(t, logged(&log, slog.LevelInfo, nil), func(w *world) {
				w.phone(alice).does(tc.script)
				w.call(api.CreateCall{To: alice, Policy: &tc.policy})
				w.pass(2 * time.Hour)
			})
			log.has(t, "type=call.ended", `msg="call ended" type=call.ended `+tc.ended)
		})
	}
}

// What an operator does is logged once, also if it is repeated.
func TestTheLogTellsWhatOperatorsDo(t *testing.T) {
	var log lockedBuffer
	inWorld(t, logged(&log, slog.LevelInfo, hooks(shop)), func(w *world) {
		w.receiver(shop, secretOf("a"))
		w.phone(alice).busy().busy().does("answer:600s")
		c := w.call(api.CreateCall{To: alice})
		w.pass(10 * time.Second)
		if _, err := w.client.Redial(w.ctx, c.id); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		for range 2 {
			if status, body := w.do("POST", "/v1/calls/"+c.id+"/cancel", `{"hangup":true}`); status != 200 {
				t.Fatal(body)
			}
		}
		w.pass(time.Minute)
		if status, body := w.do("DELETE", "/v1/calls/"+c.id, ""); status != 204 {
			t.Fatal(body)
		}
	})
	log.has(t, "requested",
		`msg="call redial requested" type=call.redial_requested by=env`,
		`msg="call cancel requested" type=call.cancel_requested by=env reason="hang up"`,
	)
	log.has(t, "deleted", `msg="call deleted: its personal data is gone" by=env`)
	log.has(t, "type=call.ended", `msg="call ended" type=call.ended outcome=reached attempt=3 by=answer attempts=3`)
}

// Each type of event has its own line, at level INFO or, for details, at level DEBUG.
func TestEveryEventIsTold(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
		var log lockedBuffer
		tale := newTale(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level})))
		for _, kind := range call.EventTypes() {
			c := call.Call{Wish: call.Wish{ID: "c", To: alice}, Attempts: []call.Attempt{{N: 1, To: alice}}}
			tale.tell(&c, &call.Event{Type: kind, Attempt: 1, Message: "no route to " + alice})
		}
		want := map[slog.Level]int{slog.LevelDebug: len(call.EventTypes()),
			slog.LevelInfo: len(call.EventTypes()) - len(details)}[level]
		if n := len(log.lines("type=")); n != want {
			t.Errorf("%d lines at level %s, not %d", n, level, want)
		}
		if strings.Contains(log.b.String(), alice) || strings.Contains(log.b.String(), "no route") {
			t.Errorf("Twilio's words, or a number:\n%s", log.b.String())
		}
	}
}

// An event that is not logged costs nothing.
func TestWhatIsNotToldCostsNothing(t *testing.T) {
	tale := newTale(slog.New(slog.NewTextHandler(&lockedBuffer{}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	c := call.Call{Attempts: []call.Attempt{{N: 1}}}
	e := call.Event{Type: call.AttemptEnded, Attempt: 1, Result: call.Busy}
	if n := testing.AllocsPerRun(100, func() { tale.tell(&c, &e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The log has an endpoint's first failure, and that it works again, but no try in between.
func TestTheLogTellsOfAnEndpointTwice(t *testing.T) {
	var log lockedBuffer
	inWorld(t, logged(&log, slog.LevelInfo, hooks(shop)), func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(500)
		phone := w.phone(alice)
		for range 5 {
			phone.answers()
			w.call(api.CreateCall{To: alice})
			w.pass(5 * time.Minute)
		}
		log.has(t, "webhook",
			`msg="webhook endpoint fails" endpoint=`+w.endpoint()+` err="it answered 500 Internal Server Error"`)
		x.answers(nil)
		w.pass(24 * time.Hour)
		lines := log.lines("webhook endpoint works again", "endpoint="+w.endpoint())
		if len(lines) != 1 || len(x.heard()) != 10 {
			t.Errorf("%q, %q", lines, x.heard())
		}
		log.has(t, "webhook endpoint fails",
			`msg="webhook endpoint fails" endpoint=`+w.endpoint()+` err="it answered 500 Internal Server Error"`)
	})
}

// A node that is told to stop logs how many legs are alive.
func TestTheLogTellsWhatIsAliveAtTheEnd(t *testing.T) {
	var log lockedBuffer
	var way network
	change := func(c *Config) {
		hooks(shop)(c)
		way.RoundTripper, c.Transport = c.Transport, &way
	}
	inWorld(t, logged(&log, slog.LevelInfo, change), func(w *world) {
		w.receiver(shop, secretOf("a")).hangs()
		w.phone(bob).busy().does("answer:60s")
		b := w.call(api.CreateCall{To: bob})
		w.pass(35 * time.Second) // bob talks, and the shop does not answer
		cut := cuts["silence"]
		way.cut.Store(&cut)
		w.phone(alice).answers()
		w.call(api.CreateCall{To: alice})
		w.pass(time.Second)
		ctx, hangUp := context.WithCancel(w.ctx)
		defer hangUp()
		go func() { _, _ = w.client.Get(ctx, b.id, time.Minute) }()
		synctest.Wait()
		stopped, stop := context.WithCancelCause(w.ctx)
		stop(errors.New("terminated"))
		w.node.Load().logStop(stopped)
		way.cut.Store(nil)
		w.pass(10 * time.Minute)
	})
	log.has(t, "told to stop", `msg="redial is told to stop: it takes no more work, and finishes what is in flight" `+
		`legs=2 cause=terminated twilio_requests=1 webhooks=1 requests=0 streams=1`)
}

// endpoint is the id of the only configured endpoint.
func (w *world) endpoint() string {
	w.t.Helper()
	list, err := w.client.Endpoints(w.ctx)
	if err != nil || len(list) != 1 {
		w.t.Fatal(list, err)
	}
	return list[0].ID
}

// BenchmarkALineOfTheLog measures a line that is written to a file.
func BenchmarkALineOfTheLog(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	tale := newTale(slog.New(slog.NewTextHandler(file, nil)))
	c := call.Call{
		Wish:     call.Wish{ID: "019a0000-0000-7000-8000-000000000000"},
		Attempts: []call.Attempt{{N: 1, SID: "CA00000000000000000000000000000000"}},
	}
	e := call.Event{Type: call.AttemptEnded, Attempt: 1, Result: call.NoAnswer, SIPCode: 487}
	for b.Loop() {
		tale.tell(&c, &e)
	}
}
