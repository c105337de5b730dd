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
func line(e api.Event) string {
	return e.At.Local().Format("15:04:05.000") + "  " + story(e)
}

// timeline is what happened, and how it went to tell others of it, by time.
func timeline(events []api.Event, deliveries []api.Delivery) (lines []string) {
	type moment struct {
		at   time.Time
		line string
	}
	var all []moment
	for _, e := range events {
		all = append(all, moment{e.At, line(e)})
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

// story tells an event in a sentence.
func story(e api.Event) string {
	switch kind, what, _ := strings.Cut(e.Type, "."); kind {
	case "call":
		return callStory(what, e)
	case "attempt":
		return fmt.Sprintf("attempt %d %s", e.Attempt, attemptStory(what, e))
	}
	return e.Type
}

func callStory(what string, e api.Event) string {
	switch what {
	case "created":
		return "call created"
	case "cancel_requested":
		return "cancel requested"
	case "held":
		return "waiting: another call is ringing this number"
	case "released":
		return "the number is free again"
	case "redial_scheduled":
		return fmt.Sprintf("%s: will ring again at %s", e.Reason, e.NextAttemptAt.Local().Format("15:04:05"))
	case "redial_withdrawn":
		return "the redial is withdrawn: later news of the attempt before"
	case "ended":
		return "call ended: " + strings.ToUpper(e.Outcome) + because(e)
	}
	return what
}

func attemptStory(what string, e api.Event) string {
	switch what {
	case "dialed":
		return "dialing"
	case "placed":
		return "taken by Twilio as " + e.SID
	case "postponed":
		return fmt.Sprintf("postponed (%s): goes out again at %s", e.Reason, e.NextAttemptAt.Local().Format("15:04:05"))
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

func details(e api.Event) string {
	switch {
	case e.Duration > 0:
		return fmt.Sprintf(" after %d s of conversation", e.Duration)
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
