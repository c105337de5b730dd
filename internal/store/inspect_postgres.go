package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgSettings are what a server's, a database's or a role's settings must be, and what is wrong with
// any other.
var pgSettings = []struct {
	name, want string
	grave      bool
	what, fix  string
}{
	{"fsync", "on", true, "fsync is off: a power cut damages the database", "fsync = on in postgresql.conf"},
	{"full_page_writes", "on", true, "full_page_writes is off: a power cut can damage the database", "full_page_writes = on in postgresql.conf"},
	{"synchronous_commit", "!off", true, "synchronous_commit is off: what was answered 201 is lost with the server",
		"ALTER ROLE … SET synchronous_commit = on, for redial's role"},
	{"default_transaction_isolation", "read committed", false, "transactions are %s by default: redial works, but slower",
		"ALTER ROLE … SET default_transaction_isolation = 'read committed', for redial's role"},
	{"server_encoding", "UTF8", true, "the database keeps text as %s, and can't hold every name and message", "make the database anew, with ENCODING 'UTF8'"},
}

// wanted says whether a setting is as it should be.
func wanted(want, is string) bool {
	if not, isNot := strings.CutPrefix(want, "!"); isNot {
		return is != not
	}
	return is == want
}

// postgres looks at a database of PostgreSQL, over one connection of its own.
func (i *Inspection) postgres(ctx context.Context, s *Store, conf *pgx.ConnConfig) (err error) {
	i.Engine = "PostgreSQL"
	conf.ConnectTimeout = cmp.Or(conf.ConnectTimeout, pgConnectTime)
	conn, err := pgx.ConnectConfig(ctx, conf) // once: a server that is away would let each of the next ones wait
	if err != nil {
		return err
	}
	if err := conn.Close(ctx); err != nil {
		return err
	}
	pooler := pooled(ctx, conf)
	if err := s.openPostgres(ctx, conf); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.own.Close(), s.write.Close(), s.read.Close()) }()
	if err := s.read.PingContext(ctx); err != nil {
		return err
	}
	if err := s.SyncClock(ctx); err != nil {
		return err
	}
	if pooler {
		i.pooler(ctx, s)
	}
	return i.shared(ctx, s)
}

// shared asks what is asked of a database that nodes share.
func (i *Inspection) shared(ctx context.Context, s *Store) error {
	i.Ahead = s.ClockOffset()
	var version string
	if err := s.read.QueryRowContext(ctx, "SHOW server_version").Scan(&version); err != nil {
		return fmt.Errorf("reading the server's version: %w", err)
	}
	version, _, _ = strings.Cut(version, " ")
	i.Engine = "PostgreSQL " + version
	for _, setting := range pgSettings {
		var is string
		if err := s.read.QueryRowContext(ctx, "SELECT current_setting($1)", setting.name).Scan(&is); err != nil {
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
	if err := i.read(ctx, s); err != nil {
		return err
	}
	return i.rights(ctx, s)
}

// rights looks whether redial's role may do its work.
func (i *Inspection) rights(ctx context.Context, s *Store) error {
	var mayCreate, mayWrite bool
	err := s.read.QueryRowContext(ctx, "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)").Scan(&mayCreate)
	if err == nil && i.Schema > 0 {
		err = s.read.QueryRowContext(ctx, `SELECT has_table_privilege('calls', 'SELECT') AND has_table_privilege('calls', 'INSERT')
			AND has_table_privilege('calls', 'UPDATE') AND has_table_privilege('calls', 'DELETE')`).Scan(&mayWrite)
	}
	switch {
	case err != nil:
		return fmt.Errorf("reading what the role may do: %w", err)
	case i.Pending > 0 && !mayCreate:
		i.ill(true, "the role may not create tables, which migrating needs", "GRANT CREATE ON SCHEMA public TO redial's role")
	case i.Schema > 0 && !mayWrite:
		i.ill(true, "the role may not write the tables", "give it the tables (ALTER TABLE … OWNER TO), or GRANT SELECT, INSERT, UPDATE, DELETE")
	}
	return nil
}

// pooler looks whether the settings that a pooler does not keep are the role's.
func (i *Inspection) pooler(ctx context.Context, s *Store) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var scans string
	err := s.read.QueryRowContext(ctx, "SELECT reset_val FROM pg_settings WHERE name = 'enable_seqscan'").Scan(&scans)
	if err == nil && scans == "on" {
		i.ill(false, "a pooler answers, and keeps no settings of a session: plans may be slow",
			"ALTER ROLE … SET enable_seqscan = off, and the others of operations.md, \"PgBouncer\"")
	}
}
