package store

// dialect is what differs between the databases.
type dialect struct{ shared bool }
