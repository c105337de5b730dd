package engine

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Trouble says why a database can't be opened, and what to do about it. Both are empty for an error that it does not
// know.
func Trouble(err error) (what, fix string) {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		t := pgTroubles[e.Code]
		return t[0], t[1]
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		t := sqliteTroubles[e.Code()&0xff]
		return t[0], t[1]
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		t := mysqlTroubles[e.Number]
		return t[0], t[1]
	}
	var timeout net.Error
	_, isConnect := errors.AsType[*pgconn.ConnectError](err)
	_, isDial := errors.AsType[*net.OpError](err)
	_, isCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	dns, noName := errors.AsType[*net.DNSError](err)
	switch {
	case noName && dns.IsNotFound:
		return "there is no host " + dns.Name, "mend the host in DATABASE_URL"
	case noName:
		return "the name server does not say where " + dns.Name + " is", "look at this machine's DNS"
	case errors.Is(err, syscall.ECONNREFUSED), (isConnect || isDial) && errors.Is(err, syscall.ENOENT):
		return "no database listens there", "start it, or mend the host and the port in DATABASE_URL"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "the database does not answer", "look at the host and the port in DATABASE_URL, and at firewalls on the way"
	case errors.Is(err, mysql.ErrInvalidConn):
		return "the connection ends before the server lets anybody in", "look at the server's log: it may have no memory " +
			"or no threads left, or a proxy may find no server behind it"
	case strings.Contains(err.Error(), "read only connection"):
		return "the server takes no changes: it is a standby, or read-only", "name the primary in DATABASE_URL"
	case strings.Contains(err.Error(), "server refused TLS"):
		return "the server speaks no TLS", "sslmode=disable in DATABASE_URL if nobody can listen on the way, or set up TLS"
	case errors.Is(err, mysql.ErrNoTLS):
		return "the server speaks no TLS",
			"leave tls and ssl_mode out of DATABASE_URL if nobody can listen on the way, or set up TLS"
	case isCertificate:
		return "the server's certificate can't be trusted", "name the host by the name in the certificate, and put " +
			"whoever signed that into this machine's certificates (SSL_CERT_FILE); or tls=skip-verify (MySQL), " +
			"sslmode=require (PostgreSQL) if nobody can stand in between"
	case errors.Is(err, syscall.EISDIR):
		return "the database is to be a file, and that is a folder", "name a file in it, such as sqlite:FOLDER/redial.db"
	case errors.Is(err, syscall.EROFS):
		return "the disk is mounted read-only",
			"name a file on another disk (under systemd, in the unit's StateDirectory), or mount it for writing"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not read the database", "give the file to the user that serves (chown), or run as that user"
	case errors.Is(err, fs.ErrNotExist):
		return "the folder of the database is not there", "make it, or name another file in DATABASE_URL"
	}
	return "", ""
}

// Away says whether an error tells of the database as a whole: it can't be reached, can't be written, or somebody else
// has locked what redial needs for longer than it waits. Any other transaction would fail, too.
func Away(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized == "FATAL" || len(e.Code) == 5 && slices.Contains(awayClasses, e.Code[:2]) ||
			e.Code == readOnly || e.Code == lockNotAvailable
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return slices.Contains(awayCodes, e.Code()&0xff)
	}
	if _, outside := errors.AsType[noServer](err); outside {
		return true
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return mysqlAway(e) || slices.Contains(mysqlLocked, e.Number)
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	return connecting || network || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, errReadOnly)
}

// errReadOnly is the error of a server that takes no writes: a replica, or a primary before a failover.
var errReadOnly = errors.New("read only connection")

// noServer is the error of a connection that can't be had.
type noServer struct{ error }

// Unwrap returns the errors of the servers.
func (e noServer) Unwrap() error { return e.error }

// mysqlAway says whether an error is about the server as a whole.
func mysqlAway(e *mysql.MySQLError) bool {
	return slices.Contains(mysqlAwayErrors, e.Number) ||
		string(e.SQLState[:2]) == "08" && e.Number != mysqlTooLarge
}

// The errors of a lock that somebody else holds for long, and of a text that is larger than max_allowed_packet: alone,
// what was written in it may fit.
const (
	lockNotAvailable = "55P03" // PostgreSQL's, of lock_timeout and NOWAIT
	mysqlTooLarge    = 1153
)

var mysqlLocked = []uint16{
	1205, // waited too long
	3572, // NOWAIT; MySQL
}

