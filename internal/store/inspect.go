package store

import (
	"context"
	"fmt"
	"time"
)

// Inspection is what somebody who looks whether the set-up is right is told of a database. To
// look changes nothing in it, and may be done beside a running redial.
type Inspection struct {
	Engine string // with its version
	New    bool   // there is no file of SQLite yet
	InUse  bool   // a running redial has it open

	Schema, Newest int64 // versions of the schema: the database's, and the newest of this binary
	Pending        int   // migrations of this binary that have not run

	Ahead time.Duration // of this node's clock, is the database's
	Free  uint64        // bytes on SQLite's disk; 0: not known
	Ills  []Ill

	Endpoints   []Endpoint
	Undelivered map[string]time.Time // since when an endpoint's oldest delivery waits
	Pauses      map[string]Pause     // of dialing, by account
}

// Ill is what is wrong with a database's settings.
type Ill struct {
	What, Fix string
	Grave     bool // calls can be lost, or redial can't work
}

// Inspect looks at the database of a URL.
func Inspect(ctx context.Context, databaseURL string) (i *Inspection, err error) {
	file, conf, err := readURL(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("the database URL %w", err)
	}
	i = &Inspection{}
	s := &Store{release: func() error { return nil }}
	s.watchers.init()
	s.timer.init()
	if conf != nil {
		return i, i.postgres(ctx, s, conf)
	}
	return i, i.sqlite(ctx, s, file)
}

// Inspect looks at the database that is open.
func (s *Store) Inspect(ctx context.Context) (i *Inspection, err error) {
	i = &Inspection{}
	if s.dialect.shared {
		return i, i.shared(ctx, s)
	}
	i.Engine = "SQLite"
	i.disk(s.folder)
	return i, i.read(ctx, s)
}

// read asks what is asked of every database.
func (i *Inspection) read(ctx context.Context, s *Store) (err error) {
	if err := i.readSchema(ctx, s); err != nil || i.Pending > 0 {
		return err
	}
	if i.Endpoints, err = s.Endpoints(ctx); err != nil {
		return err
	}
	if i.Undelivered, err = s.Undelivered(ctx); err != nil {
		return err
	}
	return i.readPauses(ctx, s)
}

func (i *Inspection) readPauses(ctx context.Context, s *Store) error {
	accounts, err := queryIDs(reader{ctx, s.read}, "SELECT account FROM pauses")
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
	schema, err := s.schema(ctx)
	i.Schema, i.Newest, i.Pending = schema.version, schema.newest, len(schema.pending)
	return err
}
