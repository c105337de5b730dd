package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"redial/api"
)

// story tells an event in a sentence. people are the Call's, if there are several.
func story(e api.Event, people []api.Person) string { return storyAt(e, people, nil) }

// storyAt also gives future times as they are at the phone.
func storyAt(e api.Event, people []api.Person, at place) string {
	switch kind, what, _ := strings.Cut(e.Type, "."); kind {
	case "call":
		return callStory(what, e, people, at)
	case "trigger":
		return "its trigger went wrong, and it rings all the same: " + e.Reason
	case "attempt":
		return fmt.Sprintf("attempt %d %s", e.Attempt, attemptStory(what, e, people, at))
	}
	return e.Type
}

func callStory(what string, e api.Event, people []api.Person, at place) string {
	switch what {
	case "created":
		return "call created" + byWhom(e) + waiting(e)
	case "redial_requested":
		return "asked" + byWhom(e) + " to ring again at once"
	case "deferred":
		return "not now: will ring at " + nextAt(e, at) + waiting(e)
	case "cancel_requested":
		switch e.Reason {
		case "":
			return "cancel requested" + byWhom(e)
		case "hang up":
			return "cancel requested" + byWhom(e) + ", of conversations too"
		}
		return "canceled: " + e.Reason
	case "held":
		return "waiting: another call is ringing this number"
	case "released":
		return cmp.Or(e.Reason, "the number is free again")
	case "redial_scheduled":
		next := "will ring again"
		if len(people) > 0 {
			next = "the next is rung"
		}
		return fmt.Sprintf("%s: %s at %s", e.Reason, next, nextAt(e, at)) + waiting(e)
	case "redial_withdrawn":
		return "the redial is withdrawn: later news of the attempt before"
	case "ended":
		return "call ended: " + strings.ToUpper(e.Outcome) + because(e)
	}
	return what
}

// byWhom is the name whose request caused an event, if that is known.
func byWhom(e api.Event) string {
	if e.By == "" {
		return ""
	}
	return " by " + e.By
}

// nextAt is the time of the next dial, with the date if that is another day.
func nextAt(e api.Event, at place) string {
	next := local(e.NextAttemptAt)
	form := dateTime
	if next.Format(time.DateOnly) == local(e.At).Format(time.DateOnly) {
		form = timeOfDay
	}
	return zoned(next, form) + at.hour(next, e.At)
}

// waiting says why the next dial is not made sooner.
func waiting(e api.Event) string {
	if e.Waiting == "" {
		return ""
	}
	return " (waiting: " + byClock(e.Waiting) + ")"
}

// waited says what a dial waited for after it was due.
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

func attemptStory(what string, e api.Event, people []api.Person, at place) string {
	switch what {
	case "dialed":
		return strings.TrimSpace("dialing "+whom(e, people)) + waited(e)
	case "placed":
		return "taken by Twilio as " + e.SID
	case "postponed":
		return fmt.Sprintf("postponed (%s): goes out again at %s", e.Reason, nextAt(e, at))
	case "initiated":
		return "leaves Twilio's queue"
	case "unanswered":
		return fmt.Sprintf("unknown (%s): finding out what became of it", cmp.Or(e.Reason, "redial was interrupted"))
	case "hung_up":
		return e.Reason + ": asking Twilio to end it"
	case "detected":
		return "was answered by: " + e.Reason
	case "confirmed":
		if e.Answer != "" {
			return "is answered by a key: " + e.Answer
		}
		return "is confirmed, by " + e.Reason
	case "passed_on":
		return "is passed on: this person is not rung any more"
	case "key_refused":
		return "a wrong key was pressed"
	case "told":
		return "hears that somebody else has it"
	case "resolved":
		return "resolved" + cmp.Or(byWhom(e), " by hand") + ": " + e.Result + details(e)
	case "asked":
		return "is silent: asking Twilio"
	case "ended":
		return "ended: " + e.Result + details(e)
	case "resurfaced":
		return "turned up after all: " + e.Result + details(e)
	}
	return what // ringing and answered are words of the sentence
}

// whom is the name of the person whose phone is dialed, or else the number; empty if there is only one person.
func whom(e api.Event, people []api.Person) string {
	if e.Person < 1 || e.Person > len(people) {
		return ""
	}
	p := people[e.Person-1]
	return cmp.Or(p.Name, p.Number)
}

// reachedLine says the evidence in a sentence.
func reachedLine(r *api.Reached) string {
	how := map[string]string{
		"key": "confirmed by a key", "pin": "confirmed by the PIN", "human": "a person, as far as can be detected",
		"answer": "the call was answered, and nothing else is known",
	}[r.By]
	if r.Answer != "" {
		how = "answered by a key: " + r.Answer
	}
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
