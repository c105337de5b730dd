package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"redial/api"
	"redial/internal/app"
	"redial/internal/sim"
)

type demoCmd struct {
	Story   string `help:"Which one: rings, confirm, voicemail, ladder or night." enum:"rings,confirm,voicemail,ladder,night" default:"rings" placeholder:"NAME"`
	Stay    bool   `help:"Keep it up at the end, for a look at the API."`
	Polling bool   `help:"Without a public URL: redial asks Twilio, instead of being called back."`
}

const (
	demoFrom  = "+815012345678"
	demoSpeed = 20               // phones ring that much faster than life
	demoTime  = 60 * time.Second // after which a fate that is still open is wrong
)

func (c *demoCmd) Run(ctx context.Context, con *console) (err error) {
	if c.Polling && c.Story != "rings" && c.Story != "night" {
		return fmt.Errorf("--story %s needs a public URL, so it can't be told with --polling", c.Story)
	}
	fates := demoFates(c.Story)
	d, err := startDemo(ctx, fates, c.Polling)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	printf(con.out, "redial  http://%s\nTwilio  http://%s, on your desk; phones %d times as fast as life\n\n",
		d.redial.Addr(), d.twilio.Addr(), demoSpeed)
	limited, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	err = d.play(limited, newScreen(con, fates))
	if c.Stay && ctx.Err() == nil {
		printf(con.out, "\nStill up: try  redial list --url http://%s  or  curl http://%[1]s/v1/calls ; Ctrl-C ends it.\n", d.redial.Addr())
		<-ctx.Done()
	}
	return err
}

// demo is sim and redial in one process, over real sockets.
type demo struct {
	phones         *sim.Sim
	client         *api.Client
	redial, twilio net.Listener
	folder         string
	cancel         context.CancelFunc
	running        sync.WaitGroup
	failed         []error
}

func startDemo(ctx context.Context, fates []fate, polling bool) (d *demo, err error) {
	d = &demo{}
	if d.folder, err = os.MkdirTemp("", "redial-demo-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(d.folder))
		}
	}()
	scripts := map[string]string{}
	for _, f := range fates {
		if f.number != "" {
			scripts[f.number] = f.script
		}
		maps.Copy(scripts, f.others)
	}
	d.phones, err = sim.New(sim.Config{AccountSID: simAccount, AuthToken: simToken, Speed: demoSpeed, Scripts: scripts})
	if err != nil {
		return nil, err
	}
	if d.redial, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if d.twilio, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	host := "http://" + d.redial.Addr().String()
	if polling {
		host = ""
	}
	node, err := app.New(ctx, app.Config{
		Listen: d.redial.Addr().String(), HostURL: host,
		DatabaseURL: "sqlite:" + filepath.Join(d.folder, "demo.db"), Migrate: true,
		AccountSID: simAccount, AuthTokens: []string{simToken}, TwilioBaseURL: "http://" + d.twilio.Addr().String(),
		From: demoFrom, CallsPerSecond: 5, RetentionDays: 90, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	d.client = &api.Client{URL: "http://" + d.redial.Addr().String()}
	d.run(ctx, node)
	return d, nil
}

func (d *demo) run(ctx context.Context, node *app.App) {
	ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	var mu sync.Mutex
	part := func(serve func() error) func() {
		return func() {
			if err := serve(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				d.failed = append(d.failed, err)
			}
		}
	}
	d.running.Go(part(func() error { return node.Serve(ctx, d.redial) }))
	d.running.Go(part(func() error { return serveUntil(ctx, d.twilio, d.phones) }))
}

// stop ends both parts and removes what they kept.
func (d *demo) stop() error {
	d.cancel()
	d.running.Wait()
	d.phones.Close()
	return errors.Join(append(d.failed, os.RemoveAll(d.folder))...)
}

// play places the calls, shows how they fare, and holds each against its fate.
func (d *demo) play(ctx context.Context, s *screen) error {
	var calls sync.WaitGroup
	wrong := make([]error, len(s.rows))
	for i := range s.rows {
		id, err := d.ask(ctx, s.rows[i].fate)
		if err != nil {
			wrong[i] = err
			continue
		}
		calls.Go(func() { wrong[i] = d.follow(ctx, s, i, id) })
	}
	calls.Wait()
	s.finish(wrong)
	if errors.Join(wrong...) != nil {
		return errors.New("a fate came out wrong")
	}
	return nil
}

func (d *demo) ask(ctx context.Context, f fate) (id string, err error) {
	call, _, err := d.client.Create(ctx, api.CreateCall{
		To: f.number, People: f.people, Say: &api.Say{Text: "Your delivery is at the door.", Language: "en-US"}, Policy: &f.policy,
		Metadata: map[string]string{"demo": f.title},
	}, "")
	return call.ID, err
}

// follow shows a call until it has ended, and holds it against its fate.
func (d *demo) follow(ctx context.Context, s *screen, i int, id string) error {
	f := s.rows[i].fate
	outcome, waited := "", ""
	err := d.client.Follow(ctx, id, 0, func(e api.Event) (err error) {
		s.event(i, e)
		if e.Waiting != "" {
			waited = e.Waiting
		}
		switch {
		case e.Type == "call.ended":
			outcome = e.Outcome
		case e.Waiting == "" && e.Type != "call.redial_scheduled":
		case f.cancel:
			_, err = d.client.Cancel(ctx, id)
		case f.now && e.NextAttemptAt.After(e.At):
			_, err = d.client.Redial(ctx, id)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", f.title, err)
	}
	call, err := d.client.Get(ctx, id, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", f.title, err)
	}
	if !strings.HasPrefix(waited, f.waits) || (f.waits == "") != (waited == "") {
		return fmt.Errorf("%s: it waited because %q, and was to because of %q", f.title, waited, f.waits)
	}
	return d.check(f, outcome, call.Reached)
}

// check holds a call against its fate: the outcome, the evidence, and how often the
// phones rang and what was said, as the other side knows it.
func (d *demo) check(f fate, outcome string, reached *api.Reached) error {
	rings, heard := 0, map[string]string{}
	for _, leg := range d.phones.Legs() {
		if _, other := f.others[leg.To]; other || leg.To == f.number {
			rings++
			heard[leg.To] = strings.Join(leg.Heard, " ")
		}
	}
	if outcome != f.outcome || rings != f.rings {
		return fmt.Errorf("%s: %s after %d dials, not %s after %d", f.title, outcome, rings, f.outcome, f.rings)
	}
	for number, want := range f.heard {
		if !strings.Contains(heard[number], want) {
			return fmt.Errorf("%s: %s heard %q, and was to hear %q", f.title, number, heard[number], want)
		}
	}
	if f.by != "" && (reached == nil || reached.By != f.by || reached.Name != f.name) {
		return fmt.Errorf("%s: the evidence is %+v, and was to be %s %s", f.title, reached, f.by, f.name)
	}
	return nil
}
