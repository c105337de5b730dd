package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"redial/api"
)

// wishFlags say whom to reach, with what, and how hard to try.
type wishFlags struct {
	To           string            `arg:"" help:"The number to call."`
	From         string            `help:"The caller's number; without, the server's default." placeholder:"NUMBER"`
	Say          content           `help:"What to say; -: standard input; @FILE: a file; @@…: a text that begins with @." placeholder:"TEXT" xor:"message"`
	Twiml        content           `help:"What to do once answered, as TwiML; - and @FILE as with --say." placeholder:"XML" xor:"message"`
	MessageURL   string            `name:"twiml-url" help:"Where Twilio fetches the TwiML." placeholder:"URL" xor:"message"`
	Language     string            `help:"Of --say, such as ja-JP." placeholder:"TAG"`
	Voice        string            `help:"Of --say: a Twilio voice." placeholder:"VOICE"`
	Repeat       int               `help:"How often to say it." placeholder:"N"`
	Preset       string            `help:"Policy to begin with: article, urgent, polite, or the server's own." placeholder:"NAME" predictor:"presets"`
	MaxAttempts  *int              `help:"Dials of each person in all." placeholder:"N"`
	MaxPerResult map[string]int    `help:"Of those, how many may end so." placeholder:"busy=2"`
	RingTimeout  *api.Duration     `help:"How long the phone rings." placeholder:"30s"`
	TalkLimit    *api.Duration     `help:"How long a conversation may last." placeholder:"10m"`
	RedialAfter  map[string]string `help:"Pauses after the first dial, the second, …, by result; the last is repeated." placeholder:"no-answer=0s,5m,30m;busy=30s"`
	Jitter       *api.Duration     `help:"At most so much is added to each pause." placeholder:"30s"`
	NotBefore    string            `help:"No dial begins before: a duration from now, or a time." placeholder:"2h"`
	Deadline     string            `help:"No dial begins later: a duration from now, or a time." placeholder:"24h"`
	Window       string            `help:"When the phone may ring; without a zone, by the number's; with any-of-number, in all that it may be in." placeholder:"mon-fri 09:00-21:00 Asia/Tokyo"`
	Holiday      []string          `help:"A date on which it may not." placeholder:"2026-12-25"`
	Then         []string          `help:"Another number to call; NAME=NUMBER tells the others who it was. Again for each." placeholder:"NUMBER" sep:"none"`
	Ladder       string            `help:"The order of several: sequence, rounds or parallel." placeholder:"ORDER" predictor:"sequence,rounds,parallel"`
	Confirm      string            `help:"What must be pressed: any-key, a digit, pin:DIGITS, or what each key means, such as 1=confirm,2=pass-on,3=answer:later." placeholder:"1" predictor:"none,any-key"`
	Prompt       content           `help:"What asks for it; - and @FILE as with --say." placeholder:"TEXT"`
	Machine      string            `help:"When a machine answers: ignore, redial or leave-message." placeholder:"WHAT" predictor:"ignore,redial,leave-message"`
	MachineSay   content           `help:"What to leave as a message; - and @FILE as with --say." placeholder:"TEXT"`
	MachineThen  string            `help:"After a message: redial or end." placeholder:"WHAT" predictor:"redial,end"`
	Option       map[string]string `help:"A parameter of Twilio's create call." placeholder:"Record=true"`
	Webhook      string            `help:"Where its events are sent." placeholder:"URL"`
	Metadata     map[string]string `help:"Your own, kept with the call." placeholder:"order=42"`
}

// Validate refuses flags that can't be read, and flags that would be ignored silently.
func (c *wishFlags) Validate() error {
	switch {
	case c.Say == "" && (c.Language != "" || c.Voice != "" || c.Repeat != 0):
		return errors.New("--language, --voice and --repeat need --say")
	case c.Prompt != "" && (c.Confirm == "" || c.Confirm == "none" || c.Confirm == "any-key"):
		return errors.New("--prompt needs --confirm with a digit, a PIN or keys")
	case c.Machine == "" && (c.MachineSay != "" || c.MachineThen != ""):
		return errors.New("--machine-say and --machine-then need --machine leave-message")
	}
	_, err := c.wish()
	return err
}

