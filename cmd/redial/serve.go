package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"redial/internal/app"
)

type serveCmd struct {
	app.Config `embed:""`
	logging    `embed:""`
	Examine    bool `name:"check" help:"Look once at the start whether the set-up is right, as redial check does, and log what is not." env:"REDIAL_CHECK" default:"true" negatable:""`
}

func (c *serveCmd) Run(ctx context.Context, con *console) error {
	spareTheCollector()
	conf := c.Config
	conf.Log, conf.CheckSetup = c.logger(con.err), c.Examine
	node, err := app.New(ctx, conf)
	if err != nil {
		return err
	}
	l, err := node.Listen(ctx)
	if err != nil {
		node.Close()
		return err
	}
	if conf.ConfigFile != "" {
		var stop func()
		ctx, stop = onHangup(ctx, node.Reread)
		defer stop()
	}
	conf.Log.Info("redial serves", append([]any{"version", version(), "listen", l.Addr().String()}, node.About(ctx)...)...)
	if err := node.Serve(ctx, l); err != nil {
		return fmt.Errorf("serving: %w", err)
	}
	conf.Log.Info("redial has stopped; nothing is left in flight")
	return nil
}

// spareTheCollector lets the heap grow to five times its live data, unless a setting says otherwise. The heap is
// small, and collecting it is a large part of the work.
func spareTheCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
