package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
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

// readMySQL reads a URL: mysql://, as Rails writes it mysql2:// or trilogy://, or mariadb://. Errors quote nothing of
// it but names of parameters. There may be several hosts, with commas between them.
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
	if err != nil || u.Host != "host" || u.Path == "/" || strings.Contains(hosts, "?") || strings.Contains(path, "@") {
		return nil, errMySQLURL
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errMySQLURL
	}
	conf, err := mysqlConfig(u, query)
	if err != nil {
		return nil, err
	}
	h := &mysqlHosts{database: conf.DBName}
	if socket := query.Get("socket"); socket != "" {
		conf.Net = "unix"
		return h, h.add(conf, socket, socket)
	}
	for host := range strings.SplitSeq(hosts, ",") {
		address, err := mysqlAddress(host)
		if err != nil {
			return nil, err
		}
		if err := h.add(conf, address, address); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// mysqlAddress is a host of a URL, with its port. A % stands there as %25, as in the zone of an IPv6 address.
func mysqlAddress(text string) (string, error) {
	text, err := url.PathUnescape(text)
	if err != nil {
		return "", errMySQLURL
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = strings.Trim(text, "[]"), "3306"
	}
	_, noIP := netip.ParseAddr(host)
	n, noPort := strconv.ParseUint(port, 10, 16)
	switch {
	case host == "":
		return "", errors.New("of MySQL or MariaDB has no host where one belongs: write mysql://user:password@HOST/name, " +
			"of several mysql://user:password@HOST,HOST/name")
	case noPort != nil || n == 0 || strings.Contains(host, ":") && noIP != nil:
		return "", errors.New("of MySQL or MariaDB has a port that is no number from 1 to 65535: write HOST:3306, " +
			"or leave the port out; an IPv6 address stands in brackets")
	}
	return net.JoinHostPort(host, port), nil
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

// mysqlConnectTime bounds how long a server may take to let somebody in.
var mysqlConnectTime = 5 * time.Second

func mysqlConfig(u *url.URL, query url.Values) (*mysql.Config, error) {
	conf := mysql.NewConfig()
	conf.User = u.User.Username()
	conf.Passwd, _ = u.User.Password()
	conf.Net, conf.DBName = "tcp", strings.TrimPrefix(u.Path, "/")
	conf.Logger = &mysql.NopLogger{} // errors are returned, too
	// An update counts the rows that it found, also those that it did not change.
	conf.ClientFoundRows = true
	// The driver puts the parameters into the text, so that several statements are one round trip.
	conf.InterpolateParams, conf.MultiStatements = true, true
	var err error
	conf.TLSConfig, err = mysqlTLS(query)
	return conf, err
}

// The server ends a connection that is idle for 10 s, also in a transaction, for instance because its node was
// suspended, so that nobody waits for its locks any longer. Before that the pool closes those that it does not use.
const (
	idleOfServer = 10 // seconds
	idleOfPool   = 5 * time.Second
)

// lockTime bounds how long a statement waits for a row, or a table, in seconds.
const lockTime = 1

// mysqlSession are the settings of every connection, whatever the server's are. Above READ COMMITTED a statement that
// reads may lock rows, and what lies between them. A query within a query is run for each row, as it is written: there
// it looks for a row by an index, while a join may read or sort all of them. Recursions are bounded by what they read.
// Names that only one of MySQL and MariaDB has stand in comments that only that one reads.
var mysqlSession = fmt.Sprintf(`SET NAMES utf8mb4; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
	SET autocommit = 1, completion_type = 0, foreign_key_checks = 1, unique_checks = 1,
	sql_mode = 'STRICT_TRANS_TABLES,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00',
	default_storage_engine = InnoDB, sql_safe_updates = 0, sql_select_limit = 18446744073709551615,
	sql_big_selects = 1, sql_auto_is_null = 0,
	innodb_lock_wait_timeout = %d, lock_wait_timeout = %[1]d, wait_timeout = %d,
	optimizer_switch = 'semijoin=off,materialization=off'
	/*M!100600 , max_recursive_iterations = 4294967295 */ /*!80003 , cte_max_recursion_depth = 4294967295 */`,
	lockTime, idleOfServer)

// takesWrites says whether the server does. Amazon Aurora tells a replica by the second of these.
const takesWrites = "SELECT @@global.read_only IN ('0', 'OFF') AND @@global.innodb_read_only IN ('0', 'OFF')"

// mysqlConnector connects to one of some servers that takes writes.
type mysqlConnector struct {
	hosts []driver.Connector
	last  atomic.Int64 // which one was used last; it is tried first
	era   atomic.Int64 // grows when the server that is used turns out to be read-only
}

// Driver implements driver.Connector.
func (c *mysqlConnector) Driver() driver.Driver { return c.hosts[0].Driver() }

// Connect implements driver.Connector.
func (c *mysqlConnector) Connect(ctx context.Context) (driver.Conn, error) {
	era, first := c.era.Load(), c.last.Load()
	var all error
	for i := range c.hosts {
		n := (int(first) + i) % len(c.hosts)
		conn, err := connectMySQL(ctx, c.hosts[n])
		if err == nil {
			c.last.Store(int64(n))
			return &mysqlSessionConn{conn, c, era}, nil
		}
		all = errors.Join(all, err)
	}
	return nil, noServer{all}
}

// connectMySQL connects to a server. One that does not answer is given up, so that another one can be tried.
func connectMySQL(ctx context.Context, host driver.Connector) (mysqlConn, error) {
	ctx, cancel := context.WithTimeout(ctx, mysqlConnectTime)
	defer cancel()
	conn, err := host.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(mysqlConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver's connections can't do what redial needs"), conn.Close())
	}
	if err := prepareMySQL(ctx, whole); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return whole, nil
}

// mysqlConn is what the driver's connections can do.
type mysqlConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// mysqlSessionConn is a connection of a pool. Once one of them finds the server read-only, because another one has
// become the primary, none is used any longer: whoever reads would miss what is written there.
type mysqlSessionConn struct {
	mysqlConn
	of  *mysqlConnector
	era int64
}

// ResetSession implements driver.SessionResetter.
func (c *mysqlSessionConn) ResetSession(ctx context.Context) error {
	if c.era != c.of.era.Load() {
		return driver.ErrBadConn
	}
	return c.mysqlConn.ResetSession(ctx)
}

// IsValid implements driver.Validator.
func (c *mysqlSessionConn) IsValid() bool { return c.era == c.of.era.Load() && c.mysqlConn.IsValid() }

// Close implements driver.Conn. Nothing is to be known of a connection that was broken already.
func (c *mysqlSessionConn) Close() error {
	_ = c.mysqlConn.Close()
	return nil
}

// leave ends the use of this server by all connections.
func (c *mysqlSessionConn) leave() { c.of.era.CompareAndSwap(c.era, c.era+1) }

func prepareMySQL(ctx context.Context, conn mysqlConn) error {
	if _, err := conn.ExecContext(ctx, mysqlSession, nil); err != nil {
		return fmt.Errorf("setting up the session: %w", err)
	}
	rows, err := conn.QueryContext(ctx, takesWrites, nil)
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
