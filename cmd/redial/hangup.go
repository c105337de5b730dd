package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// onHangup has SIGHUP call reread, instead of ending the process, until stop is called. Where it says that the
// terminal was closed, it ends the context as before: nobody has left a process running by closing its window.
func onHangup(ctx context.Context, reread func()) (_ context.Context, stop func()) {
	stays := signal.Ignored(syscall.SIGHUP) || !hasTerminal() // nohup, or a service
	hangups := make(chan os.Signal, 1)
	signal.Reset(syscall.SIGHUP)
	signal.Notify(hangups, syscall.SIGHUP)
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
			}
			if !stays && !hasTerminal() {
				cancel(signaled{syscall.SIGHUP})
				return
			}
			reread()
		}
	}()
	return ctx, func() {
		signal.Stop(hangups)
		cancel(nil)
	}
}

// hasTerminal says whether the process has a controlling terminal that is still there.
func hasTerminal() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	terminal.Close()
	return true
}
