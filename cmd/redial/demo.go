package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"redial/api"
	"redial/internal/app"
	"redial/internal/sim"
)

type demoCmd struct {
	Story   string `help:"Which one: rings, confirm, voicemail, ladder, night or alert." enum:"rings,confirm,voicemail,ladder,night,alert" default:"rings" placeholder:"NAME"`
	Stay    bool   `help:"Keep it up at the end, for a look at its phones, and at the API."`
	Polling bool   `help:"Without a public URL: redial asks Twilio, instead of being called back."`
}

const (
	demoSpeed = 20               // phones ring so many times faster than in life
	demoTime  = 60 * time.Second // a call that has not ended by then is wrong
	demoLook  = 5 * time.Second  // how long a waiting call is shown before somebody intervenes
	demoPoll  = 100 * time.Millisecond
	demoStay  = "+819012345670" // no story rings this phone
)

func (c *demoCmd) Run(ctx context.Context, con *console) (err error) {
	if c.Polling && c.Story != "rings" && c.Story != "night" {
		return fmt.Errorf("--story %s needs a public URL, so it can't be told with --polling", c.Story)
	}
	d, err := startDemo(ctx, demoCalls(c.Story), c.Polling)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	printf(con.out, "redial  %s\nTwilio  %s, on your desk; phones %d times as fast as life\n\n%s\n\n",
		d.url, d.twilio, demoSpeed, watched[c.Story])
	// The night's windows are relative to this moment: everything is up now, however slow the machine.
	err = d.play(ctx, newScreen(con, demoCalls(c.Story), c.Polling))
	if ctx.Err() != nil {
		con.stopped()
		return ctx.Err()
	}
	if c.Stay {
		printf(con.out, "\nStill up, until Ctrl-C. The phones, to answer by hand, are at\n\n  %s/\n\n"+
			"In another terminal, ring one, or look at the calls:\n\n  %s call --url %[3]s %s --say Hello. --wait\n"+
			"  %[2]s list --url %[3]s\n  curl %[3]s/v1/calls\n\n", d.twilio, self(), d.url, demoStay)
		<-ctx.Done()
		con.stopped()
	}
	return err
}

// demo is a pair, and asks for the calls of the demo.
type demo struct {
	*pair
	known map[string]bool // the calls that were made so far, by id
}

func startDemo(ctx context.Context, calls []demoCall, polling bool) (*demo, error) {
	file := ""
	if calls[0].trigger != "" {
		var err error
		if file, err = alertsFile(); err != nil {
			return nil, err
		}
		defer os.Remove(file) // it is read at the start
	}
	all := map[string]string{}
	for _, c := range calls {
		if c.number != "" {
			all[c.number] = c.script
		}
		maps.Copy(all, c.others)
	}
	p, err := pairing{
		phones: sim.Config{Speed: demoSpeed, Scripts: all},
		redial: app.Config{
			Listen: anyPort, From: demoFrom, CallsPerSecond: 5, MaxWaiting: 1000, MaxPerNumber: 200, RetentionDays: 90,
			ConfigFile: file,
		},
		twilio:  anyPort,
		polling: polling,
	}.start(ctx)
	return &demo{p, map[string]bool{}}, err
}

// play asks for the calls, shows what happens to them, and checks the result of each.
func (d *demo) play(ctx context.Context, s *screen) error {
	ctx, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	var calls sync.WaitGroup
	wrong := make([]error, len(s.rows))
	for i := range s.rows {
		id, err := d.ask(ctx, s.rows[i].call)
		if err != nil {
			wrong[i] = err
			continue
		}
		calls.Go(func() { wrong[i] = d.follow(ctx, s, i, id) })
	}
	s.refreshUntil(calls.Wait)
	return s.finish(wrong, errors.Is(ctx.Err(), context.Canceled))
}

func (d *demo) ask(ctx context.Context, c demoCall) (id string, err error) {
	if c.trigger != "" {
		return d.alert(ctx, c)
	}
	call, _, err := d.client.Create(ctx, api.CreateCall{
		To: c.number, People: c.people, Say: &api.Say{Text: "Your delivery is at the door.", Language: "en-US"},
		Policy:   &c.policy,
		Metadata: map[string]string{"demo": c.title},
	}, "")
	return call.ID, err
}

