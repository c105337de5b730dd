package engine

// Words are those of an engine that statements have in them.
type Words struct {
	ForUpdate  string // locks the rows read, waiting for them
	SkipLocked string // locks the rows read, passing over those that are locked
	TryName    string // locks what the number $1 stands for until the transaction ends, or says false; "" if no other node writes
	Among      string // is true of what stands in the list $1
	Arrays     bool   // a parameter can be an array
}

// Words implements Engine.
func (e *postgres) Words() Words {
	return Words{ForUpdate: " FOR UPDATE", SkipLocked: " FOR UPDATE SKIP LOCKED", TryName: "SELECT pg_try_advisory_xact_lock($1)", Among: "= ANY($1)", Arrays: true}
}

// Words implements Engine.
func (e *sqliteFile) Words() Words { return Words{Among: "IN (SELECT value FROM json_each($1))"} }
