package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"redial/internal/store"
	"redial/internal/store/engine"
)

// Migrate brings a database's schema up to date. A dry run changes nothing, and may run beside a running redial. It
// returns the SQL that ran, or would run; empty if none. notice is told what it waits for. If the URL can't be read,
// the error is a *ConfigError.
func Migrate(
	ctx context.Context, databaseURL string, dryRun bool, notice func(sentence string),
) (sql string, err error) {
	databaseURL = strings.TrimSpace(databaseURL)
	if err := checkDatabase(databaseURL); err != nil {
		return "", err
	}
	if dryRun {
		sql, err = store.PendingSQL(ctx, databaseURL)
		return sql, explained(err)
	}
	s, err := store.Open(ctx, databaseURL, store.Options{Notice: notice})
	if err != nil {
		return "", explained(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	sql, err = s.PendingSQL(ctx)
	if err == nil && sql != "" {
		err = s.Migrate(ctx)
	}
	return sql, explained(err)
}

// explained puts before an error of the database what it means and what to do, if that is known.
func explained(err error) error {
	if err == nil {
		return nil
	}
	what, fix := engine.Trouble(err)
	if what == "" {
		return err
	}
	return fmt.Errorf("DATABASE_URL: %s; %s: %w", what, fix, err)
}
