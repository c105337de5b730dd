package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"

	"redial/api"
)

type webhooksCmd struct {
	List   webhooksListCmd   `cmd:"" help:"List where webhooks go."`
	Show   webhooksShowCmd   `cmd:"" help:"Show an endpoint and what was sent there."`
	Add    webhooksAddCmd    `cmd:"" help:"Have events sent to a URL; prints the secret that signs them."`
	Test   webhooksTestCmd   `cmd:"" help:"Send a test message now."`
	Replay webhooksReplayCmd `cmd:"" help:"Send something again: one message, or all that were given up."`
	Rotate webhooksRotateCmd `cmd:"" help:"Make a new secret; the old one signs as well for another day."`
	Enable webhooksEnableCmd `cmd:"" help:"Send to an endpoint again that was disabled."`
	Remove webhooksRemoveCmd `cmd:"" help:"Remove an endpoint, with all that was and is to be sent there."`
}

// endpointID is the argument of most of these commands.
type endpointID struct {
	server  `embed:""`
	printed `embed:""`
	ID      string `arg:"" predictor:"endpoints" help:"The endpoint's id, or its beginning; call: the webhooks that calls brought themselves."`
}

type webhooksListCmd struct {
	server  `embed:""`
	printed `embed:""`
}

func (c *webhooksListCmd) Run(ctx context.Context, con *console) error {
	list, err := c.client().Endpoints(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, api.EndpointList{Endpoints: list})
	}
	t := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
	by := differ(list, func(e *api.Endpoint) string { return e.By })
	printf(t, "ID\tFROM\t")
	printIf(t, by, "BY")
	printf(t, "URL\tEVENTS\tSTATE\n")
	for _, e := range list {
		printf(t, "%s\t%s\t", e.ID, e.Source)
		printIf(t, by, e.By)
		printf(t, "%s\t%s\t%s\n", cmp.Or(e.URL, "(a stream)"), strings.Join(e.Events, ","),
			stateOfEndpoint(&e))
	}
	return t.Flush()
}

func stateOfEndpoint(e *api.Endpoint) string {
	if e.DisabledAt.IsZero() {
		return "enabled"
	}
	return "DISABLED: " + e.DisabledReason
}

type webhooksShowCmd struct {
	endpointID `embed:""`
	State      string `help:"Only what is pending, delivered or dead." placeholder:"STATE" predictor:"pending,delivered,dead"`
	Limit      int    `help:"At most so many." default:"50"`
	Cursor     string `help:"Go on from where the last list ended." placeholder:"CURSOR"`
}

func (c *webhooksShowCmd) Run(ctx context.Context, con *console) error {
	client := c.client()
	page, err := client.Deliveries(ctx, c.ID, api.DeliveryQuery{State: c.State, Limit: c.Limit, Cursor: c.Cursor})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, page)
	}
	if c.ID != "call" {
		e, err := client.Endpoint(ctx, c.ID)
		if err != nil {
			return err
		}
		printf(con.out, "Endpoint  %s\nURL       %s\nEvents    %s\nState     %s\n\n", e.ID, cmp.Or(e.URL, "(a stream)"),
			strings.Join(e.Events, ","), stateOfEndpoint(&e))
	}
	if err := printDeliveries(con.out, page.Deliveries); err != nil {
		return err
	}
	if page.NextCursor != "" {
		args := []string{"webhooks", "show", c.ID}
		if c.State != "" {
			args = append(args, "--state", c.State)
		}
		if c.Limit != 50 {
			args = append(args, "--limit", strconv.Itoa(c.Limit))
		}
		printf(con.out, "\nMore: %s\n", c.command(append(args, "--cursor", page.NextCursor)...))
	}
	return nil
}

func printDeliveries(w io.Writer, list []api.Delivery) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printf(t, "MESSAGE\tTYPE\tSTATE\tTRIES\tLAST TRY\tNEXT TRY\n")
	for _, d := range list {
		last, again := "", ""
		if n := len(d.Tries); n > 0 {
			last = outcomeOfTry(d.Tries[n-1])
		}
		if !d.NextTryAt.IsZero() {
			again = clock(d.NextTryAt)
		}
		printf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", d.Event, d.Type, d.State, len(d.Tries), last, again)
	}
	return t.Flush()
}

type webhooksAddCmd struct {
	server  `embed:""`
	printed `embed:""`
	URL     string   `arg:"" help:"Where to send them."`
	Events  []string `help:"Types, by commas: call.ended, attempt.*, *. Without, attempt.ended and call.ended." placeholder:"TYPE"`
}

