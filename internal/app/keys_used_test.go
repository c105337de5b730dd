package app

import (
	"database/sql"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// The last use of a key is kept to the minute: by requests, and by a stream that goes on. Nobody waits for it, what
// can't be written is left out, and where no key is used nothing is written.
func TestTheLastUseOfAKeyIsKept(t *testing.T) {
	var log lockedBuffer
	inWorld(t, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }, func(w *world) {
		secret := w.key("shop", store.CallsRead)
		used := func() time.Duration { // ago
			t.Helper()
			list, err := w.client.Keys(w.ctx, false)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return time.Since(list[0].LastUsedAt).Round(time.Second)
		}
		ask := func() {
			t.Helper()
			if status, answer := w.do("GET", "/v1/calls", "", with(secret)...); status != http.StatusOK {
				t.Errorf("answered %d: %s", status, answer)
			}
		}
		is := func(want time.Duration) {
			t.Helper()
			if ago := used(); ago != want {
				t.Errorf("it was used %s ago, and not %s", ago, want)
			}
		}
		for range 30 {
			ask()
			w.pass(time.Second)
		}
		is(30 * time.Second)
		w.pass(time.Minute)
		ask()
		w.pass(time.Second)
		is(time.Second)

		written := w.writes()
		w.pass(20 * time.Minute)
		if written() {
			t.Error("something is written while no key is used")
		}

		stream := w.streams("/v1/webhooks/stream", "", with(secret)...)
		w.pass(10*time.Minute + 10*time.Second)
		if ago := used(); ago > time.Minute+2*time.Second {
			t.Errorf("the key of a stream was used %s ago", ago)
		}
		stream.leave()

		w.sql("CREATE TRIGGER full_keys BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(FAIL, 'disk full'); END")
		for range 5 * 60 {
			ask()
			w.pass(time.Second)
		}
		ago, lines := used(), strings.Count(log.b.String(), "could not be kept")
		if ago < 5*time.Minute || lines < 4 || lines > 6 {
			t.Errorf("while it can't be written it was used %s ago, and %d lines say so", ago, lines)
		}
		w.sql("DROP TRIGGER full_keys")
		w.pass(time.Minute)
		ask()
		w.pass(time.Second)
		is(time.Second)
	})
}

// writes returns a function that says whether anybody has written to the database since.
func (w *world) writes() (any func() bool) {
	w.t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(w.conf.DatabaseURL, "sqlite:"))
	if err != nil {
		w.t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // the version is that which a connection sees
	version := func() (n int) {
		w.t.Helper()
		if err := db.QueryRowContext(w.ctx, "PRAGMA data_version").Scan(&n); err != nil {
			w.t.Fatal(err)
		}
		return n
	}
	before := version()
	return func() bool {
		w.t.Helper()
		defer db.Close()
		return version() != before
	}
}
