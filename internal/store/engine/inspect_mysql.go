package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// mysqlSettings are the values that settings of a server must have, and what is wrong with any other value. A setting
// that a server does not have is left out.
var mysqlSettings = []struct {
	name      string
	want      []string
	grave     bool
	what, fix string
}{
	{"innodb_flush_log_at_trx_commit", []string{"1"}, true,
		"innodb_flush_log_at_trx_commit is %s: what was answered 201 is lost with the server, or with a power cut",
		"SET GLOBAL innodb_flush_log_at_trx_commit = 1, also in the server's configuration"},
	{"innodb_flush_method", []string{
		"fsync", "O_DIRECT", "O_DIRECT_NO_FSYNC", "O_DSYNC", "unbuffered", "async_unbuffered", "normal",
	}, true,
		"innodb_flush_method is %s: a power cut can damage the database",
		"innodb_flush_method = O_DIRECT in the configuration"},
	{"innodb_doublewrite", []string{"ON", "1", "DETECT_AND_RECOVER"}, true,
		"innodb_doublewrite is %s: a power cut can damage the database", "innodb_doublewrite = ON in the configuration"},
	{"binlog_format", []string{"ROW", "MIXED"}, true,
		"binlog_format is %s: no transaction that is READ COMMITTED can write", "SET GLOBAL binlog_format = 'ROW'"},
	{"autocommit", []string{"ON", "1"}, false, "autocommit is %s: other programs may hold locks",
		"SET GLOBAL autocommit = ON"},
	{"innodb_rollback_on_timeout", []string{"OFF", "0"}, false,
		"innodb_rollback_on_timeout is %s: one locked row undoes what was written for all others",
		"innodb_rollback_on_timeout = OFF in the configuration"},
	{"auto_increment_increment", []string{"1"}, true,
		"auto_increment_increment is %s, as where several servers take writes: redial needs one that does",
		"name one server in DATABASE_URL, and SET GLOBAL auto_increment_increment = 1"},
}

// mysqlSessions are settings that redial makes for each connection. If they are not kept, something on the way to the
// server answers in its place, or gives one server connection to several of its clients.
var mysqlSessions = []struct{ names, want string }{
	{"sql_mode", "STRICT_TRANS_TABLES"}, {"transaction_isolation tx_isolation", "READ-COMMITTED"},
}

// What a server must have.
const (
	leastPacket    = 16 << 20   // bytes of max_allowed_packet
	leastMySQL     = 8_000_019  // 8.0.19; of a version A.B.C this is A·1,000,000 + B·1,000 + C
	leastMariaDB   = 10_006_000 // 10.6: the first with SKIP LOCKED
	mariadbVersion = "MariaDB"
)

// inspectMySQL looks at a database of MySQL or MariaDB.
func inspectMySQL(ctx context.Context, databaseURL string) (*Inspection, Engine, error) {
	i := &Inspection{Engine: "MySQL"}
	e, err := newMySQL(databaseURL, Options{})
	if err != nil {
		return i, nil, err
	}
	if err = e.pools.Read.PingContext(ctx); err == nil {
		err = i.mysql(ctx, e)
	}
	if err != nil {
		return i, nil, errors.Join(err, e.Close())
	}
	return i, e, nil
}

// Inspect implements Engine.
func (e *mysqlServer) Inspect(ctx context.Context) (*Inspection, error) {
	i := &Inspection{Engine: "MySQL"}
	return i, i.mysql(ctx, e)
}