func (c *webhooksAddCmd) Run(ctx context.Context, con *console) error {
	e, err := c.client().CreateEndpoint(ctx, api.CreateEndpoint{URL: c.URL, Events: c.Events})
	if err != nil {
		return err
	}
	return con.secret(&e, c.JSON)
}

// secret shows an endpoint's secret, which the server shows only once.
func (con *console) secret(e *api.Endpoint, asJSON bool) error {
	if asJSON {
		return printJSON(con.out, e)
	}
	printf(con.out, "Endpoint  %s\nSecret    %s\n", e.ID, e.Secret)
	printf(con.err, "Keep the secret: it is not shown again.\n")
	return nil
}

type webhooksTestCmd struct {
	endpointID `embed:""`
}

func (c *webhooksTestCmd) Run(ctx context.Context, con *console) error {
	try, err := c.client().TestEndpoint(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(con.out, try); err != nil {
			return err
		}
	}
	if try.Error != "" {
		return fmt.Errorf("the test message was not taken: %s, after %s", try.Error, try.Duration)
	}
	if !c.JSON {
		printf(con.out, "It was taken: %d after %s.\n", try.Status, try.Duration)
	}
	return nil
}

type webhooksReplayCmd struct {
	endpointID `embed:""`
	Message    string `arg:"" optional:"" help:"The message's id, evt_…"`
	Dead       bool   `help:"All that were given up."`
}

func (c *webhooksReplayCmd) Run(ctx context.Context, con *console) error {
	client := c.client()
	messages := []string{c.Message}
	if (c.Message == "") != c.Dead {
		return con.usage(errors.New("name either a message or --dead"))
	}
	if c.Dead {
		var err error
		if messages, err = deadLetters(ctx, client, c.ID); err != nil {
			return err
		}
	}
	var refused error // the first refusal
	again := []string{}
	for i := len(messages) - 1; i >= 0; i-- { // the oldest first
		_, err := client.Replay(ctx, c.ID, messages[i])
		if err == nil {
			again = append(again, messages[i])
			continue
		}
		refused = cmp.Or(refused, fmt.Errorf("replaying %s: %w", messages[i], err))
		if !c.Dead || !isRefusal(err) {
			break // a message that is gone does not stop the others, any other error does
		}
	}
	if err := c.print(con, again); err != nil {
		return err
	}
	if left := len(messages) - len(again); refused != nil && left > 1 {
		return fmt.Errorf("%d are not; %w", left, refused)
	}
	return refused
}

// print says how many messages are sent again.
func (c *webhooksReplayCmd) print(con *console, again []string) error {
	if c.JSON {
		return printJSON(con.out, map[string][]string{"replayed": append([]string{}, again...)})
	}
	printf(con.out, "On their way again: %d.\n", len(again))
	return nil
}

// isRefusal says whether the server refused this one message.
func isRefusal(err error) bool {
	p, ok := errors.AsType[*api.Problem](err)
	return ok && (p.Status == http.StatusConflict || p.Status == http.StatusNotFound)
}

// deadLetters lists all dead letters, before the first of them is sent again.
func deadLetters(ctx context.Context, client *api.Client, id string) (messages []string, err error) {
	q := api.DeliveryQuery{State: "dead", Limit: 200}
	for {
		page, err := client.Deliveries(ctx, id, q)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Deliveries {
			messages = append(messages, d.Event)
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return messages, nil
		}
	}
}

type webhooksRotateCmd struct {
	endpointID `embed:""`
}

func (c *webhooksRotateCmd) Run(ctx context.Context, con *console) error {
	e, err := c.client().RotateEndpoint(ctx, c.ID)
	if err != nil {
		return err
	}
	return con.secret(&e, c.JSON)
}

type webhooksEnableCmd struct {
	endpointID `embed:""`
}

func (c *webhooksEnableCmd) Run(ctx context.Context, con *console) error {
	e, err := c.client().EnableEndpoint(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, e)
	}
	printf(con.out, "%s\n", "It is sent to again. What was given up: redial webhooks replay --dead "+c.ID)
	return nil
}

type webhooksRemoveCmd struct {
	endpointID `embed:""`
}

func (c *webhooksRemoveCmd) Run(ctx context.Context, con *console) error {
	if err := c.client().DeleteEndpoint(ctx, c.ID); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, removed{c.ID, true})
	}
	printf(con.out, "It is removed.\n")
	return nil
}
