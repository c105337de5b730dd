// Package engine keeps rows in SQLite or PostgreSQL. It knows the dialects, the drivers, their errors and their
// settings, and knows nothing of what the rows mean.
//
// Whoever writes SQL for it writes one text, which every engine understands. What differs is said as data: which rows
// are locked, what is a list, which key may be taken, how a row stands and is to be. A database that is not here yet
// needs a file that implements Engine, and a place in kinds.
//
// Its files, from the top down:
//
//	engine.go            what an engine is; a URL is opened, looked at, or checked
//	sqlite.go            SQLite: its file, its one writer, its errors
//	sqlite_pool.go       SQLite's connections, and transactions on them
//	postgres.go          PostgreSQL: its URL, its transactions, its errors
//	inspect_sqlite.go    whether SQLite's files are as they should be
//	inspect_postgres.go  whether a server's settings are
//	inspect.go           what is found wrong
//	trouble.go           why a database can't be opened
//	migrate.go           a schema is brought up to date
//	migrate_lock.go      one node migrates at a time
//	tx.go                a transaction, and the statements in it
//	bulk.go              rows written many at a time
//	text.go              what is sent of a statement
//	fault.go             what an error means
//	file.go              a SQLite file is one process's
//	lock_unix.go         the lock beside the file
//	lock_other.go        the same where there is no Unix
//	lock_linux.go        the lock on the file itself
//	lock_notlinux.go     none, where Linux is not
//	disk_linux.go        the room that is left, and who may write
//	disk_other.go        what is known of that elsewhere
package engine
