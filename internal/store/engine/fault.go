package engine

import (
	"errors"
	"fmt"
)

// ErrUnclear is returned for a write that may or may not be committed: the answer to its COMMIT was lost.
var ErrUnclear = errors.New("it is not known whether this was written")

// Fault is what an error of a transaction means.
type Fault int

// The faults.
const (
	Other    Fault = iota // no connection, a full disk, wrong SQL; or an error that is not the database's
	Conflict              // another transaction was in the way: the whole transaction is to be run again
	Locked                // somebody else has locked a row for longer than a transaction waits
	Row                   // one of the written rows is at fault: its key is taken, or a value does not fit
)

// Key is a unique key of a table. An engine that finds it taken names either the index or the columns.
type Key struct {
	Index   string // its name in the schema; empty if it has none there, such as a primary key
	Table   string
	Columns []string
}

// ErrInUse is returned for a file that another process has open.
var ErrInUse = errors.New("another redial uses this database")

func errInUse(name string) error { return fmt.Errorf("%w (%s is locked)", ErrInUse, name) }
