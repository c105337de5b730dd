package store

import (
	"encoding/json"

	"redial/internal/store/engine"
)

// dialect is what differs between the databases.
type dialect struct {
	engine.Words
	forUpdate, skipLocked, tryName, among string
	shared                                bool
	locked                                func(error) bool // the transaction met a row that somebody else has locked
	retryable                             func(error) bool // the transaction is to be run again
	blames                                func(error) bool // one operation of the transaction is at fault, not the database
	sidTaken                              func(error) bool // an attempt was to get the sid of another
}

func dialectOf(e engine.Engine) dialect {
	w := e.Words()
	fault := func(f engine.Fault) func(error) bool { return func(err error) bool { return e.Fault(err) == f } }
	locked, row := fault(engine.Locked), fault(engine.Row)
	return dialect{
		Words: w, forUpdate: w.ForUpdate, skipLocked: w.SkipLocked, tryName: w.TryName, among: w.Among,
		shared: e.Shared(), locked: locked, retryable: fault(engine.Conflict),
		blames:   func(err error) bool { return locked(err) || row(err) },
		sidTaken: func(err error) bool { return e.Taken(err, sidKey) },
	}
}

var sidKey = engine.Key{Index: "attempts_sid", Table: "attempts", Columns: []string{"sid"}}

// list is the parameter of among.
func (d *dialect) list(ids []string) any {
	if d.Arrays {
		return ids
	}
	text, err := json.Marshal(ids)
	if err != nil { // of strings, there is none
		return nil
	}
	return string(text)
}
