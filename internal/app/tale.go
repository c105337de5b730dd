package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"redial/internal/call"
	"redial/internal/phone"
)

// tale logs what happens to the Calls: each event once, on the node that committed it, after the commit. It uses the
// words of the events, as the API and webhooks do, but leaves out Twilio's words, which quote numbers.
type tale struct {
	log   *slog.Logger
	lines map[call.EventType]line
}

// line is how an event of one type is logged.
type line struct {
	level slog.Level
	text  string
}

// details are the events that a call's story can do without; they are logged at level DEBUG.
var details = []call.EventType{
	call.CallHeld, call.CallReleased, call.AttemptDialed, call.AttemptInitiated, call.AttemptRinging, call.AttemptAnswered,
	call.AttemptDetected, call.AttemptKeyRefused, call.AttemptTold, call.AttemptAsked, call.AttemptHungUp,
}

func newTale(log *slog.Logger) *tale {
	t := &tale{log, map[call.EventType]line{}}
	words := strings.NewReplacer(".", " ", "_", " ")
	for _, kind := range call.EventTypes() {
		l := line{slog.LevelInfo, words.Replace(string(kind))}
		if slices.Contains(details, kind) {
			l.level = slog.LevelDebug
		}
		t.lines[kind] = l
	}
	return t
}

// tell logs an event of a Call.
func (t *tale) tell(c *call.Call, e *call.Event) {
	l := t.lines[e.Type]
	if !t.log.Enabled(context.Background(), l.level) {
		return
	}
	w := make(words, 0, 12)
	w.text("type", string(e.Type))
	w.text("call", c.ID)
	w.number("attempt", e.Attempt)
	if a := c.Attempt(e.Attempt); a != nil {
		w.text("sid", a.SID)
		if len(c.People) > 0 {
			w.number("person", a.Person+1)
		}
	}
	w.text("result", string(e.Result))
	w.text("outcome", string(e.Outcome))
	w.text("by", e.By)
	w.text("reason", e.Reason)
	w.text("waiting", e.Waiting)
	w.number("code", e.Code)
	w.number("sip_code", e.SIPCode)
	if !e.NextAttemptAt.IsZero() {
		w = append(w, slog.Time("next_attempt_at", e.NextAttemptAt))
	}
	switch e.Type {
	case call.CallCreated:
		w.text("to", phone.Mask(c.To))
	case call.AttemptEnded, call.AttemptResurfaced:
		w.times(c.Attempt(e.Attempt))
	case call.CallEnded:
		w.evidence(c)
	}
	r := slog.NewRecord(time.Now(), l.level, l.text, 0) // no source: it would always be this line
	r.AddAttrs(w...)
	_ = t.log.Handler().Handle(context.Background(), r)
}

// words are the attributes of a line. Empty ones are left out.
type words []slog.Attr

func (w *words) text(key, value string) {
	if value != "" {
		*w = append(*w, slog.String(key, value))
	}
}

func (w *words) number(key string, value int) {
	if value != 0 {
		*w = append(*w, slog.Int(key, value))
	}
}

// times adds how long the phone rang and how long somebody talked, as far as that is known.
func (w *words) times(a *call.Attempt) {
	if rang, known := a.Rang(); known {
		*w = append(*w, slog.Int("ring_seconds", int(rang.Round(time.Second)/time.Second)))
	}
	if !a.AnsweredAt.IsZero() || a.Duration > 0 {
		*w = append(*w, slog.Int("talk_seconds", a.Duration))
	}
}

// evidence adds how it is known that a person was reached, and how many attempts there were.
func (w *words) evidence(c *call.Call) {
	if e := c.Evidence(); e != nil {
		w.number("attempt", e.Attempt)
		w.text("by", e.By)
	}
	*w = append(*w, slog.Int("attempts", len(c.Attempts)))
}
