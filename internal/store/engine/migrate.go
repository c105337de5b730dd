package engine

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Schema says which migrations have run, and which of this binary have not.
type Schema struct {
	Version, Newest int64
	Pending         []string // names of files
}

// engines are the engines' names in the names of migration files.
var engines = []string{"sqlite", "postgres"}

// migrator runs migrations. A file named *_ENGINE.sql is for that engine only. An engine that has a folder of its name
// there runs the files in it instead of the others.
type migrator struct {
	write, read *sql.DB
	dialect     goose.Dialect
	engine      string                    // the engine's name in those of files and folders
	exists      string                    // asks whether any migration has run
	locker      func() lock.SessionLocker // keeps other nodes from migrating at the same time; nil: there are none
	locked      func(error) bool          // says whether a migration has met a table in use; nil: none can
	notice      func(string)
}

// Migrate implements Engine. Nodes that start at the same time wait for each other. If no migration is pending, it
// takes no lock.
func (m *migrator) Migrate(ctx context.Context, migrations fs.FS) error {
	schema, err := m.Schema(ctx, migrations)
	if err != nil || len(schema.Pending) == 0 {
		return err
	}
	var opts []goose.ProviderOption
	if m.locker != nil {
		opts = append(opts, goose.WithSessionLocker(m.locker()))
	}
	p, err := m.provider(migrations, opts...)
	if err != nil {
		return err
	}
	if err := m.up(ctx, p); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// How long a migration waits for a transaction that uses a table.
const (
	tableFree   = 2 * time.Second // others have it for so long before it is tried again
	tableGiveUp = time.Minute
)

// up runs migrations. A migration that waits long for a table makes everybody wait who needs the table after it. So it
// gives up soon, and is run again after a while in which the others go on.
func (m *migrator) up(ctx context.Context, p *goose.Provider) error {
	for began, said := time.Now(), false; ; said = true {
		_, err := p.Up(ctx)
		if err == nil || m.locked == nil || !m.locked(err) {
			return err
		}
		if time.Since(began) >= tableGiveUp {
			return fmt.Errorf("a transaction has used a table for %s, as a dump does: try again when it is over: %w",
				tableGiveUp, err)
		}
		if !said {
			m.notice(fmt.Sprintf("waiting up to %s for a transaction that uses a table, as a dump does", tableGiveUp))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tableFree):
		}
	}
}

// Schema implements Engine. It does not ask goose, which would create its table to answer.
func (m *migrator) Schema(ctx context.Context, migrations fs.FS) (found Schema, err error) {
	p, err := m.provider(migrations)
	if err != nil {
		return found, err
	}
	applied, err := m.applied(ctx)
	if err != nil {
		return found, err
	}
	for version, up := range applied {
		if up {
			found.Version = max(found.Version, version)
		}
	}
	_, folder := m.own(migrations)
	for _, source := range p.ListSources() {
		found.Newest = max(found.Newest, source.Version)
		if !applied[source.Version] {
			found.Pending = append(found.Pending, path.Join(folder, source.Path))
		}
	}
	return found, nil
}

// applied says, for each migration that ever ran, whether it is still applied.
func (m *migrator) applied(ctx context.Context) (map[int64]bool, error) {
	applied := map[int64]bool{}
	var exists bool
	if err := m.read.QueryRowContext(ctx, m.exists).Scan(&exists); err != nil {
		return nil, fmt.Errorf("looking for the schema: %w", err)
	}
	if !exists {
		return applied, nil
	}
	rows, err := m.read.QueryContext(ctx, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id")
	if err == nil {
		err = scanAll(rows, func(scan func(...any) error) error {
			var version int64
			var up bool
			err := scan(&version, &up)
			applied[version] = up
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading the schema's version: %w", err)
	}
	return applied, nil
}

// own are the engine's migrations, and the folder that they are in.
func (m *migrator) own(migrations fs.FS) (_ fs.FS, folder string) {
	if info, err := fs.Stat(migrations, m.engine); err != nil || !info.IsDir() {
		return migrations, ""
	}
	files, err := fs.Sub(migrations, m.engine)
	if err != nil {
		return migrations, ""
	}
	return files, m.engine
}

// provider reads the migrations. Without a locker it takes no lock, which is enough to look.
func (m *migrator) provider(migrations fs.FS, opts ...goose.ProviderOption) (*goose.Provider, error) {
	migrations, _ = m.own(migrations)
	var excluded []string
	for _, other := range engines {
		files, err := fs.Glob(migrations, "*_"+other+".sql")
		if err != nil {
			return nil, fmt.Errorf("reading the migrations: %w", err)
		}
		if other != m.engine {
			excluded = append(excluded, files...)
		}
	}
	opts = append(opts, goose.WithDisableGlobalRegistry(true), goose.WithExcludeNames(excluded))
	p, err := goose.NewProvider(m.dialect, m.write, migrations, opts...)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return p, nil
}
