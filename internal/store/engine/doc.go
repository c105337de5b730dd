// Package engine keeps rows in SQLite, PostgreSQL, MySQL or MariaDB. It knows the dialects, the drivers, their errors
// and their settings, and knows nothing of what the rows mean.
//
// Its callers write one SQL text, which every engine understands. What differs between engines is said as data: which
// rows are locked, which parameter is a list, which key may be taken, what a row is before and after an update. To add
// a database, write a file that implements Engine, and name it among the kinds of open.go.
//
// Its files, from the top down:
//
//	open.go              a database is opened, looked at or checked by its URL
//	inspect_sqlite.go    whether SQLite's files are as they should be
//	sqlite.go            SQLite: one file, one writer, its errors
//	sqlite_pool.go       its connections, and transactions on them
//	disk_linux.go        the free space on a disk, and who may write there
//	disk_other.go        what other systems tell of that
//	file.go              a file is opened by one process alone
//	lock_unix.go         the lock beside the file
//	lock_other.go        the same on systems that are no Unix
//	lock_linux.go        the lock on the file itself
//	lock_notlinux.go     no such lock, on other systems
//	inspect_postgres.go  whether the settings of PostgreSQL's server are as they should be
//	postgres.go          PostgreSQL: its URL, its transactions, its errors
//	inspect_mysql.go     whether the settings of a server of MySQL or MariaDB are as they should be
//	mysql.go             MySQL and MariaDB: their pools and their clock
//	mysql_tx.go          their transactions, and how rows are written
//	mysql_again.go       a migration of theirs that was interrupted is run again
//	mysql_text.go        the text that is sent to them
//	mysql_fault.go       what their errors mean
//	mysql_conn.go        their URL, their hosts, and the settings of a connection
//	mysql_parameters.go  the parameters in their URL, also those that Rails has there
//	migrate_lock.go      one node migrates at a time
//	url.go               where a password is looked for that nobody is to see
//	trouble.go           why a database can't be opened; whether it is away
//	engine.go            what an engine is
//	migrate.go           a schema is brought up to date
//	inspect.go           what is found wrong with the settings
//	tx.go                a transaction
//	bulk.go              rows written many at a time
//	statement.go         a piece of SQL, and what is sent of it
//	fault.go             what an error means
package engine
