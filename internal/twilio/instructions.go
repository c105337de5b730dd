package twilio

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"redial/internal/call"
)

// The paths under HostURL to which Twilio sends the keys that were pressed, and at which it
// asks what to say to the person who answered. The query's "attempt" is the attempt's key.
const (
	GatherPath = "/twilio_api/gather"
	AnswerPath = "/twilio_api/twiml"
)

// laterNumber is how many characters the questions of a late attempt, such as the 240th of ten
// people, have more than those of the first: two URLs have its number.
const laterNumber = 2 * len("40")

const gatherWait = 8 // seconds for the first key, once all is said

// delivery makes Twilio repeat a report that it could not deliver. By default
// it tries twice at most, and not after an answer of 5xx or a slow one.
// Twilio reads the fragment itself and neither sends nor signs it.
const delivery = "#ct=2000&rt=4000&rc=3&rp=5xx,ct,rt"

func hook(host, path string, cl *call.Call, n int, more ...string) string {
	return host + path + "?attempt=" + url.QueryEscape(cl.Key(n)) + strings.Join(more, "") + delivery
}

// instructions are what the create call is given: a TwiML document, or the URL where
// Twilio fetches one; the other is empty. What depends on who answers is fetched.
func instructions(host string, cl *call.Call, n int) (twiml, link string) {
	a := cl.Attempt(n)
	switch {
	case a.Detects:
		return "", hook(host, AnswerPath, cl, n)
	case !a.NeedsKey && cl.Message.URL != "" && cl.Person(a.Person).Say == "":
		return "", cl.Message.URL
	}
	return message(host, cl, n), ""
}

// detection is Twilio's mode: a message is left after the beep.
func detection(m call.MachinePolicy) string {
	if m.Do == call.MachineLeaveMessage {
		return "DetectMessageEnd"
	}
	return "Enable"
}

// Answer is the TwiML for the person or machine that has just answered attempt n.
func Answer(host string, cl *call.Call, n int) string {
	a := cl.Attempt(n)
	switch {
	case cl.ReachedBy != 0 && cl.ReachedBy != n:
		return taken(cl, n)
	case a.Machine():
		return machineMessage(cl, a)
	case !a.NeedsKey && cl.Message.URL != "" && cl.Person(a.Person).Say == "":
		return redirect(cl)
	}
	return message(host, cl, n)
}

// machineMessage is what a machine hears: after the beep, or nothing at all.
func machineMessage(cl *call.Call, a *call.Attempt) string {
	m := cl.Policy.Machine
	if m.Do != call.MachineLeaveMessage || a.AnsweredBy == "fax" {
		return response("<Hangup/>")
	}
	s := personal(cl.Message, cl.Person(a.Person))
	switch {
	case m.Say != "":
		return response(speak(s, m.Say), "<Hangup/>")
	case s.Text != "":
		return response(speak(s, s.Text), "<Hangup/>")
	case cl.Message.URL != "":
		return redirect(cl)
	}
	return cl.Message.Twiml
}

// redirect sends Twilio on to the message's own URL, by the method that the options name.
func redirect(cl *call.Call) string {
	options := struct{ Method string }{"POST"}
	_ = json.Unmarshal(cl.Options, &options) // checked when the call was asked for
	method, link := attrEscapes.Replace(options.Method), textEscapes.Replace(cl.Message.URL)
	return response(fmt.Sprintf(`<Redirect method="%s">%s</Redirect>`, method, link))
}

// message is what a person hears, and, where a key is needed, the question for it.
func message(host string, cl *call.Call, n int) string {
	a := cl.Attempt(n)
	s := personal(cl.Message, cl.Person(a.Person))
	switch {
	case !a.NeedsKey && s.Text != "":
		return response(speech(s, ""))
	case !a.NeedsKey:
		return cl.Message.Twiml
	}
	ask := prompt(s, cl.Policy.Confirm)
	what := speech(s, ask)
	if s.Text == "" {
		what = inside(cl.Message.Twiml) + ask
	}
	own, words := voice(s)
	return response(gather(host, cl, n, 1, what), gather(host, cl, n, 1, ask), speak(own, words.bye))
}

// gather listens for keys while it speaks.
func gather(host string, cl *call.Call, n, try int, verbs string) string {
	digits, finish := 1, ""
	if c := cl.Policy.Confirm; c.Kind == call.ConfirmPIN {
		digits, finish = c.PINLength, "#"
	}
	action := textEscapes.Replace(hook(host, GatherPath, cl, n, "&try=", strconv.Itoa(try)))
	return fmt.Sprintf(`<Gather numDigits="%d" finishOnKey="%s" timeout="%d" method="POST" action="%s">%s</Gather>`,
		digits, finish, gatherWait, action, verbs)
}

// Reply is the TwiML for the person who has pressed keys on attempt n, in answer to the
// question of this try. What the keys mean is on disk by now.
func Reply(host string, cl *call.Call, n, try int) string {
	a := cl.Attempt(n)
	s := personal(cl.Message, cl.Person(a.Person))
	own, words := voice(s)
	switch {
	case cl.ReachedBy == n && a.Answer != "":
		return response(speak(own, words.answered), "<Hangup/>")
	case cl.ReachedBy == n:
		return response(speak(own, words.thanks), "<Hangup/>")
	case cl.ReachedBy != 0:
		return taken(cl, n)
	case !a.PassedOnAt.IsZero() && cl.RingsOthers(n):
		return response(speak(own, words.passedOn), "<Hangup/>")
	case !a.PassedOnAt.IsZero():
		return response(speak(own, words.lastOne), "<Hangup/>")
	case cl.State == call.Ended || try >= call.KeyTries:
		return response(speak(own, words.bye), "<Hangup/>")
	}
	ask := prompt(s, cl.Policy.Confirm)
	return response(gather(host, cl, n, try+1, speak(own, words.wrong)+ask), speak(own, words.bye))
}

// taken tells the person who listens to attempt n who was reached instead.
func taken(cl *call.Call, n int) string {
	own, words := voice(personal(cl.Message, cl.Person(cl.Attempt(n).Person)))
	text := words.taken
	if e := cl.Evidence(); e != nil && e.Person.Name != "" {
		text = strings.ReplaceAll(words.takenBy, "NAME", e.Person.Name)
	}
	return response(speak(own, text), "<Hangup/>")
}

// inside is what stands between the tags of a document's root.
func inside(doc string) string {
	d := xml.NewDecoder(strings.NewReader(doc))
	var from, to int64
	for {
		before := d.InputOffset()
		t, err := d.Token()
		if err != nil {
			return doc[min(from, to):to]
		}
		switch t.(type) {
		case xml.StartElement:
			if from == 0 {
				from = d.InputOffset()
			}
		case xml.EndElement:
			to = before
		}
	}
}
