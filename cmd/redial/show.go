package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"redial/api"
)

type showCmd struct {
	server  `embed:""`
	printed `embed:""`
	ID      string `arg:"" predictor:"calls" help:"The call's id, or its beginning."`
	Follow  bool   `help:"Go on until the call has ended; with --json, an event in each line."`
}

func (c *showCmd) Run(ctx context.Context, con *console) error {
	client := c.client()
	call, err := client.Get(ctx, c.ID, 0)
	if err != nil {
		return err
	}
	events, err := client.Events(ctx, call.ID)
	if err != nil {
		return err
	}
	if c.Follow && c.JSON {
		return c.follow(ctx, con, newWatch(con, client, &call), events)
	}
	deliveries, err := client.CallDeliveries(ctx, call.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, map[string]any{"call": call, "events": events, "deliveries": deliveries})
	}
	describe(con.out, con.columns(), &call)
	printf(con.out, "\n")
	if c.Follow {
		w := newWatch(con, client, &call)
		w.teller.timeline(con.out, events, deliveries)
		return c.follow(ctx, con, w, events)
	}
	newTeller(&call, con.columns()).timeline(con.out, events, deliveries)
	return c.remains(ctx, con, client, &call)
}

// follow prints what happens after the known events. It returns when the call has ended, with any outcome.
func (c *showCmd) follow(ctx context.Context, con *console, w *watch, known []api.Event) error {
	if c.JSON {
		w.tell = func(e api.Event) error { return printLine(con.out, e) }
		for _, e := range known {
			if err := w.tell(e); err != nil {
				return err
			}
		}
	}
	after := 0
	if n := len(known); n > 0 {
		after = known[n-1].Seq
		if slices.ContainsFunc(known, func(e api.Event) bool { return e.Type == "call.ended" }) {
			return nil
		}
		w.plan(&known[n-1])
	}
	if _, err := w.untilEnded(ctx, after); err != nil {
		return c.goesOn(ctx, con, w.id, err)
	}
	return nil
}

// remains says what will become of a Call that waits for its next dial.
func (c *showCmd) remains(ctx context.Context, con *console, client *api.Client, call *api.Call) error {
	if call.State != "waiting" {
		return nil
	}
	e, err := client.ExplainCall(ctx, call.ID)
	if err != nil {
		return err
	}
	printf(con.out, "\n")
	return explain(con.out, con.columns(), e)
}

// describe says what a Call was asked to do, and its state.
func describe(out io.Writer, columns int, c *api.Call) {
	at := commonPlace(c)
	line := func(label, text string) {
		if text != "" {
			printBehind(out, columns, fmt.Sprintf("%-10s", label), text)
		}
	}
	line("Call", c.ID)
	line("To", toWhom(c))
	line("From", cmp.Or(c.From, scrubbed))
	line("State", stateOf(c))
	if c.Reached != nil {
		line("Reached", reachedLine(c.Reached))
	}
	if c.Refusal != nil {
		line("Refused", strings.TrimSuffix(fmt.Sprintf("Twilio error %d: %s", c.Refusal.Code, c.Refusal.Message), ": "))
	}
	line("Next", next(c))
	label, message := whatIsSaid(c)
	line(label, message)
	for _, p := range c.People {
		if p.Say != "" || p.Language != "" {
			line("", "to "+cmp.Or(p.Name, p.Number)+": "+spoken(&api.Say{Text: p.Say, Language: p.Language}))
		}
	}
	for i, text := range inPlainWords(c) {
		line(map[bool]string{true: "Policy"}[i == 0], text)
	}
	line("Asked by", c.By)
	line("Created", at.clock(c.CreatedAt))
	if c.EndedAt.IsZero() {
		line("Deadline", at.clock(c.DeadlineAt)+": no dial from then on")
	} else {
		line("Ended", at.clock(c.EndedAt))
		line("Deadline", at.clock(c.DeadlineAt))
	}
	line("Metadata", pairs(c.Metadata))
	if c.IdempotencyKey != "" {
		line("Key", c.IdempotencyKey+" (its Idempotency-Key)")
	}
	line("Webhook", c.Webhook)
}

const scrubbed = "(scrubbed)"

// toWhom lists everybody whom a Call may ring.
func toWhom(c *api.Call) string {
	if len(c.People) == 0 {
		return cmp.Or(c.To, scrubbed)
	}
	var all []string
	for _, p := range c.People {
		all = append(all, strings.TrimSpace(p.Name+" "+p.Number))
	}
	return strings.Join(all, ", ")
}

// whatIsSaid is a Call's message, with a label for its kind.
func whatIsSaid(c *api.Call) (label, message string) {
	switch {
	case c.Say != nil:
		return "Says", spoken(c.Say)
	case c.Twiml != "":
		return "TwiML", c.Twiml
	case c.URL != "":
		return "TwiML", "that Twilio fetches from " + c.URL
	}
	return "Says", scrubbed
}

// spoken is a text with its language and voice, if they were given.
func spoken(s *api.Say) string {
	var how []string
	if s.Language != "" {
		how = append(how, "in "+s.Language)
	}
	if s.Voice != "" {
		how = append(how, "by "+s.Voice)
	}
	if len(how) == 0 {
		how = append(how, "in Twilio's default voice")
	}
	if s.Repeat > 1 {
		how = append(how, fmt.Sprintf("%d times", s.Repeat))
	}
	text := `"` + s.Text + `" `
	if s.Text == "" {
		text = "the same "
	}
	return text + "(" + strings.Join(how, ", ") + ")"
}

func pairs(m map[string]string) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, k+"="+m[k])
	}
	return strings.Join(list, ", ")
}
