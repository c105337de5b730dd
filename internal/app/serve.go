package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"redial/internal/seldom"
)

const (
	shutdownTime   = 20 * time.Second // for requests under way, once the node is told to stop
	retentionPause = time.Hour        // between two rounds
	usePause       = time.Second      // between two writes of when API keys were last used
	useTime        = 5 * time.Second  // for such a write
)

// Listen opens the address that the Config names.
func (a *App) Listen(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", a.conf.Listen)
	if err != nil {
		return nil, wrong("REDIAL_LISTEN", "can't be used: %v", err)
	}
	if a.pages == nil {
		return l, nil
	}
	if a.pageAt, err = new(net.ListenConfig).Listen(ctx, "tcp", a.conf.Page); err != nil {
		l.Close()
		return nil, wrong("REDIAL_PAGE", "can't be used: %v", err)
	}
	return l, nil
}

// PageAddress is where the page is served, if that is an address of its own; else empty.
func (a *App) PageAddress() string {
	if a.pageAt == nil {
		return ""
	}
	return a.pageAt.Addr().String()
}

// server serves HTTP by a handler.
func (a *App) server(h http.Handler) *http.Server {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	s.RegisterOnShutdown(a.closeStreams)
	return s
}

// closeStreams ends all answers that would go on.
func (a *App) closeStreams() {
	a.closing.Do(func() {
		a.web.CloseStreams()
		a.page.CloseStreams()
	})
}

// Serve answers on l, and runs the node, until ctx is done. Then it takes no more work, finishes what is in flight,
// and closes the database.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	servers := []*http.Server{a.server(a.routes)}
	listeners := []net.Listener{l}
	if a.pageAt != nil {
		servers, listeners = append(servers, a.server(a.pages)), append(listeners, a.pageAt)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	serving := make([]error, len(servers))
	var all sync.WaitGroup
	for i, server := range servers {
		all.Go(func() {
			defer cancel() // without a server the node is of no use
			if err := server.Serve(listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				serving[i] = fmt.Errorf("serving: %w", err)
			}
		})
	}
	all.Go(func() { a.loops(ctx) })
	if a.conf.CheckSetup {
		all.Go(func() { a.examine(ctx) })
	}
	<-ctx.Done()
	a.logStop(ctx)
	a.shutdown(servers)
	all.Wait()
	return errors.Join(errors.Join(serving...), a.Close())
}

func (a *App) shutdown(servers []*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	var all sync.WaitGroup
	for _, server := range servers {
		all.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				a.log.Warn("answers under way were cut off", "err", err)
			}
		})
	}
	all.Wait()
}

// Run runs the node without an HTTP server (see Handler) until ctx is done; then it closes the database.
func (a *App) Run(ctx context.Context) error {
	a.loops(ctx)
	return a.Close()
}

// loops runs the node's loops. It returns when ctx is done and what was in flight has ended.
func (a *App) loops(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { a.dialer.Run(ctx) })
	all.Go(func() { a.sender.Run(ctx) })
	all.Go(func() { a.triggers.Run(ctx) })
	all.Go(func() { a.retain(ctx) })
	all.Go(func() { a.keepUses(ctx) })
	all.Go(func() { a.keepNode(ctx) })
	all.Wait()
}

// Close closes the database of a node that does not run.
func (a *App) Close() error { return a.store.Close() }

// retain scrubs and deletes calls whose retention is over.
func (a *App) retain(ctx context.Context) {
	for {
		more, err := a.store.Retain(ctx, a.store.Now(), a.conf.retention())
		if err != nil && ctx.Err() == nil {
			a.log.Error("scrubbing old calls failed", "err", err)
		}
		pause := retentionPause
		if more {
			pause = 100 * time.Millisecond // small steps, so that others can write in between
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// keepUses keeps when API keys were last used. Nobody waits for it, and where nobody uses one it does nothing.
func (a *App) keepUses(ctx context.Context) {
	failed := seldom.Failures{Log: func(last error, n int) {
		a.log.Warn("when API keys were last used could not be kept", "count", n, "err", last)
	}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.store.KeysUsed():
		}
		within, cancel := context.WithTimeout(ctx, useTime)
		if err := a.store.KeepUses(within); err != nil && ctx.Err() == nil {
			failed.Happened(err)
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-time.After(usePause):
		}
	}
}
