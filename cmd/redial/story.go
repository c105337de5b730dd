package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"redial/api"
)

// line is an event as a line of a Call's story, with the time it happened.
func line(e api.Event, people []api.Person) string {
	return e.At.Local().Format("15:04:05.000") + "  " + story(e, people)
}

// timeline is what happened, and how it went to tell others of it, by time.
func timeline(events []api.Event, deliveries []api.Delivery, people []api.Person) (lines []string) {
	type moment struct {
		at   time.Time
		line string
	}
	var all []moment
	for _, e := range events {
		all = append(all, moment{e.At, line(e, people)})
	}
	for _, d := range deliveries {
		for _, t := range d.Tries {
			all = append(all, moment{t.At, fmt.Sprintf("%s  webhook %s of event %d to %s: %s after %s",
				t.At.Local().Format("15:04:05.000"), d.Type, d.Seq, d.Endpoint, outcomeOfTry(t), t.Duration)})
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range all {
		lines = append(lines, m.line)
	}
	return lines
}

// story tells an event in a sentence; people are the Call's, if there are several.
func story(e api.Event, people []api.Person) string {
	switch kind, what, _ := strings.Cut(e.Type, "."); kind {
	case "call":
		return callStory(what, e, people)
	case "attempt":
		return fmt.Sprintf("attempt %d %s", e.Attempt, attemptStory(what, e, people))
	}
	return e.Type
}

func callStory(what string, e api.Event, people []api.Person) string {
	switch what {
	case "created":
		return "call created" + waiting(e)
	case "redial_requested":
		return "asked to ring again at once"
	case "deferred":
		return "not now: will ring at " + nextAt(e) + waiting(e)
	case "cancel_requested":
		if e.Reason != "" {
			return "cancel requested, of conversations too"
		}
		return "cancel requested"
	case "held":
		return "waiting: another call is ringing this number"
	case "released":
		return cmp.Or(e.Reason, "the number is free again")
	case "redial_scheduled":
		next := "will ring again"
		if len(people) > 0 {
			next = "the next is rung"
		}
		return fmt.Sprintf("%s: %s at %s", e.Reason, next, nextAt(e)) + waiting(e)
	case "redial_withdrawn":
		return "the redial is withdrawn: later news of the attempt before"
	case "ended":
		return "call ended: " + strings.ToUpper(e.Outcome) + because(e)
	}
	return what
}

// nextAt is when it rings next, with the date where that is another one.
func nextAt(e api.Event) string {
	at := e.NextAttemptAt.Local()
	if at.Format(time.DateOnly) == e.At.Local().Format(time.DateOnly) {
		return at.Format(time.TimeOnly)
	}
	return at.Format(time.DateTime)
}

// waiting says why the next dial is not made sooner.
func waiting(e api.Event) string {
	if e.Waiting == "" {
		return ""
	}
	return " (waiting: " + e.Waiting + ")"
}

// waited says what a dial has waited for since it was due.
func waited(e api.Event) string {
	var parts []string
	for _, w := range e.Waited {
		parts = append(parts, fmt.Sprintf("%s for %s", time.Duration(w.Seconds)*time.Second, w.Why))
	}
	if parts == nil {
		return ""
	}
	return " (it waited " + strings.Join(parts, ", ") + ")"
}

func attemptStory(what string, e api.Event, people []api.Person) string {
	switch what {
	case "dialed":
		return strings.TrimSpace("dialing "+whom(e, people)) + waited(e)
	case "placed":
		return "taken by Twilio as " + e.SID
	case "postponed":
		return fmt.Sprintf("postponed (%s): goes out again at %s", e.Reason, nextAt(e))
	case "initiated":
		return "leaves Twilio's queue"
	case "unanswered":
		return fmt.Sprintf("unknown (%s): finding out what became of it", cmp.Or(e.Reason, "redial was interrupted"))
	case "hung_up":
		return e.Reason + ": asking Twilio to end it"
	case "detected":
		return "was answered by: " + e.Reason
	case "confirmed":
		return "is confirmed, by " + e.Reason
	case "key_refused":
		return "a wrong key was pressed"
	case "told":
		return "hears that somebody else has it"
	case "resolved":
		return "resolved by hand: " + e.Result + details(e)
	case "asked":
		return "is silent: asking Twilio"
	case "ended":
		return "ended: " + e.Result + details(e)
	case "resurfaced":
		return "turned up after all: " + e.Result + details(e)
	}
	return what // ringing, answered
}

// whom is the person whose phone is dialed, by name if there is one.
func whom(e api.Event, people []api.Person) string {
	if e.Person < 1 || e.Person > len(people) {
		return ""
	}
	p := people[e.Person-1]
	return cmp.Or(p.Name, p.Number)
}

// reachedLine is the evidence in a sentence.
func reachedLine(r *api.Reached) string {
	how := map[string]string{
		"key": "confirmed by a key", "pin": "confirmed by the PIN", "human": "a person, as far as can be detected",
		"answer": "the call was answered, and nothing else is known",
	}[r.By]
	text := cmp.Or(strings.TrimSpace(r.Name+" "+r.To), "(scrubbed)") + ": " + how
	if r.Listened > 0 {
		text += fmt.Sprintf("; listened for %d s", r.Listened)
	}
	return text
}

func details(e api.Event) string {
	switch {
	case e.Duration > 0:
		return fmt.Sprintf(" after %d s of conversation", e.Duration) + because(e)
	case e.Code != 0:
		return because(e)
	case e.SIPCode != 0:
		return fmt.Sprintf(" (SIP %d)", e.SIPCode)
	}
	return ""
}

func because(e api.Event) string {
	if e.Code == 0 {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf(" (Twilio error %d: %s", e.Code, e.Message), ": ") + ")"
}