// request is what the command asks for, with texts from files and standard input.
func (c *wishFlags) request(ctx context.Context, con *console) (api.CreateCall, error) {
	stdin := ""
	for _, given := range []struct {
		flag string
		text *content
	}{{"--say", &c.Say}, {"--twiml", &c.Twiml}, {"--prompt", &c.Prompt}, {"--machine-say", &c.MachineSay}} {
		if given.text.stdin() {
			if stdin != "" {
				return api.CreateCall{}, con.usage(fmt.Errorf("%s and %s can't both be standard input", stdin, given.flag))
			}
			stdin = given.flag
		}
		text, err := given.text.text(ctx, con.in)
		if err != nil {
			return api.CreateCall{}, con.usage(fmt.Errorf("%s: %w", given.flag, err))
		}
		*given.text = content(text)
	}
	return c.wish()
}

// wish is what the flags alone say.
func (c *wishFlags) wish() (api.CreateCall, error) {
	req := api.CreateCall{
		To: c.To, People: c.people(), From: c.From, Twiml: string(c.Twiml), URL: c.MessageURL, Metadata: c.Metadata,
		Webhook: c.Webhook,
	}
	if c.Say != "" {
		req.Say = &api.Say{Text: string(c.Say), Language: c.Language, Voice: c.Voice, Repeat: c.Repeat}
	}
	var p api.Policy
	err := c.proof(&p)
	if err == nil {
		err = c.schedule(&p)
	}
	if err != nil {
		return req, err
	}
	req.Policy = &p
	req.Options, err = c.options()
	return req, err
}

// schedule sets how often the phone rings, and when.
func (c *wishFlags) schedule(p *api.Policy) (err error) {
	p.Preset, p.MaxAttempts, p.MaxPerResult = c.Preset, c.MaxAttempts, c.MaxPerResult
	p.RingTimeout, p.TalkLimit, p.Jitter = c.RingTimeout, c.TalkLimit, c.Jitter
	if p.NotBefore, err = moment("--not-before", c.NotBefore); err != nil {
		return err
	}
	if p.Deadline, err = moment("--deadline", c.Deadline); err != nil {
		return err
	}
	if c.Window != "" || len(c.Holiday) > 0 {
		if p.Window, err = window(c.Window); err != nil {
			return err
		}
		p.Window.Holidays = c.Holiday
	}
	p.RedialAfter, err = c.delays()
	return err
}

func moment(flag, text string) (*api.Moment, error) {
	if text == "" {
		return nil, nil
	}
	m, err := api.ParseMoment(text)
	if err != nil {
		return nil, fmt.Errorf("%s %w", flag, err)
	}
	return &m, nil
}

// delays reads for each result one delay, or several with commas between them.
func (c *wishFlags) delays() (map[string]api.Delays, error) {
	if len(c.RedialAfter) == 0 {
		return nil, nil
	}
	all := map[string]api.Delays{}
	for result, text := range c.RedialAfter {
		for one := range strings.SplitSeq(text, ",") {
			d, err := api.ParseDuration(strings.TrimSpace(one))
			if err != nil {
				return nil, fmt.Errorf("--redial-after %s takes durations by commas, such as 0s,5m,30m: %q %w", result, one, err)
			}
			all[result] = append(all[result], d)
		}
	}
	return all, nil
}

// anyOfNumber means all zones in which a number may be.
const anyOfNumber = "any-of-number"

