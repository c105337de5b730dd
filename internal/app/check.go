package app

import (
	"context"
	"iter"
	"time"
)

// examineTime bounds the whole examination. Each of its questions has its own bound, but there may be many.
const examineTime = 40 * time.Second

// Findings examines everything and yields what it found, part by part and always in the same order. It changes
// nothing, and calls nobody.
func (e *Examination) Findings(ctx context.Context) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		settings := e.settings()
		end := e.findLocal(ctx)
		defer end()
		parts := []part{func(context.Context) []Finding { return settings }, e.listening}
		if !e.Live {
			parts = append(parts, e.database, e.apiKeys, e.account, e.caller, e.regions, e.host, e.webhooks)
		}
		ctx, cancel := context.WithTimeout(ctx, examineTime)
		defer cancel()
		sideBySide(ctx, parts, yield)
	}
}

// part examines one part of the set-up.
type part func(context.Context) []Finding

// sideBySide runs all parts at once, and returns when all have ended: one of them may use the address that serve
// needs.
func sideBySide(ctx context.Context, parts []part, yield func(Finding) bool) {
	var found []chan []Finding
	for _, look := range parts {
		c := make(chan []Finding, 1)
		found = append(found, c)
		go func() { c <- look(ctx) }()
	}
	more := true
	for _, c := range found {
		for _, f := range <-c {
			more = more && yield(f)
		}
	}
}
