package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"redial/api"
	"redial/internal/app"
)

type deskCmd struct {
	app.Config `embed:""`
	phoneFlags `embed:""`
	Keep       string `help:"Keep the calls in this folder; without, they go when the desk does." type:"path" placeholder:"FOLDER"`
	SimListen  string `help:"Address of the simulated Twilio; default ${default}, any free port." default:"127.0.0.1:0" placeholder:"HOST:PORT"`
	logging    `embed:""`
}

func (deskCmd) Help() string {
	return "For a program that you build against redial: the real API, with phones that do what --script says. " +
		"No account is needed, nobody is called, and no setting of the environment says where anything is: " +
		"not HOST_URL, DATABASE_URL, TWILIO_…, REDIAL_LISTEN, nor REDIAL_WEBHOOK_…."
}

// These settings of serve are flags of the desk, too. Those that say where calls, callbacks and messages go are flags
// only, so that no production setting in the environment counts. Those that say how calls are made are read as usual.
// The desk itself sets all others.
var (
	deskFlags    = []string{"listen", "api-keys", "webhook-urls", "webhook-secrets", "webhook-events"}
	deskSettings = []string{"from", "default-region", "allowed-regions", "number-prefixes", "twiml-verbs", "twiml-hosts",
		"languages", "presets", "config", "calls-per-second", "max-waiting", "max-waiting-per-number", "retention-days"}
)

// fewerSettings removes settings of serve from the command lines of others. On that of the desk they could lead out of
// this machine; to check a file of triggers needs few of them.
func fewerSettings(k *kong.Kong) error {
	desk := command(k.Model, "desk")
	keepSettings(k, desk, slices.Concat(deskFlags, deskSettings))
	for _, f := range desk.Flags {
		if slices.Contains(deskFlags, f.Name) {
			f.Envs, f.Tag.Envs = nil, nil
		}
		if f.Name == "log-level" {
			f.HasDefault, f.Default = true, "warn" // the desk itself prints what happens
		}
	}
	triggers := command(k.Model, "triggers")
	keepSettings(k, triggers.Children[slices.IndexFunc(triggers.Children, func(n *kong.Node) bool {
		return n.Name == "check"
	})], fileSettings)
	return nil
}

// keepSettings leaves a command some of the settings of serve.
func keepSettings(k *kong.Kong, of *kong.Node, some []string) {
	serve := command(k.Model, "serve")
	of.Flags = slices.DeleteFunc(of.Flags, func(f *kong.Flag) bool {
		isSetting := !strings.HasPrefix(f.Name, "log-") &&
			slices.ContainsFunc(serve.Flags, func(s *kong.Flag) bool { return s.Name == f.Name })
		return isSetting && !slices.Contains(some, f.Name)
	})
}

// deskSecret signs the desk's webhooks by default. It is not secret: it is the same on every desk, so that a program
// can keep it in its settings.
const deskSecret = "whsec_cmVkaWFsIGRlc2s6IG5vIHNlY3JldCBhdCBhbGw=" // "redial desk: no secret at all"

