package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redial/internal/store/engine"
)

// Inspection is what is found when somebody looks whether a database's set-up is right. Looking changes nothing in the
// database, and may be done while redial is running.
type Inspection struct {
	engine.Inspection

	Schema, Newest int64 // versions of the schema: the database's, and the newest of this binary
	Pending        int   // migrations of this binary that have not run

	Ahead time.Duration // how far the database's clock is ahead of this node's

	Endpoints   []Endpoint
	Undelivered map[string]time.Time // since when an endpoint's oldest delivery waits
	Pauses      map[string]Pause     // of dialing, by account
	Keys        KeysThere
	Nodes       []Node // that run
}

// schemaOfKeys is the migration that makes the table of API keys.
const schemaOfKeys = 15

// Inspect looks at the database of a URL. If it returns an error, the Inspection has what was found before.
func Inspect(ctx context.Context, databaseURL string) (i *Inspection, err error) {
	found, e, err := engine.Inspect(ctx, databaseURL)
	if found == nil {
		return nil, err
	}
	i = &Inspection{Inspection: *found}
	if err != nil || e == nil {
		return i, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	s := on(e, Options{})
	if err := s.SyncClock(ctx); err != nil {
		return i, err
	}
	return i, i.read(ctx, s)
}

// Inspect looks at the open database.
func (s *Store) Inspect(ctx context.Context) (i *Inspection, err error) {
	found, err := s.engine.Inspect(ctx)
	i = &Inspection{Inspection: *found}
	if err != nil {
		return i, err
	}
	return i, i.read(ctx, s)
}

// read reads what every engine can tell.
func (i *Inspection) read(ctx context.Context, s *Store) error {
	i.Ahead = s.ClockOffset()
	if err := i.readRows(ctx, s); err != nil {
		return err
	}
	table := ""
	if i.Schema > 0 {
		table = "calls"
	}
	ills, err := s.engine.Rights(ctx, i.Pending > 0, table)
	i.Ills = append(i.Ills, ills...)
	return err
}

func (i *Inspection) readRows(ctx context.Context, s *Store) (err error) {
	if err := i.readSchema(ctx, s); err != nil {
		return err
	}
	if i.Schema >= schemaOfKeys {
		if i.Keys, err = s.KeysThere(ctx); err != nil {
			return err
		}
	}
	if i.Pending > 0 {
		return nil
	}
	if i.Endpoints, err = s.Endpoints(ctx); err != nil {
		return err
	}
	if i.Undelivered, err = s.Undelivered(ctx); err != nil {
		return err
	}
	if i.Nodes, err = s.Nodes(ctx); err != nil {
		return err
	}
	return i.readPauses(ctx, s)
}

func (i *Inspection) readPauses(ctx context.Context, s *Store) error {
	accounts, err := queryIDs(s.reading(ctx), "SELECT account FROM pauses")
	if err != nil {
		return fmt.Errorf("reading the pauses: %w", err)
	}
	i.Pauses = map[string]Pause{}
	for _, account := range accounts {
		p, err := s.AccountPause(ctx, account)
		if err != nil {
			return err
		}
		if p != nil {
			i.Pauses[account] = *p
		}
	}
	return nil
}

func (i *Inspection) readSchema(ctx context.Context, s *Store) error {
	schema, err := s.engine.Schema(ctx, migrations)
	i.Schema, i.Newest, i.Pending = schema.Version, schema.Newest, len(schema.Pending)
	return err
}