// window reads days, hours and a zone; each may be missing.
func window(text string) (*api.Window, error) {
	w := &api.Window{}
	for part := range strings.FieldsSeq(text) {
		_, unknown := time.LoadLocation(part)
		isHours := part[0] >= '0' && part[0] <= '9'
		isZone := unknown == nil || strings.ContainsRune(part, '/') || part == anyOfNumber
		switch {
		case isHours && w.Hours == "":
			w.Hours = part
		case isZone && w.Zone == "":
			w.Zone = part
		case isHours, isZone, w.Days != nil:
			return nil, fmt.Errorf("--window takes days, hours and a zone, such as 'mon-fri 09:00-21:00 Asia/Tokyo', "+
				"and each once; %s is one more", part)
		default:
			w.Days = days(part)
		}
	}
	return w, nil
}

// days expands ranges, such as mon-wed,sat; a range may pass the end of the week. The server refuses whatever is no
// day.
func days(text string) (list []string) {
	week := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	for part := range strings.SplitSeq(strings.ToLower(text), ",") {
		first, last, ranged := strings.Cut(part, "-")
		from, to := slices.Index(week, first), slices.Index(week, last)
		if !ranged || from < 0 || to < 0 {
			list = append(list, part)
			continue
		}
		for day := from; day != to; day = (day + 1) % len(week) {
			list = append(list, week[day])
		}
		list = append(list, week[to])
	}
	return list
}

// people are the numbers, if there are several or one has a name. NAME=NUMBER gives a name.
func (c *wishFlags) people() []api.Person {
	if len(c.Then) == 0 && !strings.Contains(c.To, "=") {
		return nil
	}
	var people []api.Person
	for _, text := range append([]string{c.To}, c.Then...) {
		name, number, named := strings.Cut(text, "=")
		if !named {
			name, number = "", text
		}
		people = append(people, api.Person{Number: number, Name: name})
	}
	return people
}

// proof sets what counts as reached, and in which order to try people.
func (c *wishFlags) proof(p *api.Policy) (err error) {
	p.Ladder = c.Ladder
	if c.Confirm != "" {
		p.Confirm = &api.Confirm{Digit: c.Confirm, Prompt: string(c.Prompt)}
		if pin, ok := strings.CutPrefix(c.Confirm, "pin:"); ok {
			p.Confirm.PIN, p.Confirm.Digit = pin, ""
		} else if strings.Contains(c.Confirm, "=") {
			p.Confirm.Digit = ""
			p.Confirm.Keys, err = meanings(c.Confirm)
		}
		if c.Confirm == "any-key" || c.Confirm == "none" {
			p.Confirm.AnyKey, p.Confirm.Digit = c.Confirm == "any-key", ""
		}
	}
	if c.Machine != "" {
		p.Machine = &api.Machine{Do: c.Machine, Say: string(c.MachineSay), Then: c.MachineThen}
	}
	return err
}

// meanings reads what each key means, such as 1=confirm,2=pass-on,3=answer:later. The server refuses whatever is no key
// or no meaning.
func meanings(text string) (map[string]api.Meaning, error) {
	all := map[string]api.Meaning{}
	for part := range strings.SplitSeq(text, ",") {
		key, word, given := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := all[key]; twice || !given {
			return nil, fmt.Errorf("--confirm takes what each key means by commas, and each key once, such as "+
				"1=confirm,2=pass-on,3=answer:later; not %q", part)
		}
		m := api.Meaning{Do: word}
		if answer, ok := strings.CutPrefix(word, "answer:"); ok {
			m = api.Meaning{Answer: answer}
		}
		all[key] = m
	}
	return all, nil
}

// options gives each --option its JSON type: a value that is JSON, such as true or 30, is used as it is; any other is
// a string.
func (c *wishFlags) options() (json.RawMessage, error) {
	if len(c.Option) == 0 {
		return nil, nil
	}
	typed := map[string]any{}
	for k, v := range c.Option {
		typed[k] = v
		if v = strings.TrimSpace(v); json.Valid([]byte(v)) {
			typed[k] = json.RawMessage(v)
		}
	}
	return json.Marshal(typed)
}
