package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"redial/api"
)

// row is the state of one call of the demo.
type row struct {
	call    demoCall
	rings   []ring    // each attempt
	last    api.Event // what happened last
	outcome string
	took    time.Duration
}

// ring is an attempt: whose phone rings, and in a word how it ended.
type ring struct {
	person int // the position in the call's people, from 1; 0 if there are none
	word   string
}

func (r *row) see(e api.Event, at time.Duration) {
	r.last = e
	switch {
	case e.Type == "attempt.dialed":
		r.rings = append(r.rings, ring{e.Person, "…"})
	case e.Type == "attempt.ended" && e.Attempt > 0 && e.Attempt <= len(r.rings):
		r.rings[e.Attempt-1].word = e.Result
	case e.Type == "call.ended":
		r.outcome, r.took = e.Outcome, at
	}
}

// attempts says in few words how each person's phone rang.
func (r *row) attempts() string {
	if len(r.call.people) == 0 {
		return words(r.rings, 0)
	}
	var all []string
	for i, p := range r.call.people {
		if text := words(r.rings, i+1); text != "" {
			all = append(all, p.Name+" "+text)
		}
	}
	return strings.Join(all, " · ")
}

// words lists how one person's phone rang. The same word several times in a row is counted.
func words(rings []ring, person int) string {
	var runs []string
	last, times := "", 0
	for _, r := range rings {
		if r.person != person {
			continue
		}
		if r.word != last {
			runs, last, times = append(runs, r.word), r.word, 0
		}
		if times++; times > 1 {
			runs[len(runs)-1] = fmt.Sprintf("%s ×%d", r.word, times)
		}
	}
	return strings.Join(runs, ", ")
}

// now says in few words what the call does or waits for.
func (r *row) now(now time.Time, polling bool) string {
	e := r.last
	kind, what, _ := strings.Cut(e.Type, ".")
	switch {
	case r.outcome != "":
		return fmt.Sprintf("%s after %.1f s", strings.ToUpper(r.outcome), r.took.Seconds())
	case !e.NextAttemptAt.IsZero():
		return awaits(e, now)
	case kind != "attempt":
		return cmp.Or(ofCall[what], what, "asked for")
	}
	text := cmp.Or(ofAttempt[what], what)
	switch {
	case what == "placed" && polling:
		text = "asks Twilio how it goes"
	case what == "detected":
		text = "a " + strings.ReplaceAll(e.Reason, "_", " ")
	case what == "ended":
		text = "ended: " + e.Result
	}
	if who := r.whose(e.Attempt); who != "" {
		text = who + ": " + text
	}
	return text
}

// whose is the name of the person whose phone an attempt rings; empty if there is only one person.
func (r *row) whose(attempt int) string {
	if attempt < 1 || attempt > len(r.rings) {
		return ""
	}
	return whom(api.Event{Person: r.rings[attempt-1].person}, r.call.people)
}

var ofCall = map[string]string{
	"held":             "another call rings it",
	"released":         "the number is free",
	"redial_requested": "asked to ring now",
	"redial_withdrawn": "not dialed after all",
	"cancel_requested": "is being canceled",
}

var ofAttempt = map[string]string{
	"dialed":      "is dialed",
	"placed":      "awaits a callback", // from Twilio
	"unanswered":  "finds out if it rang",
	"asked":       "asks Twilio about it",
	"initiated":   "goes out",
	"ringing":     "rings",
	"answered":    "is answered",
	"confirmed":   "is confirmed",
	"passed_on":   "passes it on",
	"key_refused": "a wrong key",
	"told":        "hears it is taken",
	"hung_up":     "is let go",
	"resurfaced":  "turned up after all",
}

// awaits says what the next dial waits for, and for how long.
func awaits(e api.Event, now time.Time) string {
	at := local(e.NextAttemptAt)
	left := at.Sub(now).Round(time.Second)
	waits := fmt.Sprintf("waits %d s", int(left.Seconds()))
	if left > 99*time.Second {
		waits = "waits till " + at.Format("15:04")
	}
	switch why, _, _ := strings.Cut(e.Waiting, " "); {
	case why == "a": // ring would outlast the window
		return "no time left to ring"
	case why == "holiday":
		return "holiday until " + at.Format("Mon 15:04")
	case left <= 0:
		return "is due"
	case why == "outside":
		return waits + " for its window"
	case why == "not":
		return "not before " + at.Format(time.TimeOnly)
	case why != "":
		return e.Waiting
	case e.Type == "call.redial_scheduled":
		return waits + ": " + e.Reason
	}
	return waits
}

// color is the color of a row's last words.
func (r *row) color() string {
	switch {
	case r.outcome == "reached":
		return green
	case r.outcome == "refused":
		return red
	case r.outcome != "":
		return yellow
	case !r.last.NextAttemptAt.IsZero():
		return dim
	}
	return ""
}
