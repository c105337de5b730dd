package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"redial/api"
	"redial/internal/app"
	"redial/internal/sim"
)

// pair is redial and its own simulated Twilio in one process, over sockets of this machine. Whatever the environment
// contains, it uses no other Twilio and no other database.
type pair struct {
	phones   *sim.Sim
	node     *app.App
	client   *api.Client
	keyed    bool   // the database has API keys
	url      string // redial's
	twilio   string // Twilio's
	database string // the file
	folder   string // removed at the end; empty: none
	cancel   context.CancelFunc
	parts    *errgroup.Group
	over     <-chan struct{} // closed when both have stopped, also if one of them failed
}

// anyPort is a free port on this machine.
const anyPort = "127.0.0.1:0"

// pairing says how to make a pair.
type pairing struct {
	phones  sim.Config
	redial  app.Config // where it listens, and how calls are made
	twilio  string     // where the simulated Twilio listens
	keep    string     // the folder of the database; empty: a temporary one
	polling bool       // redial has no URL at which Twilio could call back
}

func (g pairing) start(ctx context.Context) (p *pair, err error) {
	p = &pair{}
	g.redial.OwnKey = rand.Text()
	if err := p.chooseFile(g.keep); err != nil {
		return nil, err
	}
	redial, err := listen(ctx, "--listen", g.redial.Listen)
	if err != nil {
		return nil, errors.Join(err, p.clear())
	}
	twilio, err := listen(ctx, "--sim-listen", g.twilio)
	if err != nil {
		return nil, errors.Join(err, redial.Close(), p.clear())
	}
	p.url, p.twilio = here(redial), here(twilio)
	node, err := p.assemble(ctx, g)
	if err != nil {
		return nil, errors.Join(err, redial.Close(), twilio.Close(), p.clear())
	}
	p.node = node
	p.client, p.keyed = &api.Client{URL: p.url, Key: g.redial.OwnKey}, node.HasKeys()
	ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.parts, ctx = errgroup.WithContext(ctx)
	p.over = ctx.Done()
	p.parts.Go(func() error { return node.Serve(ctx, redial) })
	p.parts.Go(func() error { return serveUntil(ctx, twilio, p.phones) })
	return p, nil
}

// chooseFile chooses the database's path.
func (p *pair) chooseFile(keep string) (err error) {
	folder := keep
	if strings.Contains(keep, "?") { // SQLite's options begin there
		return &app.ConfigError{Sentence: fmt.Sprintf("--keep can't be used: the path %s has a ?", keep)}
	}
	if keep == "" {
		if folder, err = os.MkdirTemp("", "redial-desk-"); err != nil {
			return err
		}
		p.folder = folder
	} else if err := os.MkdirAll(keep, 0o700); err != nil {
		return err
	}
	p.database = filepath.Join(folder, "desk.db")
	return nil
}

// clear removes the temporary folder.
func (p *pair) clear() error {
	if p.folder == "" {
		return nil
	}
	return os.RemoveAll(p.folder)
}

// assemble makes the two parts. It sets everything that could lead out of this machine.
func (p *pair) assemble(ctx context.Context, g pairing) (node *app.App, err error) {
	g.phones.AccountSID, g.phones.AuthToken = simAccount, simToken
	g.phones.Try = fmt.Sprintf("%s call --url %s +819012345678 --say Hello. --wait", self(), p.url)
	if p.phones, err = sim.New(g.phones); err != nil {
		return nil, err
	}
	c := g.redial
	c.AccountSID, c.AuthTokens, c.APIKey, c.APISecret = simAccount, []string{simToken}, "", ""
	c.TwilioBaseURL, c.HostURL, c.DatabaseURL, c.Migrate = p.twilio, p.url, "sqlite:"+p.database, true
	if g.polling {
		c.HostURL = ""
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	node, err = app.New(ctx, c)
	if err != nil {
		p.phones.Close()
	}
	return node, err
}

// stop ends both parts and removes the temporary folder.
func (p *pair) stop() error {
	p.cancel()
	err := p.parts.Wait()
	p.phones.Close()
	return errors.Join(err, p.clear())
}

func listen(ctx context.Context, flag, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &app.ConfigError{Sentence: fmt.Sprintf("%s can't be used: %v", flag, err)}
	}
	return l, nil
}

// here is a listener's URL for programs on this machine.
func here(l net.Listener) string {
	addr := l.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", addr.Port)
	}
	return "http://" + addr.String()
}

// serveUntil answers on l until ctx is done.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second,
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