func (c *deskCmd) Run(ctx context.Context, con *console, line *kong.Context) (err error) {
	phones, err := c.phoneFlags.config()
	if err != nil {
		return err
	}
	shown := &feed{to: con.out, columns: con.columns}
	phones.News = shown.phone
	conf := c.Config
	conf.Log, conf.WebhookAllowPrivate = c.logger(con.err), true
	if len(conf.WebhookSecrets) == 0 {
		conf.WebhookSecrets = []string{deskSecret}
	}
	if len(conf.TwimlHosts) == 0 {
		conf.TwimlHosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	if conf.From == "" {
		conf.From = demoFrom
	}
	p, err := pairing{phones: phones, redial: conf, twilio: c.SimListen, keep: c.Keep}.start(ctx)
	if err != nil {
		return inFlags(err)
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	greet := sync.OnceFunc(func() {
		c.greet(con, p)
		leftAlone(con, line)
		printf(con.out, "\nWhat happens (Ctrl-C ends it):\n\n")
	})
	if conf.ConfigFile != "" {
		var stop func()
		ctx, stop = onHangup(ctx, p.node.Reread)
		defer stop()
	}
	return follow(ctx, con, p, greet, shown)
}

// follow shows what happens until Ctrl-C.
func follow(stop context.Context, con *console, p *pair, ready func(), shown *feed) error {
	ctx, cancel := context.WithCancel(stop)
	defer cancel()
	go func() {
		<-p.over
		cancel()
	}()
	err := p.client.Listen(ctx, nil, func(api.Endpoint) { ready() }, shown.redial)
	if stop.Err() != nil {
		con.stopped()
		return nil
	}
	if ctx.Err() != nil { // a part has stopped; p.stop returns why
		return nil
	}
	return err
}

// greet says where the parts listen, and how to ask for a call.
func (c *deskCmd) greet(con *console, p *pair) {
	say := func(what, text string, args ...any) {
		printf(con.out, "%-9s "+text+"\n", append([]any{what}, args...)...)
	}
	key, flag := "without a key, from this machine", ""
	switch {
	case len(c.APIKeys) > 0:
		key = "with a key of --api-keys"
	case p.keyed:
		key = "with one of its API keys, in REDIAL_API_KEY"
	}
	if len(c.APIKeys) > 0 || p.keyed {
		flag = ` -H "Authorization: Bearer $REDIAL_API_KEY"`
	}
	say("redial", "%s  %s", p.url, key)
	say("Twilio", "%s  on your desk: no real phone rings", p.twilio)
	say("Page", "%s/  the phones: answer them, press keys, or let them ring", p.twilio)
	if c.Keep == "" {
		say("Calls", "kept until Ctrl-C; --keep FOLDER keeps them for longer")
	} else {
		say("Calls", "kept in %s", p.database)
	}
	to, secret := `where a call's "webhook" says`, deskSecret
	if len(c.WebhookURLs) > 0 {
		to = strings.Join(c.WebhookURLs, ", ")
	}
	if len(c.WebhookSecrets) > 0 {
		secret = "--webhook-secrets"
	}
	say("Webhooks", "%s; http://localhost is allowed", to)
	say("", "signed with %s", secret)
	what, others, number := "Phones", "all", "+819012345678"
	for i, scripted := range c.Script.numbers() {
		say(what, "%-13s  %s", scripted, c.Script[scripted])
		if what, others = "", "all others"; i == 0 {
			number = scripted
		}
	}
	say(what, "%-13s  %s", others, c.Default)
	if c.Speed != 1 {
		say("", "%g times as fast as life", c.Speed)
	}
	printf(con.out, "\nAsk for a call from another terminal:\n\n")
	printf(con.out, "  curl %s/v1/calls -H 'Content-Type: application/json'%s \\\n", p.url, flag)
	printf(con.out, "    -d '{\"to\": \"%s\", \"say\": {\"text\": \"Hello.\"}}'\n\n", number)
	printf(con.out, "  %s call --url %s \\\n    %s --say Hello. --wait\n", self(), p.url, number)
}

// leftAlone names the settings in the environment that the desk does not read.
func leftAlone(con *console, line *kong.Context) {
	read := settings(line.Selected())
	set := slices.DeleteFunc(settings(command(line.Model, "serve")), func(name string) bool {
		return os.Getenv(name) == "" || slices.Contains(read, name)
	})
	if len(set) > 0 {
		printf(con.out, "\nSet in the environment, and not used here: %s\n", strings.Join(set, ", "))
	}
}

// inFlags replaces the names of settings in an error by the flags that the desk has instead.
func inFlags(err error) error {
	wrong, ok := errors.AsType[*app.ConfigError](err)
	if _, isFile := errors.AsType[*app.FileError](err); !ok || isFile {
		return err
	}
	sentence := wrong.Sentence
	for _, name := range deskFlags {
		sentence = strings.ReplaceAll(sentence, "REDIAL_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), "--"+name)
	}
	return &app.ConfigError{Sentence: sentence}
}
