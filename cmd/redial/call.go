package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"redial/api"
)

type callCmd struct {
	server         `embed:""`
	To             string                   `arg:"" help:"The number to call."`
	From           string                   `help:"The caller's number; without, the server's default." placeholder:"NUMBER"`
	Say            string                   `help:"What to say." placeholder:"TEXT" xor:"message"`
	Twiml          string                   `help:"What to do once answered, as TwiML." placeholder:"XML" xor:"message"`
	MessageURL     string                   `name:"twiml-url" help:"Where Twilio fetches the TwiML." placeholder:"URL" xor:"message"`
	Language       string                   `help:"Of --say, such as ja-JP." placeholder:"TAG"`
	Voice          string                   `help:"Of --say: a Twilio voice." placeholder:"VOICE"`
	Repeat         int                      `help:"How often to say it." placeholder:"N"`
	MaxAttempts    int                      `help:"Dials in all." placeholder:"N"`
	RingTimeout    time.Duration            `help:"How long the phone rings." placeholder:"30s"`
	Deadline       time.Duration            `help:"No dial begins later than this." placeholder:"24h"`
	Then           []string                 `help:"Another number to call; NAME=NUMBER tells the others who it was. Again for each." placeholder:"NUMBER" sep:"none"`
	Ladder         string                   `help:"The order of several: sequence, rounds or parallel." placeholder:"ORDER"`
	Confirm        string                   `help:"What must be pressed: any-key, a digit, or pin:DIGITS." placeholder:"1"`
	Prompt         string                   `help:"What asks for it." placeholder:"TEXT"`
	Machine        string                   `help:"When a machine answers: ignore, redial or leave-message." placeholder:"WHAT"`
	MachineSay     string                   `help:"What to leave as a message." placeholder:"TEXT"`
	MachineThen    string                   `help:"After a message: redial or end." placeholder:"WHAT"`
	RedialAfter    map[string]time.Duration `help:"Pause before the next dial, by result." placeholder:"busy=30s;no-answer=0s"`
	Option         map[string]string        `help:"A parameter of Twilio's create call." placeholder:"Record=true"`
	Metadata       map[string]string        `help:"Your own, kept with the call." placeholder:"order=42"`
	Webhook        string                   `help:"Where its events are sent." placeholder:"URL"`
	IdempotencyKey string                   `help:"A repeat with the same key makes no second call." placeholder:"KEY"`
	Wait           bool                     `help:"Follow the attempts; the exit status says the outcome."`
	JSON           bool                     `name:"json" help:"Print JSON, as the API gives it."`
}

// outcomeStatus is the exit status of redial call --wait.
var outcomeStatus = map[string]exitError{"reached": statusOK, "unreached": 3, "refused": 4, "canceled": 5, "expired": 6}

func (c *callCmd) Help() string {
	return "With --wait the exit status says the outcome: 0 reached, 3 unreached, 4 refused, 5 canceled, 6 expired."
}

func (c *callCmd) Run(ctx context.Context, con *console) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	client := c.client()
	call, replayed, err := client.Create(ctx, req, c.IdempotencyKey)
	if err != nil {
		return err
	}
	switch {
	case c.JSON && !c.Wait:
		return printJSON(con.out, call)
	case !c.JSON && replayed:
		fmt.Fprintf(con.out, "call %s, asked for before\n", call.ID)
	case !c.JSON:
		fmt.Fprintf(con.out, "call %s\n", call.ID)
	}
	if !c.Wait {
		return nil
	}
	return c.follow(ctx, con, client, call.ID)
}

// follow tells the story as it happens, and ends with the outcome's status.
func (c *callCmd) follow(ctx context.Context, con *console, client *api.Client, id string) error {
	err := client.Follow(ctx, id, 0, func(e api.Event) error {
		if !c.JSON {
			fmt.Fprintln(con.out, line(e))
		}
		return nil
	})
	if err != nil {
		return err
	}
	call, err := client.Get(ctx, id, 0)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(con.out, call); err != nil {
			return err
		}
	}
	if status := outcomeStatus[call.Outcome]; status != statusOK {
		return status
	}
	return nil
}

func (c *callCmd) request() (api.CreateCall, error) {
	req := api.CreateCall{To: c.To, People: c.people(), From: c.From, Twiml: c.Twiml, URL: c.MessageURL, Metadata: c.Metadata, Webhook: c.Webhook}
	if c.Say != "" {
		req.Say = &api.Say{Text: c.Say, Language: c.Language, Voice: c.Voice, Repeat: c.Repeat}
	}
	var p api.Policy
	if c.MaxAttempts != 0 {
		p.MaxAttempts = &c.MaxAttempts
	}
	if c.RingTimeout != 0 {
		p.RingTimeout = new(api.Duration(c.RingTimeout))
	}
	if c.Deadline != 0 {
		p.Deadline = new(api.Duration(c.Deadline))
	}
	for result, d := range c.RedialAfter {
		if p.RedialAfter == nil {
			p.RedialAfter = map[string]api.Duration{}
		}
		p.RedialAfter[result] = api.Duration(d)
	}
	c.proof(&p)
	req.Policy = &p
	options, err := c.options()
	req.Options = options
	return req, err
}

// people are the numbers where there is more than one, or a name; NAME=NUMBER names.
func (c *callCmd) people() []api.Person {
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

// proof is what counts as reached, and whom to try in which order.
func (c *callCmd) proof(p *api.Policy) {
	p.Ladder = c.Ladder
	if c.Confirm != "" {
		p.Confirm = &api.Confirm{Digit: c.Confirm, Prompt: c.Prompt}
		if pin, ok := strings.CutPrefix(c.Confirm, "pin:"); ok {
			p.Confirm.PIN, p.Confirm.Digit = pin, ""
		}
		if c.Confirm == "any-key" || c.Confirm == "none" {
			p.Confirm.AnyKey, p.Confirm.Digit = c.Confirm == "any-key", ""
		}
	}
	if c.Machine != "" {
		p.Machine = &api.Machine{Do: c.Machine, Say: c.MachineSay, Then: c.MachineThen}
	}
}

// options gives each --option its JSON type: what is JSON as it stands, such as
// true or 30, is that; anything else is a string.
func (c *callCmd) options() (json.RawMessage, error) {
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
