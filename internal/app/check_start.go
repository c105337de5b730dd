package app

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// hostPauses are the pauses between the first examinations of HOST_URL: some proxies lead to a node only after it has
// been ready for a while.
var hostPauses = []time.Duration{10 * time.Second, 30 * time.Second}

// examine examines the set-up of a node that serves, and logs what is wrong.
func (a *App) examine(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*examineTime)
	defer cancel()
	e := &Examination{Config: a.conf, Store: a.store}
	e.local = local{who: thisOne, url: "http://" + dialable(a.conf.Listen), instance: a.web.Prober.Instance()}
	wrong, warnings := 0, 0
	sideBySide(ctx, []part{e.database, e.account, e.caller, e.regions, e.hostSoon, e.webhooks}, func(f Finding) bool {
		level := slog.LevelWarn
		switch f.Verdict {
		case Wrong:
			wrong++
			level = slog.LevelError
		case Warning:
			warnings++
		default:
			return true
		}
		if ctx.Err() == nil { // else the cause may be that ctx is done
			attrs := []slog.Attr{slog.String("part", f.About), slog.String("setting", f.Setting), slog.String("fix", f.Fix)}
			attrs = slices.DeleteFunc(attrs, func(a slog.Attr) bool { return a.Value.String() == "" })
			a.log.LogAttrs(ctx, level, "the set-up is not right: "+f.Says, attrs...)
		}
		return true
	})
	if ctx.Err() == nil {
		a.log.Info("the set-up was checked", "wrong", wrong, "warnings", warnings)
	}
}

// hostSoon examines HOST_URL, and repeats that after each of hostPauses while something is wrong.
func (e *Examination) hostSoon(ctx context.Context) []Finding {
	for _, pause := range hostPauses {
		list := e.host(ctx)
		if !slices.ContainsFunc(list, func(f Finding) bool { return f.Verdict == Wrong }) {
			return list
		}
		select {
		case <-ctx.Done():
			return list
		case <-time.After(pause):
		}
	}
	return e.host(ctx)
}
