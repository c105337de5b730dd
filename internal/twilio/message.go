package twilio

import (
	"cmp"
	"fmt"
	"slices"

	"redial/internal/call"
)

const repeatLimit = 20

// CheckMessage returns a *FieldError when Twilio would not take the message or could not
// speak it, when there is nothing to hear in it, or when it does what the Rules don't
// allow. callee says what keeps a number from being called.
func (r Rules) CheckMessage(m call.Message, callee func(number string) error) error {
	n := 0
	for _, set := range []bool{m.Say != nil, m.Twiml != "", m.URL != ""} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return wrong("message", "must be exactly one of say, twiml and url")
	case m.Say != nil:
		return r.checkSay(*m.Say)
	case m.Twiml != "":
		return checker{r, callee}.checkTwiml(m.Twiml)
	}
	if err := r.checkURL(m.URL, "http", "https"); err != nil {
		return &FieldError{"url", err}
	}
	return nil
}

func (r Rules) checkSay(s call.Say) error {
	if s.Text == "" {
		return wrong("say.text", "must not be empty")
	}
	if err := checkText("say.text", s.Text); err != nil {
		return err
	}
	if err := r.checkLanguage(s.Language); err != nil {
		return &FieldError{"say.language", err}
	}
	if err := r.checkVoice(s.Voice); err != nil {
		return &FieldError{"say.voice", err}
	}
	if s.Repeat < 0 || s.Repeat > repeatLimit {
		return wrong("say.repeat", "must be from 1 to %d", repeatLimit)
	}
	times := max(s.Repeat, 1)
	doc := func(repeat int) string { s.Repeat = repeat; return response(speech(s, "")) }
	if n := measured(times, doc); n > twimlLimit {
		return wrong("say.text", "is too long: spoken %d times it makes %d characters of TwiML, and Twilio takes %d",
			times, n, twimlLimit)
	}
	return nil
}

// CheckPerson returns a *FieldError for a language or a text that can't be spoken.
func (r Rules) CheckPerson(p call.Person) error {
	if err := r.checkLanguage(p.Language); err != nil {
		return &FieldError{"language", err}
	}
	return cmp.Or(checkText("say", p.Say), checkText("name", p.Name))
}

// CheckInstructions returns a *FieldError when redial can't put what a wish asks for into
// TwiML that Twilio takes.
func CheckInstructions(host string, w call.Wish) error {
	confirms := w.Policy.Confirm.Kind != call.ConfirmNone
	if confirms && w.Message.URL != "" {
		return wrong("url", "can't be combined with policy.confirm: redial must ask for the key itself; give say or twiml")
	}
	if confirms && w.Message.Twiml != "" {
		if err := gatherable(w.Message.Twiml); err != nil {
			return err
		}
	}
	err := cmp.Or(checkText("policy.confirm.prompt", w.Policy.Confirm.Prompt),
		checkText("policy.machine.say", w.Policy.Machine.Say))
	for key, m := range w.Policy.Confirm.EachKey {
		err = cmp.Or(err, checkText("policy.confirm.keys."+key+".answer", m.Answer))
	}
	for p := 0; p < max(1, len(w.People)) && err == nil; p++ {
		err = checkLength(host, w, p)
	}
	return err
}

// checkLength checks what one of the people hears, and what their machine does.
func checkLength(host string, w call.Wish, p int) error {
	a := call.Attempt{N: 1, Person: p, NeedsKey: w.Policy.Confirm.Kind != call.ConfirmNone}
	cl := call.Call{Wish: w, Attempts: []call.Attempt{a}}
	repeat := 1
	if w.Message.Say != nil {
		repeat = w.Message.Say.Repeat
	}
	n := measured(repeat, func(repeat int) string { return message(host, repeating(&cl, repeat), 1) })
	if a.NeedsKey {
		n += laterNumber
	}
	field := "say.text"
	switch {
	case cl.Person(p).Say != "":
		field = fmt.Sprintf("to[%d].say", p)
	case w.Message.Twiml != "":
		field = "twiml"
	}
	if w.Policy.Machine.Say != "" && n <= twimlLimit {
		field, n = "policy.machine.say", length(machineMessage(&cl, &a))
	}
	if n > twimlLimit {
		return wrong(field, "is too long: with what is said beside it, it makes %d characters of TwiML, and Twilio takes %d",
			n, twimlLimit)
	}
	return nil
}

// repeating is the Call with another number of repetitions.
func repeating(cl *call.Call, repeat int) *call.Call {
	c := *cl
	if say := c.Message.Say; say != nil {
		again := *say
		again.Repeat = repeat
		c.Message.Say = &again
	}
	return &c
}

// gatherable wants verbs that a key may interrupt, and no others. The document is sound.
func gatherable(doc string) error {
	root, err := parse(doc)
	if err != nil {
		return &FieldError{"twiml", err}
	}
	for _, verb := range root.children {
		if !slices.Contains(within["Gather"], verb.name) {
			return wrong("twiml", "may have no verbs but Say, Play and Pause where policy.confirm asks for a key")
		}
	}
	return nil
}

// checkText returns a *FieldError for a text that can't be spoken. An empty text is none.
func checkText(field, text string) error {
	switch {
	case length(text) > twimlLimit:
		return tooLong(field, text)
	case unspeakable(text):
		return wrong(field, "contains characters that can't be spoken")
	case text != "" && !pronounceable(text):
		return wrong(field, "has neither a letter nor a digit: there is nothing to say")
	}
	return nil
}

// measured is the length of a document in which a text is repeated. Each repetition makes it
// longer by the same length, so that two documents tell the length of any.
func measured(repeat int, build func(repeat int) string) int {
	once := length(build(1))
	if repeat <= 1 {
		return once
	}
	return once + (repeat-1)*(length(build(2))-once)
}

func tooLong(field, text string) error {
	return wrong(field, "is too long: it has %d characters, and Twilio takes %d of TwiML", length(text), twimlLimit)
}
