package page

import (
	"cmp"
	"html/template"
	"strconv"
	"strings"
	"time"

	"redial/internal/call"
)

// A step is an event of a call, as a list of them shows it.
type step struct {
	ID   string
	Role string // empty: none
	At   template.HTML
	Says template.HTML
	// Words are the carrier's own, as they came; empty: none.
	Words string
}

// steps are the events of a Call.
func (v viewer) steps(c *call.Call, events []call.Event) (list []step, err error) {
	for i := range events {
		e := &events[i]
		says, err := v.tell(c, e)
		if err != nil {
			return nil, err
		}
		list = append(list, step{
			ID: "event-" + strconv.Itoa(e.Seq), Role: roleOf(e), At: v.exactly(e.At, c.To), Says: says, Words: e.Message,
		})
	}
	return list, nil
}

// roleOf is the colour of an event's mark.
func roleOf(e *call.Event) string {
	switch e.Type {
	case call.CallEnded:
		return outcomes[e.Outcome].Role
	case call.AttemptEnded, call.AttemptResolved, call.AttemptResurfaced:
		return barOf[e.Result].Role
	case call.AttemptRinging, call.AttemptAnswered:
		return "live"
	case call.AttemptUnanswered, call.TriggerDoubted:
		return "doubt"
	}
	return ""
}

// tell tells an event in a sentence.
func (v viewer) tell(c *call.Call, e *call.Event) (template.HTML, error) {
	who, err := v.who(c, e.Attempt)
	if err != nil {
		return "", err
	}
	result, err := v.word("result.", string(e.Result))
	if err != nil {
		return "", err
	}
	outcome, err := v.word("", outcomes[e.Outcome].Word)
	if err != nil {
		return "", err
	}
	said, err := v.say(textOf(e), "Number", e.Attempt, "By", cmp.Or(e.By, "–"), "Who", who, "Result", result,
		"Outcome", outcome, "Reason", e.Reason, "Answer", e.Answer, "At", v.next(c, e))
	if err != nil {
		return "", err
	}
	return v.with(said, e)
}

// textOf is the id of an event's text.
func textOf(e *call.Event) string {
	id := "event." + string(e.Type)
	switch {
	case e.Type == call.CallCancelRequested && e.Reason == "hang up":
		return id + ".hang_up"
	case e.Type == call.CallCancelRequested && e.Reason != "":
		return id + ".trigger"
	case e.Type == call.AttemptConfirmed && e.Answer != "":
		return id + ".answer"
	}
	return id
}

// word says a word, and nothing for an empty one.
func (v viewer) word(prefix, word string) (template.HTML, error) {
	if word == "" {
		return "", nil
	}
	return v.say(prefix + word)
}

func (v viewer) next(c *call.Call, e *call.Event) template.HTML {
	if e.NextAttemptAt.IsZero() {
		return ""
	}
	return v.second(e.NextAttemptAt, c.To)
}

// with adds to what is said of an event what else is known of it, in parentheses.
func (v viewer) with(said template.HTML, e *call.Event) (template.HTML, error) {
	var more []string
	add := func(text template.HTML, err error) error {
		if text != "" {
			more = append(more, string(text))
		}
		return err
	}
	err := add(v.why(e.Waiting))
	for _, w := range e.Waited {
		if err == nil {
			err = add(v.waited(w))
		}
	}
	if err == nil && e.Code != 0 {
		err = add(v.say("event.code", "Code", strconv.Itoa(e.Code)))
	}
	if err == nil && e.SIPCode != 0 {
		err = add(v.say("event.sip", "Code", strconv.Itoa(e.SIPCode)))
	}
	if err == nil && e.Duration != 0 {
		err = add(v.say("event.talked", "For", span(time.Duration(e.Duration)*time.Second)))
	}
	if err != nil || len(more) == 0 {
		return said, err
	}
	return v.say("event.with", "What", said, "More", template.HTML(strings.Join(more, " · ")))
}

// waited says what a dial waited for, and how long.
func (v viewer) waited(w call.Wait) (template.HTML, error) {
	why, err := v.why(w.Why)
	if err != nil {
		return "", err
	}
	return v.say("event.waited", "For", span(time.Duration(w.Seconds)*time.Second), "Why", why)
}

// who is the person whom an attempt rings: the name or, without one, the number.
func (v viewer) who(c *call.Call, attempt int) (template.HTML, error) {
	p := c.Person(0)
	if a := c.Attempt(attempt); a != nil {
		p = c.Person(a.Person)
	}
	if p.Name != "" {
		return template.HTML(template.HTMLEscapeString(p.Name)), nil
	}
	return v.number(p.Number)
}
