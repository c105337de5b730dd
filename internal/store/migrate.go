package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrSchema is returned by Ready when the database's schema is older than the binary's.
var ErrSchema = errors.New("the database's schema is out of date: run redial migrate")

// While another node migrates, this one looks every second whether it has done.
const (
	lockPoll  = 1 // seconds
	lockPolls = 600
)

// Migrate brings the schema up to date. Nodes that start together wait for each other.
func (s *Store) Migrate(ctx context.Context) error {
	p, err := s.goose()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// CheckSchema returns ErrSchema when migrations are pending.
func (s *Store) CheckSchema(ctx context.Context) error {
	sql, err := s.PendingSQL(ctx)
	if err == nil && sql != "" {
		return ErrSchema
	}
	return err
}

// PendingSQL returns the statements that Migrate would run, empty if none.
func (s *Store) PendingSQL(ctx context.Context) (string, error) {
	p, err := s.goose()
	if err != nil {
		return "", err
	}
	steps, err := p.Status(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the schema's version: %w", err)
	}
	var out strings.Builder
	for _, step := range steps {
		if step.State != goose.StatePending {
			continue
		}
		text, err := fs.ReadFile(migrations, "migrations/"+step.Source.Path)
		if err != nil {
			return "", err
		}
		_, up, _ := strings.Cut(string(text), "-- +goose Up\n")
		up, _, _ = strings.Cut(up, "-- +goose Down")
		fmt.Fprintf(&out, "-- %s\n%s\n", step.Source.Path, strings.TrimSpace(up))
	}
	return out.String(), nil
}

func (s *Store) goose() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.dialect.shared {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPoll, lockPolls))
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	if !s.dialect.shared {
		opts = append(opts, goose.WithExcludeNames([]string{"00002_postgres.sql", "00004_webhooks_postgres.sql"}))
	}
	p, err := goose.NewProvider(goose.Dialect(s.dialect.name), s.write, files, opts...)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return p, nil
}
