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
	schema, err := s.schema(ctx)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, source := range schema.pending {
		text, err := fs.ReadFile(migrations, "migrations/"+source.Path)
		if err != nil {
			return "", err
		}
		_, up, _ := strings.Cut(string(text), "-- +goose Up\n")
		up, _, _ = strings.Cut(up, "-- +goose Down")
		fmt.Fprintf(&out, "-- %s\n%s\n", source.Path, strings.TrimSpace(up))
	}
	return out.String(), nil
}

// PendingSQL returns the statements that migrating the database of a URL would run, empty if none. To
// look makes nothing, neither tables nor files, and may be done beside a running redial.
func PendingSQL(ctx context.Context, databaseURL string) (text string, err error) {
	file, conf, err := readURL(databaseURL)
	if err != nil {
		return "", fmt.Errorf("the database URL %w", err)
	}
	s := &Store{}
	if conf != nil {
		err = s.openPostgres(ctx, conf)
	} else {
		err = s.openToLook(file)
	}
	if err != nil {
		return "", err
	}
	defer func() {
		for _, db := range s.pools() {
			err = errors.Join(err, db.Close())
		}
	}()
	if err := s.read.PingContext(ctx); err != nil {
		return "", fmt.Errorf("opening the database: %w", err)
	}
	return s.PendingSQL(ctx)
}

// schema is which migrations have run, and which of this binary have not.
type schema struct {
	version, newest int64
	pending         []*goose.Source
}

// schema holds the migrations that have run against those of this binary. Goose would create its
// table to answer that.
func (s *Store) schema(ctx context.Context) (found schema, err error) {
	p, err := s.goose()
	if err != nil {
		return found, err
	}
	applied, err := s.applied(ctx)
	if err != nil {
		return found, err
	}
	for version, up := range applied {
		if up {
			found.version = max(found.version, version)
		}
	}
	for _, source := range p.ListSources() {
		found.newest = max(found.newest, source.Version)
		if !applied[source.Version] {
			found.pending = append(found.pending, source)
		}
	}
	return found, nil
}

// applied says of each migration that ever ran whether it still counts.
func (s *Store) applied(ctx context.Context) (map[int64]bool, error) {
	applied := map[int64]bool{}
	var exists bool
	if err := s.read.QueryRowContext(ctx, s.dialect.versioned).Scan(&exists); err != nil {
		return nil, fmt.Errorf("looking for the schema: %w", err)
	}
	if !exists {
		return applied, nil
	}
	err := reader{ctx, s.read}.each("SELECT version_id, is_applied FROM goose_db_version ORDER BY id", nil, func(scan func(...any) error) error {
		var version int64
		var up bool
		err := scan(&version, &up)
		applied[version] = up
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the schema's version: %w", err)
	}
	return applied, nil
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