// mysql asks the server for its version and settings.
func (i *Inspection) mysql(ctx context.Context, e *mysqlServer) error {
	is, err := e.variables(ctx, "GLOBAL")
	if err != nil {
		return err
	}
	session, err := e.variables(ctx, "SESSION")
	if err != nil {
		return err
	}
	i.mysqlVersion(is["version"])
	for _, setting := range mysqlSessions {
		for name := range strings.FieldsSeq(setting.names) {
			if value, has := session[name]; has && !strings.Contains(value, setting.want) {
				i.ill(true, fmt.Sprintf("%s is %q, though redial has set %s for its connection", name, value, setting.want),
					"have the proxy in front of the server keep what a client sets, or name the server in DATABASE_URL")
			}
		}
	}
	for _, setting := range mysqlSettings {
		value, has := is[setting.name]
		logs := setting.name != "binlog_format" || is["log_bin"] == "ON"
		if has && logs && !slices.Contains(setting.want, value) {
			i.ill(setting.grave, fmt.Sprintf(setting.what, value), setting.fix)
		}
	}
	if is["log_bin"] == "ON" && is["sync_binlog"] != "1" {
		i.ill(false, "sync_binlog is "+is["sync_binlog"]+": a power cut can lose what replicas and backups need",
			"SET GLOBAL sync_binlog = 1, also in the server's configuration")
	}
	if packet, err := strconv.Atoi(is["max_allowed_packet"]); err == nil && packet < leastPacket {
		i.ill(true, fmt.Sprintf("max_allowed_packet is %d: large batches are refused", packet),
			fmt.Sprintf("SET GLOBAL max_allowed_packet = %d, also in the server's configuration", leastPacket))
	}
	return nil
}

// variables are the settings of the server, or of a connection.
func (e *mysqlServer) variables(ctx context.Context, scope string) (is map[string]string, err error) {
	is = map[string]string{}
	rows, err := e.pools.Read.QueryContext(ctx, "SHOW "+scope+" VARIABLES")
	if err == nil {
		err = scanAll(rows, func(scan func(...any) error) error {
			var name, value string
			err := scan(&name, &value)
			is[name] = value
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading the server's settings: %w", err)
	}
	return is, nil
}

// mysqlVersion says what the server is, such as 10.11.14-MariaDB-0+deb12u2 or 8.4.3, and whether it is too old.
func (i *Inspection) mysqlVersion(version string) {
	number, rest, _ := strings.Cut(version, "-")
	kind, least, want := "MySQL", leastMySQL, "8.0.19"
	if strings.Contains(rest, mariadbVersion) {
		kind, least, want = "MariaDB", leastMariaDB, "10.6"
	}
	i.Engine = kind + " " + number
	sum := 0
	for part := range strings.SplitSeq(number, ".") {
		n, _ := strconv.Atoi(part)
		sum = sum*1000 + n
	}
	if sum < least {
		i.ill(true, "the server is "+i.Engine+", which is too old", "use "+kind+" "+want+" or later")
	}
}

// Rights implements Engine. Whether something may be done is asked by having it explained, or by letting it fail: what
// the user may do is looked at before anything else.
func (e *mysqlServer) Rights(ctx context.Context, migrate bool, table string) ([]Ill, error) {
	var texts []string
	if migrate {
		texts = append(texts, "CREATE TABLE redial_rights LIKE redial_no_such_table")
	}
	if table != "" {
		texts = append(texts, "EXPLAIN SELECT 1 FROM "+table, "EXPLAIN DELETE FROM "+table+" WHERE FALSE",
			"EXPLAIN UPDATE "+table+" SET id = '' WHERE FALSE", "EXPLAIN INSERT INTO "+table+" (id) SELECT id FROM "+table)
	}
	for _, text := range texts {
		_, err := e.pools.Read.ExecContext(ctx, text)
		is, ok := errors.AsType[*mysql.MySQLError](err)
		switch {
		case err == nil || ok && is.Number != denied && !Away(err):
		case ok && is.Number == denied:
			return []Ill{{"the user may not do what redial does (" + command(is.Message) + ")",
				"GRANT ALL ON the database TO redial's user", true}}, nil
		default:
			return nil, fmt.Errorf("finding out what the user may do: %w", err)
		}
	}
	return nil, nil
}

const denied = 1142

// command is the first word of a refusal, such as in: INSERT command denied to user ….
func command(refusal string) string {
	word, _, _ := strings.Cut(refusal, " ")
	return word
}
