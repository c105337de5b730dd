package app

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"redial/internal/edge"
	"redial/internal/trigger"
)

// readFile reads what a node reads requests by: presets, and the file of triggers.
func (a *App) readFile() (*trigger.File, error) {
	presets, own, err := presetsOf(a.conf.Presets)
	if err != nil {
		return nil, err
	}
	a.plain, a.ownPresets = a.conf.reader(presets), own
	a.plain.Webhook = func(link string) error { return a.sender.CheckOfCall(link) }
	return a.conf.readTriggers(a.plain, own)
}

// edge reads requests by the presets that there are now: those of the file in force, too.
func (a *App) edge() *edge.Reader {
	if f := a.triggers.File(); f != nil {
		return f.Reader()
	}
	return a.plain
}

const mostLogged = 20 // mistakes of a file

// Reread puts the file of triggers in force as it is now. Where that is wrong, the one before stays in force, and each
// mistake is logged.
func (a *App) Reread() {
	f, err := a.conf.readTriggers(a.plain, a.ownPresets)
	a.neighbors.misread.Store(err != nil)
	wrong, isFile := errors.AsType[*FileError](err)
	switch {
	case isFile:
		for i, m := range wrong.Mistakes {
			if i == mostLogged {
				a.log.Error("REDIAL_CONFIG has more mistakes: redial triggers check tells them", "more", len(wrong.Mistakes)-i)
				break
			}
			a.log.Error("REDIAL_CONFIG has a mistake, and what was read before stays in force", "file", wrong.File,
				"line", m.Line, "column", m.Column, "mistake", m.Text)
		}
	case err != nil:
		a.log.Error("REDIAL_CONFIG can't be read anew, and what was read before stays in force", "err", err)
	case f == nil:
		a.log.Info("there is no REDIAL_CONFIG to be read anew")
	default:
		before := a.triggers.File()
		changed := f.Hash != hashOf(before)
		a.triggers.Use(f)
		a.log.Info("REDIAL_CONFIG was read anew", append([]any{"changed", changed}, aboutFile(f)...)...)
		a.warnOfGone(before, f)
		poke(a.neighbors.changed)
	}
}

// warnOfGone warns of triggers that a file no longer has, as events of theirs may be under way.
func (a *App) warnOfGone(before, now *trigger.File) {
	if before == nil {
		return
	}
	gone := slices.DeleteFunc(slices.Sorted(maps.Keys(before.Triggers)), func(name string) bool {
		return now.Triggers[name] != nil
	})
	if len(gone) > 0 {
		a.log.Warn("triggers are gone from REDIAL_CONFIG: their senders are told to try again, what they still have to ring "+
			"about waits, and their calls go on until redial incidents close", "triggers", strings.Join(gone, " "))
	}
}

// aboutFile is what the log says of a file of triggers.
func aboutFile(f *trigger.File) []any {
	return []any{"hash", shortHash(f.Hash), "triggers", len(f.Triggers), "people", len(f.People), "rotas", len(f.Rotas)}
}

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it was poked already
	}
}