// alert sends an alert, and finds the call that rings about it: at once or, where another call about such alerts is
// under way, once that is over.
func (d *demo) alert(ctx context.Context, c demoCall) (id string, err error) {
	if _, _, err := d.client.Tell(ctx, c.trigger, []byte(c.alert)); err != nil {
		return "", fmt.Errorf("%s: %w", c.title, err)
	}
	for ctx.Err() == nil {
		page, err := d.client.List(ctx, api.ListQuery{})
		if err != nil {
			return "", fmt.Errorf("%s: %w", c.title, err)
		}
		for _, call := range page.Calls {
			if !d.known[call.ID] {
				d.known[call.ID] = true
				return call.ID, nil
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(demoPoll):
		}
	}
	return "", fmt.Errorf("%s: no call was made: %w", c.title, ctx.Err())
}

// follow shows a call until it has ended, and checks its result.
func (d *demo) follow(ctx context.Context, s *screen, i int, id string) error {
	c := s.rows[i].call
	outcome, waited := "", ""
	err := d.client.Follow(ctx, id, 0, func(e api.Event) error {
		s.event(i, e)
		waited = cmp.Or(e.Waiting, waited)
		if e.Type == "call.ended" {
			outcome = e.Outcome
		}
		return d.intervene(ctx, c, id, e)
	})
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s: it has not ended within %s", c.title, demoTime)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.title, err)
	}
	call, err := d.client.Get(ctx, id, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", c.title, err)
	}
	if !strings.HasPrefix(waited, c.waits) || (c.waits == "") != (waited == "") {
		return fmt.Errorf("%s: it waited because %q, and was to because of %q", c.title, waited, c.waits)
	}
	if c.trigger != "" { // the calls of the story ring the same phones
		return d.checkRings(c, outcome, len(call.Attempts), call.Reached)
	}
	return d.check(c, outcome, call.Reached)
}

// intervene does what somebody must do about a waiting call, once the screen has shown it for a while.
func (d *demo) intervene(ctx context.Context, c demoCall, id string, e api.Event) (err error) {
	waits := e.Waiting != "" || e.Type == "call.redial_scheduled"
	if !waits || !c.cancel && c.resolved == "" && !(c.now && e.NextAttemptAt.After(e.At)) {
		return nil
	}
	select {
	case <-time.After(demoLook):
	case <-ctx.Done():
		return ctx.Err()
	}
	switch {
	case c.resolved != "":
		_, _, err = d.client.Tell(ctx, c.trigger, []byte(c.resolved))
	case c.cancel:
		_, err = d.client.Cancel(ctx, id)
	default:
		_, err = d.client.Redial(ctx, id)
	}
	return err
}

// check compares a call with what must come of it: the outcome, the evidence, how often the phones rang and what was
// said. The last two are as the simulated Twilio knows them.
func (d *demo) check(c demoCall, outcome string, reached *api.Reached) error {
	rings := 0
	for _, leg := range d.phones.Legs() {
		if _, other := c.others[leg.To]; other || leg.To == c.number {
			rings++
		}
	}
	return d.checkRings(c, outcome, rings, reached)
}

func (d *demo) checkRings(c demoCall, outcome string, rings int, reached *api.Reached) error {
	if outcome != c.outcome || rings != c.rings {
		return fmt.Errorf("%s: %s after %d dials, not %s after %d", c.title, outcome, rings, c.outcome, c.rings)
	}
	heard := map[string]string{} // on the last leg to a number
	for _, leg := range d.phones.Legs() {
		heard[leg.To] = strings.Join(leg.Heard, " ")
	}
	for number, want := range c.heard {
		if !strings.Contains(heard[number], want) {
			return fmt.Errorf("%s: %s heard %q, and was to hear %q", c.title, number, heard[number], want)
		}
	}
	if c.by != "" && (reached == nil || reached.By != c.by || reached.Name != c.name) {
		return fmt.Errorf("%s: the evidence is %+v, and was to be %s %s", c.title, reached, c.by, c.name)
	}
	return nil
}
