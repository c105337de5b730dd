package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"redial/internal/store/engine"
)

//go:embed migrations/*.sql migrations/*/*.sql
var embedded embed.FS

// migrations are the files of the folder.
var migrations = func() fs.FS {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return files
}()

// ErrSchema is returned by CheckSchema when the database's schema is older than the binary's.
var ErrSchema = errors.New("the database's schema is out of date: run redial migrate")

// Migrate brings the schema up to date. Nodes that start at the same time wait for each other. If no migration is
// pending, it waits for nobody.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.engine.Migrate(ctx, migrations); err != nil {
		return err
	}
	return s.makeSearchKey(ctx)
}

// MigrateNew makes the schema of a database that has none. It leaves one alone that an older version has made:
// CheckSchema returns ErrSchema then.
func (s *Store) MigrateNew(ctx context.Context) error {
	schema, err := s.engine.Schema(ctx, migrations)
	if err == nil && schema.Version == 0 {
		err = s.Migrate(ctx)
	}
	return err
}

// CheckSchema returns ErrSchema when migrations are pending.
func (s *Store) CheckSchema(ctx context.Context) error {
	schema, err := s.engine.Schema(ctx, migrations)
	if err == nil && len(schema.Pending) > 0 {
		return ErrSchema
	}
	return err
}

// PendingSQL returns the statements that Migrate would run, empty if none.
func (s *Store) PendingSQL(ctx context.Context) (string, error) { return pendingSQL(ctx, s.engine) }

// PendingSQL returns the statements that would migrate the database of a URL, empty if none. It creates neither tables
// nor files, and may be used while redial is running.
func PendingSQL(ctx context.Context, databaseURL string) (text string, err error) {
	e, err := engine.Look(ctx, databaseURL)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return pendingSQL(ctx, e)
}

func pendingSQL(ctx context.Context, e engine.Engine) (string, error) {
	schema, err := e.Schema(ctx, migrations)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range schema.Pending {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return "", err
		}
		_, up, _ := strings.Cut(string(text), "-- +goose Up\n")
		up, _, _ = strings.Cut(up, "-- +goose Down")
		fmt.Fprintf(&out, "-- %s\n%s\n", name, strings.TrimSpace(up))
	}
	return out.String(), nil
}
