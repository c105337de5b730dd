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
	return l, nil
}

// Serve answers on l, and runs the node, until ctx is done. Then it takes no more work, finishes what is in flight,
// and closes the database.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           a.routes,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(a.web.CloseStreams)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var serving error
	var all sync.WaitGroup
	all.Go(func() {
		defer cancel() // without a server the node is of no use
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			serving = fmt.Errorf("serving: %w", err)
		}
	})
	all.Go(func() { a.loops(ctx) })
	if a.conf.CheckSetup {
		all.Go(func() { a.examine(ctx) })
	}
	<-ctx.Done()
	a.logStop(ctx)
	a.shutdown(server)
	all.Wait()
	return errors.Join(serving, a.Close())
}

func (a *App) shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		a.log.Warn("answers under way were cut off", "err", err)
	}
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