// Source: https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html
var mysqlAwayErrors = []uint16{
	1021, 1026, 1114, // no room on the disk
	1030, 1037, 1041, // the storage engine, or no memory
	1040, 1203, 1226, // no connection left
	1053, 1317, 1927, 3032, 3169, // stopped by an operator
	1129, 3118, 4151, // this host, or this user, is let in no longer
	1290, 1792, 1836, 1874, // read-only
	4031, // a connection was idle for too long; MySQL says so, MariaDB does not
	1665, // its binary log takes nothing that is READ COMMITTED
}

// mysqlReadOnly are the errors of a server that takes writes no longer.
var mysqlReadOnly = []uint16{1290, 1836, 1874}

// Source: as above.
var mysqlTroubles = map[uint16][2]string{
	1045: {"the server does not take this user with this password", "mend the user and the password in DATABASE_URL"},
	1698: {"the server does not take this user with this password", "mend the user and the password in DATABASE_URL"},
	1044: {"there is no such database, or this user may not use it",
		"mend its name in DATABASE_URL, or make it (CREATE DATABASE), and GRANT ALL ON it TO redial's user"},
	1049: {"there is no such database", "mend its name in DATABASE_URL, or make it (CREATE DATABASE)"},
	1142: {"this user may not do that", "GRANT ALL ON the database TO redial's user"},
	1820: {"the user's password has expired", "ALTER USER redial's user IDENTIFIED BY a new password"},
	1862: {"the user's password has expired", "ALTER USER redial's user IDENTIFIED BY a new password"},
	3118: {"the server has locked this user out", "ALTER USER redial's user ACCOUNT UNLOCK"},
	4151: {"the server has locked this user out", "ALTER USER redial's user ACCOUNT UNLOCK"},
	3159: {"the server takes no connection without TLS",
		"DATABASE_URL?tls=true, or tls=skip-verify if the server has made its certificate itself"},
	1040: {"the server has no connection left", "raise max_connections: a node takes up to 17"},
	1129: {"the server lets nobody in from this host, after many connections that failed",
		"TRUNCATE TABLE performance_schema.host_cache, or on MariaDB FLUSH HOSTS"},
	1130: {"the server lets nobody in from this host", "GRANT the database to redial's user at this host"},
	1053: {"the server is stopping", "wait, and try again"},
	1226: {"the server has no connection left for this user", "raise max_user_connections: a node takes up to 17"},
	1290: {"the server takes no changes: it is a replica, or read-only", "name the primary in DATABASE_URL"},
	1665: {"the server's binary log takes no transaction that is READ COMMITTED", "SET GLOBAL binlog_format = 'ROW'"},
	3032: {"the server is offline: it lets only administrators in", "SET GLOBAL offline_mode = OFF"},
}

// awayClasses are SQLSTATE classes: no connection, no resources, stopped by an operator, the system's own trouble.
// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
var awayClasses = []string{"08", "53", "57", "58"}

const readOnly = "25006" // the server has become a standby

var awayCodes = []int{sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
	sqlite3.SQLITE_CANTOPEN}

// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
var pgTroubles = map[string][2]string{
	"28P01": {"PostgreSQL does not take this user with this password", "mend the user and the password in DATABASE_URL"},
	"28000": {"PostgreSQL does not let this user in", "mend the user in DATABASE_URL, or pg_hba.conf"},
	"3D000": {"there is no such database", "mend its name in DATABASE_URL, or make it (createdb)"},
	"42501": {"the role may not do that", "give redial's role the rights: it must own its tables, or may create them"},
	"42704": {"PostgreSQL does not know one of the parameters",
		"mend what stands behind ? in DATABASE_URL, or leave it out"},
	"53300": {"the server has no connection left", "raise max_connections: a node takes up to 16"},
	"57P03": {"the server is starting, or stopping", "wait, and try again"},
	"57P01": {"the server is stopping", "wait, and try again"},
}

// Source: https://www.sqlite.org/rescode.html
var sqliteTroubles = map[int][2]string{
	sqlite3.SQLITE_NOTADB: {"the file is no database", "name another file: redial makes one where there is none"},
	sqlite3.SQLITE_CORRUPT: {"the database is damaged",
		"restore a backup; sqlite3 FILE 'PRAGMA integrity_check' tells more"},
	sqlite3.SQLITE_CANTOPEN: {"the file can't be opened", "look at who may read it and its folder"},
	sqlite3.SQLITE_BUSY: {"another program has locked the database",
		"end it: sqlite3 with an open transaction, a backup"},
	sqlite3.SQLITE_FULL:  {"the disk is full", "make room"},
	sqlite3.SQLITE_IOERR: {"the disk can't be read", "look at the disk: dmesg tells more"},
}
