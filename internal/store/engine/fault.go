package engine

import (
	"errors"
	"fmt"
)

// ErrUnclear is returned for a write of which nobody knows whether it was committed: the
// answer to its COMMIT was lost.
var ErrUnclear = errors.New("it is not known whether this was written")

// Fault is what an error of a transaction means.
type Fault int

// The faults.
const (
	Other    Fault = iota // the database is away, the disk is full, the SQL is wrong; or it is no error of the database
	Conflict              // with another transaction: the whole of it is to be run again
	Locked                // somebody else has locked a row for longer than a transaction waits
	Row                   // of one of the rows that were written: its key is taken, or a value does not fit
)

// Key is a unique key of a table. Of one that is taken an engine says either name.
type Key struct {
	Index   string // its name in the schema; empty of one that has none there, such as a primary key
	Table   string
	Columns []string
}

// errInUse is what is said of a file that another process has open.
func errInUse(name string) error {
	return fmt.Errorf("another redial uses this database (%s is locked)", name)
}
