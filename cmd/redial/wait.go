package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"redial/api"
)

type waitCmd struct {
	server  `embed:""`
	printed `embed:""`
	ID      string `arg:"" predictor:"calls" help:"The call's id, or its beginning."`
}

func (c *waitCmd) Help() string {
	return "Tells what has happened to the call, and goes on until it has ended. " + outcomeStatuses + " " +
		"Ctrl-C ends the waiting alone, with 130: the call goes on."
}

func (c *waitCmd) Run(ctx context.Context, con *console) error {
	client := c.client()
	call, err := client.Get(ctx, c.ID, 0)
	if err != nil {
		return err
	}
	if !c.JSON {
		printf(con.out, "call %s\n", call.ID)
	}
	return c.wait(ctx, con, &call, c.JSON)
}

// outcomeStatus is the exit status of a command that waits until a call ends.
var outcomeStatus = map[string]exitError{"reached": statusOK, "unreached": 3, "refused": 4, "canceled": 5, "expired": 6}

const outcomeStatuses = "The exit status says the outcome: 0 reached, 3 unreached, 4 refused, 5 canceled, 6 expired."

// wait prints a Call's events as they happen, and ends with the status of the outcome.
func (s server) wait(ctx context.Context, con *console, asked *api.Call, asJSON bool) error {
	w := newWatch(con, s.client(), asked)
	if asJSON {
		w.tell = func(api.Event) error { return nil }
	}
	call, err := w.untilEnded(ctx, 0)
	if err != nil {
		return s.goesOn(ctx, con, asked.ID, err)
	}
	switch {
	case asJSON:
		if err := printJSON(con.out, call); err != nil {
			return err
		}
	case call.Reached != nil:
		printWrapped(con.out, con.columns(), "reached "+reachedLine(call.Reached))
	}
	if status := outcomeStatus[call.Outcome]; status != statusOK {
		return status
	}
	return nil
}

// goesOn says that the Call goes on although the command does not wait any more, and what can be done.
func (s server) goesOn(ctx context.Context, con *console, id string, err error) error {
	then := fmt.Sprintf("the call goes on; to cancel it: %s; to wait again: %s", s.command("cancel", id),
		s.command("wait", id))
	if signal, ok := errors.AsType[signaled](context.Cause(ctx)); ok {
		if con.echoes {
			printf(con.err, "\n") // the terminal has echoed ^C
		}
		status := statusSignal + int(signal.signal)
		con.say(errors.New(then), status)
		return exitError(status)
	}
	if p, ok := errors.AsType[*api.Problem](err); ok && p.Status < http.StatusInternalServerError {
		return err // for example, the call was deleted
	}
	return fmt.Errorf("%w; as far as anybody knows %s", err, then)
}

const (
	dueMargin = 1500 * time.Millisecond
	lookEvery = 3 * time.Second // how often, while the call is due and does not ring
	lookFirst = time.Minute     // the longest pause, while the call is due later
)

// watch follows a Call. The server sends the events. In between, watch asks the server what keeps the Call from
// ringing, and tells a person.
type watch struct {
	con    *console
	client *api.Client
	id     string
	teller *teller
	tell   func(api.Event) error

	mu   sync.Mutex // guards the fields below, and printing
	look *time.Timer
	said string // the reason for waiting that was printed last
}

func newWatch(con *console, client *api.Client, asked *api.Call) *watch {
	con.asked = "" // a redial has answered, and it knows the call
	w := &watch{
		con: con, client: con.patient(client, ": the call goes on, wherever it is served"), id: asked.ID,
		teller: newTeller(asked, con.columns()), look: time.NewTimer(lookFirst),
	}
	w.tell = func(e api.Event) error {
		w.teller.event(con.out, e)
		return nil
	}
	return w
}

// untilEnded prints the events after seq after, and returns the Call once it has ended.
func (w *watch) untilEnded(ctx context.Context, after int) (api.Call, error) {
	watching, done := context.WithCancel(ctx)
	var hold sync.WaitGroup
	if !w.con.json { // a script gets only the events, or the call
		hold.Go(func() { w.holds(watching) })
	}
	defer hold.Wait()
	defer done()
	return w.client.Await(ctx, w.id, after, func(e api.Event) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.plan(&e)
		return w.tell(e)
	})
}

// plan sets when to ask what a Call waits for: when it is due and does not ring.
func (w *watch) plan(e *api.Event) {
	switch {
	case e.Type == "call.ended":
		w.look.Stop()
	case strings.HasPrefix(e.Type, "attempt.") && e.Type != "attempt.postponed":
		w.said = ""
		w.look.Reset(lookFirst)
	default:
		w.look.Reset(dueIn(e.NextAttemptAt))
	}
}

func dueIn(next time.Time) time.Duration {
	return min(max(time.Until(next), 0)+dueMargin, lookFirst)
}

// holds prints what keeps the Call from ringing although it is due, whenever that changes.
func (w *watch) holds(ctx context.Context) {
	defer w.look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.look.C:
		}
		c, err := w.client.Get(ctx, w.id, 0)
		if ctx.Err() != nil {
			return
		}
		w.mu.Lock()
		if err == nil {
			w.held(&c)
		}
		switch {
		case err == nil && c.State == "waiting" && !c.NextAttemptAt.After(time.Now()):
			w.look.Reset(lookEvery)
		case err == nil && c.State == "waiting":
			w.look.Reset(dueIn(c.NextAttemptAt))
		default:
			w.look.Reset(lookFirst)
		}
		w.mu.Unlock()
	}
}

// held prints what a Call waits for, unless it was the last thing printed about it.
func (w *watch) held(c *api.Call) {
	reasons := c.Waiting
	if c.Held && len(reasons) > 0 {
		reasons = reasons[1:] // the event has told that it is held
	}
	why := strings.Join(reasons, "; ")
	if why != "" && why != w.said {
		w.teller.line(w.con.out, time.Now(), w.teller.place(0), "waiting: "+byClock(why))
	}
	w.said = why
}
