package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgSettings are the values that settings of a server, a database or a role must have, and what is wrong with any
// other value.
var pgSettings = []struct {
	name, want string
	grave      bool
	what, fix  string
}{
	{"fsync", "on", true, "fsync is off: a power cut damages the database", "fsync = on in postgresql.conf"},
	{"full_page_writes", "on", true, "full_page_writes is off: a power cut can damage the database",
		"full_page_writes = on in postgresql.conf"},
	{"synchronous_commit", "!off", true, "synchronous_commit is off: what was answered 201 is lost with the server",
		"ALTER ROLE … SET synchronous_commit = on, for redial's role"},
	{"default_transaction_isolation", "read committed", false, "transactions are %s by default: redial works, but slower",
		"ALTER ROLE … SET default_transaction_isolation = 'read committed', for redial's role"},
	{"server_encoding", "UTF8", true, "the database keeps text as %s, and can't hold every name and message",
		"make the database anew, with ENCODING 'UTF8'"},
}

// wanted says whether a setting is as it should be.
func wanted(want, is string) bool {
	if not, isNot := strings.CutPrefix(want, "!"); isNot {
		return is != not
	}
	return is == want
}

// inspectPostgres looks at a database of PostgreSQL.
func inspectPostgres(ctx context.Context, databaseURL string) (*Inspection, Engine, error) {
	i := &Inspection{Engine: "PostgreSQL"}
	conf, err := postgresConfig(databaseURL)
	if err != nil {
		return i, nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, conf) // first: if it fails, those below would only wait as well
	if err != nil {
		return i, nil, err
	}
	if err := conn.Close(ctx); err != nil {
		return i, nil, err
	}
	pooler := pooled(ctx, conf)
	e, err := newPostgres(ctx, databaseURL, Options{})
	if err != nil {
		return i, nil, err
	}
	if err := e.pools.Read.PingContext(ctx); err != nil {
		return i, nil, errors.Join(err, e.Close())
	}
	if pooler {
		i.pooler(ctx, e)
	}
	if err := i.postgres(ctx, e); err != nil {
		return i, nil, errors.Join(err, e.Close())
	}
	return i, e, nil
}

// Inspect implements Engine.
func (e *postgres) Inspect(ctx context.Context) (*Inspection, error) {
	i := &Inspection{Engine: "PostgreSQL"}
	return i, i.postgres(ctx, e)
}

// postgres asks the server for its version and settings.
func (i *Inspection) postgres(ctx context.Context, e *postgres) error {
	var version string
	if err := e.pools.Read.QueryRowContext(ctx, "SHOW server_version").Scan(&version); err != nil {
		return fmt.Errorf("reading the server's version: %w", err)
	}
	version, _, _ = strings.Cut(version, " ")
	i.Engine = "PostgreSQL " + version
	for _, setting := range pgSettings {
		var is string
		if err := e.pools.Read.QueryRowContext(ctx, "SELECT current_setting($1)", setting.name).Scan(&is); err != nil {
			return fmt.Errorf("reading the server's settings: %w", err)
		}
		if !wanted(setting.want, is) {
			what := setting.what
			if strings.Contains(what, "%s") {
				what = fmt.Sprintf(what, is)
			}
			i.ill(setting.grave, what, setting.fix)
		}
	}
	return nil
}

// Rights implements Engine.
func (e *postgres) Rights(ctx context.Context, migrate bool, table string) ([]Ill, error) {
	var mayCreate, mayWrite bool
	const mayCreateSQL = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
	const mayWriteSQL = `SELECT has_table_privilege($1, 'SELECT') AND has_table_privilege($1, 'INSERT')
		AND has_table_privilege($1, 'UPDATE') AND has_table_privilege($1, 'DELETE')`
	err := e.pools.Read.QueryRowContext(ctx, mayCreateSQL).Scan(&mayCreate)
	if err == nil && table != "" {
		err = e.pools.Read.QueryRowContext(ctx, mayWriteSQL, table).Scan(&mayWrite)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading what the role may do: %w", err)
	case migrate && !mayCreate:
		return []Ill{{"the role may not create tables, which migrating needs",
			"GRANT CREATE ON SCHEMA public TO redial's role", true}}, nil
	case table != "" && !mayWrite:
		return []Ill{{"the role may not write the tables",
			"give it the tables (ALTER TABLE … OWNER TO), or GRANT SELECT, INSERT, UPDATE, DELETE", true}}, nil
	}
	return nil, nil
}

// pooler looks whether the settings that a pooler does not keep are set for the role.
func (i *Inspection) pooler(ctx context.Context, e *postgres) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var scans string
	const scansSQL = "SELECT reset_val FROM pg_settings WHERE name = 'enable_seqscan'"
	err := e.pools.Read.QueryRowContext(ctx, scansSQL).Scan(&scans)
	if err == nil && scans == "on" {
		i.ill(false, "a pooler answers, and keeps no settings of a session: plans may be slow",
			"ALTER ROLE … SET enable_seqscan = off, and the others of operations.md, \"PgBouncer\"")
	}
}
