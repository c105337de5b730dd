package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrSchema is returned by CheckSchema when the database's schema is older than the binary's.
var ErrSchema = errors.New("the database's schema is out of date: run redial migrate")

// Migrate brings the schema up to date. Nodes that start together wait for each other; one that
// finds nothing to do waits for nobody.
func (s *Store) Migrate(ctx context.Context) error {
	sql, err := s.PendingSQL(ctx)
	if err != nil || sql == "" {
		return err
	}
	var opts []goose.ProviderOption
	if s.dialect.shared {
		opts = append(opts, goose.WithSessionLocker(&migrationLock{db: s.read, notice: s.notice}))
	}
	p, err := s.goose(opts...)
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

// goose reads the migrations. Without a locker it locks nothing: that is enough for looking.
func (s *Store) goose(opts ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	others := "*_sqlite.sql"
	if !s.dialect.shared {
		others = "*_postgres.sql"
	}
	excluded, err := fs.Glob(files, others)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	opts = append(opts, goose.WithDisableGlobalRegistry(true), goose.WithExcludeNames(excluded))
	p, err := goose.NewProvider(goose.Dialect(s.dialect.name), s.write, files, opts...)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return p, nil
}
