package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlHosts are the servers of a URL. One of them takes writes, and is used.
type mysqlHosts struct {
	hosts    []driver.Connector
	names    []string
	database string
}

func (h *mysqlHosts) name() string { return "mysql://" + strings.Join(h.names, ",") + "/" + h.database }

var errMySQLURL = errors.New("of MySQL or MariaDB can't be read: it must look like mysql://user:password@host/name, " +
	"with %40 for each @ in the password, %2F for /, %23 for #, %3F for ?, %25 for %")

// readMySQL reads a URL: mysql://, as Rails writes it mysql2://, or mariadb://. No error quotes anything of it. There
// may be several hosts, with commas between them.
func readMySQL(databaseURL string) (*mysqlHosts, error) {
	if strayPassword(databaseURL) {
		return nil, errMySQLURL
	}
	scheme, text, _ := strings.Cut(databaseURL, "://")
	user, rest, at := strings.Cut(text, "@")
	if !at {
		user, rest = "", text
	}
	hosts, path, _ := strings.Cut(rest, "/")
	u, err := url.Parse(scheme + "://" + user + "@host/" + path)
	if err != nil || u.Path == "/" || strings.Contains(hosts, "?") {
		return nil, errMySQLURL
	}
	conf, err := mysqlConfig(u)
	if err != nil {
		return nil, err
	}
	h := &mysqlHosts{database: conf.DBName}
	if socket := u.Query().Get("socket"); socket != "" {
		conf.Net = "unix"
		return h, h.add(conf, socket, socket)
	}
	for host := range strings.SplitSeq(hosts, ",") {
		address := host
		if _, _, err := net.SplitHostPort(host); err != nil {
			address = net.JoinHostPort(strings.Trim(host, "[]"), "3306")
		}
		if err := h.add(conf, address, address); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *mysqlHosts) add(conf *mysql.Config, address, name string) error {
	conf = conf.Clone()
	conf.Addr = address
	c, err := mysql.NewConnector(conf)
	if err != nil {
		return errors.New("of MySQL or MariaDB has a parameter that can't be used")
	}
	h.hosts, h.names = append(h.hosts, c), append(h.names, name)
	return nil
}

// ofOthers are parameters that other programs read: the rest of a Rails application's URL.
var ofOthers = []string{"adapter", "encoding", "collation", "pool", "reconnect", "prepared_statements", "timeout"}

const mysqlConnectTime = 5 * time.Second

func mysqlConfig(u *url.URL) (*mysql.Config, error) {
	conf := mysql.NewConfig()
	conf.User = u.User.Username()
	conf.Passwd, _ = u.User.Password()
	conf.Net, conf.DBName = "tcp", strings.TrimPrefix(u.Path, "/")
	conf.Timeout = mysqlConnectTime
	conf.Logger = &mysql.NopLogger{} // errors are returned, too
	// An update counts the rows that it found, also those that it did not change.
	conf.ClientFoundRows = true
	// The driver puts the parameters into the text, so that several statements are one round trip.
	conf.InterpolateParams, conf.MultiStatements = true, true
	for name, values := range u.Query() {
		switch {
		case name == "tls" && slices.Contains([]string{"true", "false", "skip-verify", "preferred"}, values[0]):
			conf.TLSConfig = values[0]
		case name == "socket" || slices.Contains(ofOthers, name):
		default:
			return nil, errors.New("of MySQL or MariaDB may have the parameters socket and tls, " +
				"which is true, false, skip-verify or preferred")
		}
	}
	return conf, nil
}

// The server ends a connection that is idle for 10 s, also in a transaction, for instance because its node was
// suspended, so that nobody waits for its locks any longer. Before that the pool closes those that it does not use.
const (
	idleOfServer = 10 // seconds
	idleOfPool   = 5 * time.Second
)

// lockTime bounds how long a statement waits for a row, or a table, in seconds.
const lockTime = 1

// mysqlSession are the settings of every connection. Above READ COMMITTED a statement that reads may lock rows, and
// what lies between them. Recursions are bounded by what they read. Names that only one of MySQL and MariaDB has stand
// in comments that only that one reads.
var mysqlSession = fmt.Sprintf(`SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET autocommit = 1,
	sql_mode = 'STRICT_TRANS_TABLES,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00',
	innodb_lock_wait_timeout = %d, lock_wait_timeout = %[1]d, wait_timeout = %d
	/*M!100600 , max_recursive_iterations = 4294967295 */ /*!80003 , cte_max_recursion_depth = 4294967295 */`,
	lockTime, idleOfServer)

// mysqlConnector connects to the first of some servers that takes writes.
type mysqlConnector []driver.Connector

// Driver implements driver.Connector.
func (c mysqlConnector) Driver() driver.Driver { return c[0].Driver() }

// Connect implements driver.Connector.
func (c mysqlConnector) Connect(ctx context.Context) (driver.Conn, error) {
	var all error
	for _, host := range c {
		conn, err := host.Connect(ctx)
		if err == nil {
			if err = prepareMySQL(ctx, conn); err == nil {
				return conn, nil
			}
			err = errors.Join(err, conn.Close())
		}
		all = errors.Join(all, err)
	}
	return nil, all
}

func prepareMySQL(ctx context.Context, conn driver.Conn) error {
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, mysqlSession, nil); err != nil {
		return fmt.Errorf("setting up the session: %w", err)
	}
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "SELECT @@global.read_only IN ('0', 'OFF')", nil)
	if err != nil {
		return err
	}
	into := make([]driver.Value, 1)
	if err := rows.Next(into); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(err, rows.Close())
	}
	if err := rows.Close(); err != nil {
		return err
	}
	if into[0] != int64(1) {
		return errReadOnly
	}
	return nil
}
