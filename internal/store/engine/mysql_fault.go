package engine

import (
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// mysqlUnclear says whether a transaction may be committed although the statements that ended with its COMMIT failed.
// The server executes nothing after a statement that fails. The driver says ErrBadConn if it has sent nothing.
func mysqlUnclear(err error) bool {
	is, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return !errors.Is(err, driver.ErrBadConn)
	}
	return slices.Contains([]uint16{
		1026, 1030, 1105, 1180, // COMMIT itself failed
		1053,       // the server is shutting down
		1317, 1969, // somebody has killed the statement, or it took too long
		1927, // or the connection; MariaDB
	}, is.Number)
}

// mysqlConflicts are the errors of a transaction that is to be run again.
var mysqlConflicts = []uint16{
	1020, // a row has changed since it was read; MariaDB
	1213, // deadlock
	1412, // a table was changed since the transaction began
	3101, // another server has changed a row; MySQL's group replication
}

// errTaken is returned if a row was not written whose key seemed to be free: another transaction has written it
// meanwhile. When everything is run again, the key is taken.
type errTaken struct{ error }

// Unwrap returns the server's error.
func (e errTaken) Unwrap() error { return e.error }

// The errors of a row whose SQLSTATE says too little.
// Source: https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html and
// https://mariadb.com/kb/en/mariadb-error-codes/
var mysqlRowErrors = []uint16{
	1364, // a column without a default has no value
	1366, // not a value of this type
	3819, // a CHECK; MySQL
}

// mysqlFault is what an error means.
func mysqlFault(err error) Fault {
	if _, again := errors.AsType[errTaken](err); again {
		return Conflict
	}
	is, ok := errors.AsType[*mysql.MySQLError](err)
	_, outside := errors.AsType[noServer](err)
	switch {
	case !ok || outside:
		return Other
	case slices.Contains(mysqlConflicts, is.Number):
		return Conflict
	case slices.Contains(mysqlLocked, is.Number):
		return Locked
	case is.Number == mysqlTooLarge || slices.Contains(mysqlRowErrors, is.Number):
		return Row
	}
	switch string(is.SQLState[:2]) {
	case "21", "22", "23", "42": // the written values are at fault
		if mysqlAway(is) {
			return Other
		}
		return Row
	}
	return Other
}

// mysqlTaken says whether a unique key is taken. It reads the error's text: only there does the server name the key.
// MySQL writes the table before it.
func mysqlTaken(err error, k Key) bool {
	is, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok || is.Number != 1062 {
		return false
	}
	index := k.Index
	if index == "" {
		index = "PRIMARY"
	}
	return strings.HasSuffix(is.Message, "for key '"+index+"'") ||
		strings.HasSuffix(is.Message, "for key '"+k.Table+"."+index+"'")
}
