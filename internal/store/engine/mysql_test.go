package engine

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"

	"redial/internal/mariadbtest"
)

// The name of a database has neither user nor password. Rails' own parameters are passed over.
func TestMySQLURLs(t *testing.T) {
	for text, want := range map[string]string{
		"mysql://redial:hush@db.example.com/calls":                      "mysql://db.example.com:3306/calls",
		"mysql2://redial:hu%40sh@db:3307/calls?encoding=utf8mb4&pool=5": "mysql://db:3307/calls",
		"trilogy://redial:hush@db/calls?connect_timeout=5":              "mysql://db:3306/calls",
		"mariadb://redial:hush@a.example.com:1,b.example.com/calls":     "mysql://a.example.com:1,b.example.com:3306/calls",
		"mysql://redial:hush@[::1]/calls?tls=true":                      "mysql://[::1]:3306/calls",
		"mysql://redial:hush@::1,[fe80::1%25eth0]:1/calls":              "mysql://[::1]:3306,[fe80::1%eth0]:1/calls",
		"mysql://redial@localhost/calls?socket=/run/mysqld/mysqld.sock": "mysql:///run/mysqld/mysqld.sock/calls",
		"mysql://redial@/calls?socket=/run/mysqld/mysqld.sock":          "mysql:///run/mysqld/mysqld.sock/calls",
		"mysql://localhost:65535/calls":                                 "mysql://localhost:65535/calls",
	} {
		at, err := readMySQL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		equal(t, at.name(), want)
	}
	const noHost, noPort = "no host where one belongs", "a port that is no number from 1 to 65535"
	for text, want := range map[string]string{
		"mysql://u:hush@localhost": "can't be read", "mysql://u:hush@localhost/": "can't be read",
		"mysql://u:hu/sh@localhost/calls": "can't be read", "mysql://u:hu@sh@localhost/calls": "can't be read",
		"mysql://u:hu#sh@localhost/calls": "can't be read", "mysql://u:%zz@localhost/calls": "can't be read",
		"mysql://u:1/hu?hush=y@localhost": "can't be read", "mysql://u:1@2/hu?hush=y@localhost": "can't be read",
		"mysql://u:hush@%zz/calls": "can't be read", "mysql://u:hush@h/calls?tls=%zz": "can't be read",
		"mysql://u:hush@/calls": noHost, "mysql:///calls": noHost, "mysql://u:hush@:3306/calls": noHost,
		"mysql://u:hush@,b/calls": noHost, "mysql://u:hush@a,/calls": noHost, "mysql://u:hush@a,:1/calls": noHost,
		"mysql://u:hush@a:abc/calls": noPort, "mysql://u:hush@a:/calls": noPort, "mysql://u:hush@a:0/calls": noPort,
		"mysql://u:hush@a:65536/calls": noPort, "mysql://u:hush@a:-1/calls": noPort, "mysql://u:hush@a:1:2/calls": noPort,
		"mysql://u:hush@a,b:99999/calls": noPort, "mysql://u:hush@[::1]1/calls": noPort,
	} {
		err := CheckURL(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hu") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Whoever writes a scheme that is none is told of all that there are.
func TestAllSchemesAreNamed(t *testing.T) {
	err := CheckURL("oracle://localhost/calls")
	for _, k := range kinds {
		for _, scheme := range k.schemes {
			if err == nil || !strings.Contains(err.Error(), " "+scheme+":") {
				t.Errorf("%v: it does not name %s", err, scheme)
			}
		}
	}
}

// What a URL says of TLS is done, in whichever words. What can't be done is refused by its name.
func TestParametersOfAMySQLURL(t *testing.T) {
	for query, tls := range map[string]string{
		"": "", "pool=5&pool=5": "", "adapter=mysql2&encoding=utf8mb4&charset=utf8mb4&collation=utf8mb4_bin": "",
		"read_timeout=5&write_timeout=5&connect_timeout=5&checkout_timeout=5&idle_timeout=5":       "",
		"max_connections=5&strict=false&reconnect=true&flags=FOUND_ROWS&prepared_statements=false": "",
		"variables[sql_mode]=ANSI&variables%5Bwait_timeout%5D=1&timeout=5":                         "",
		"tls=true": "true", "tls=false": "false", "tls=skip-verify": "skip-verify", "tls=preferred": "preferred",
		"ssl_mode=disabled": "false", "ssl_mode=preferred": "preferred", "ssl_mode=required": "skip-verify",
		"ssl_mode=verify_ca": "true", "ssl_mode=verify_identity": "true", "ssl-mode=REQUIRED": "skip-verify",
		"sslmode=VERIFY_CA": "true", "ssl_mode=SSL_MODE_REQUIRED": "skip-verify", "tls=true&ssl_mode=verify_ca": "true",
		"tls=true&tls=true": "true",
	} {
		conf, err := configOf(query)
		if err != nil || conf.TLSConfig != tls {
			t.Errorf("%s: %+v, %v, want %q", query, conf, err, tls)
		}
	}
	for query, wants := range map[string][]string{
		"tls=hush": {`"tls"`, "skip-verify"}, "tls=": {`"tls"`, "skip-verify"}, "tls=TRUE": {`"tls"`, "skip-verify"},
		"sslmode=hush": {`"sslmode"`, "verify_identity", "tls=true"}, "ssl-mode=require": {`"ssl-mode"`, "required"},
		"ssl_mode=":   {`"ssl_mode"`, "verify_identity"},
		"sslca=/hush": {`"sslca"`, "tls=true", "SSL_CERT_FILE"}, "ssl=true": {`"ssl"`, "tls=true"},
		"tls_min_version=3": {`"tls_min_version"`, "tls=true"}, "useSSL=true": {`"useSSL"`, "tls=true"},
		"password=hush": {`"password"`, "leave it out", "before the ?"}, "pool=5&pol=5": {`"pol"`, "leave it out"},
		"tls=true&tls=false": {`"tls"`, "write it once"}, "pool=5&pool=6&pool=5": {`"pool"`, "write it once"},
		"socket=/a&socket=/b":        {`"socket"`, "write it once"},
		"tls=true&ssl_mode=required": {`"tls"`, "contradicts", "alone"},
	} {
		_, err := configOf(query)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%s: %v, want %s", query, err, want)
			}
		}
	}
}

func configOf(query string) (*mysql.Config, error) {
	u, err := url.Parse("mysql://u:p@h/calls?" + query)
	if err != nil {
		return nil, err
	}
	return mysqlConfig(u, u.Query())
}

// Whoever has no connection left is told how many a node takes.
func TestHowManyConnectionsAMySQLNodeTakes(t *testing.T) {
	e, err := newMySQL("mysql://localhost/calls", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	most := e.schema.Stats().MaxOpenConnections
	for _, db := range []*sql.DB{e.pools.Own, e.pools.Aside, e.pools.Read} {
		most += db.Stats().MaxOpenConnections
	}
	for _, number := range []uint16{1040, 1226} {
		_, fix := Trouble(ofMySQL(number, "HY000"))
		if want := fmt.Sprintf("up to %d", most); !strings.HasSuffix(fix, want) {
			t.Errorf("%d: %q, want %s", number, fix, want)
		}
	}
}

// admin runs a statement as the administrator of the server.
func admin(t *testing.T, e tried, text string) {
	t.Helper()
	mariadbtest.Exec(t, e.url, text)
}

// A user who may not write is told so, and what to do.
func TestRightsOfAMySQLUser(t *testing.T) {
	text := mariadbtest.New(t)
	e := openEmpty(t, text, 0)
	at, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(at.Path, "/")
	admin(t, e, "CREATE USER reader@localhost")
	t.Cleanup(func() { admin(t, e, "DROP USER reader@localhost") })
	admin(t, e, "GRANT SELECT ON "+name+".* TO reader@localhost")
	at.User = url.User("reader")
	for range 2 {
		reader, err := Look(t.Context(), at.String())
		if err != nil {
			t.Fatal(err)
		}
		for _, migrate := range []bool{true, false} {
			ills, err := reader.Rights(t.Context(), migrate, "things")
			if err != nil || len(ills) != 1 || !ills[0].Grave {
				t.Errorf("%+v, %v", ills, err)
			}
		}
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	}
	if tables := ask(t, e, "SHOW TABLES LIKE 'redial_rights'"); len(tables) > 0 {
		t.Errorf("%q", tables)
	}
}

// A COMMIT without an answer may have been executed. One that was not sent was not, and the driver may know that.
func TestAKilledCommitIsUnclear(t *testing.T) {
	e := openEmpty(t, mariadbtest.New(t), 0)
	for text, unclear := range map[string]bool{"COMMIT": true, "SELECT 1": false} {
		err := e.Write(t.Context(), func(x *Tx) error {
			var id int64
			whose := Statement{SQL: "SELECT CONNECTION_ID()"}
			whose.Rows = func(scan func(...any) error) error { return scan(&id) }
			if err := x.Read(whose); err != nil {
				return err
			}
			admin(t, e, fmt.Sprintf("KILL CONNECTION %d", id))
			if text == "COMMIT" {
				return nil
			}
			return x.Read(Statement{SQL: text})
		})
		unclear = unclear && !errors.Is(err, driver.ErrBadConn)
		if err == nil || errors.Is(err, ErrUnclear) != unclear || e.Fault(err) != Other || !Away(err) {
			t.Errorf("%s: %v, unclear: %t, away: %t", text, err, errors.Is(err, ErrUnclear), Away(err))
		}
	}
	if err := e.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// A server that takes no writes is passed over.
func TestAReadOnlyServerIsPassedOver(t *testing.T) {
	e := openEmpty(t, mariadbtest.NewDurable(t), 0)
	defer admin(t, e, "SET GLOBAL read_only = 0")
	admin(t, e, "SET GLOBAL read_only = 1")
	began := time.Now()
	other := another(t, e)
	if err := other.Ping(t.Context()); !errors.Is(err, errReadOnly) || !Away(err) {
		t.Errorf("%v", err)
	}
	if what, fix := Trouble(other.Ping(t.Context())); !strings.Contains(what, "read-only") || fix == "" {
		t.Errorf("%q, %q", what, fix)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

// What can lose rows, or can't work, is said with the statement that mends it.
func TestSettingsOfAMySQLServer(t *testing.T) {
	e := openEmpty(t, mariadbtest.NewDurable(t), 0)
	for _, wrong := range []struct{ name, value, right, says string }{
		{"innodb_flush_log_at_trx_commit", "2", "1", "innodb_flush_log_at_trx_commit is 2"},
		{"max_allowed_packet", "1048576", "16777216", "max_allowed_packet is 1048576"},
		{"auto_increment_increment", "3", "1", "auto_increment_increment is 3"},
	} {
		for value, said := range map[string]bool{wrong.value: true, wrong.right: false} {
			admin(t, e, "SET GLOBAL "+wrong.name+" = "+value)
			if i, err := e.Inspect(t.Context()); err != nil || i.has(wrong.says) != said {
				t.Errorf("%s = %s: %+v, %v", wrong.name, value, i, err)
			}
		}
		admin(t, e, "SET GLOBAL "+wrong.name+" = "+wrong.right)
	}
	if i, err := e.Inspect(t.Context()); err != nil || len(i.Ills) > 0 || !strings.HasPrefix(i.Engine, "MariaDB 1") {
		t.Errorf("of a server that is as it should be: %+v, %v", i, err)
	}
	for version, want := range map[string]string{
		"10.11.14-MariaDB-0+deb12u2": "MariaDB 10.11.14", "8.4.3": "MySQL 8.4.3", "9.1.0-commercial": "MySQL 9.1.0",
		"11.8.2-MariaDB": "MariaDB 11.8.2", "8.0.19": "MySQL 8.0.19",
	} {
		var i Inspection
		i.mysqlVersion(version)
		if i.Engine != want || len(i.Ills) > 0 {
			t.Errorf("%s: %+v", version, i)
		}
	}
	for _, version := range []string{"10.5.29-MariaDB", "5.7.44-log", "8.0.11"} {
		var i Inspection
		if i.mysqlVersion(version); len(i.Ills) != 1 {
			t.Errorf("%s is not too old", version)
		}
	}
}

// A migration that failed half way is run again from its beginning. Statements that are wrong are errors all the same.
func TestAMigrationIsRunAgainAfterHalfOfIt(t *testing.T) {
	e := openEmpty(t, mariadbtest.New(t), 0)
	files := fstest.MapFS{"mysql/00003_things.sql": schema["mysql/00003_things.sql"]}
	half := `CREATE TABLE more (id VARCHAR(20) PRIMARY KEY);
		ALTER TABLE things ADD COLUMN again INTEGER NOT NULL DEFAULT 0, ADD COLUMN twice INTEGER;
		CREATE INDEX things_again ON things (again);
		DROP INDEX things_name ON things;
		ALTER TABLE things DROP COLUMN small, DROP COLUMN n;
		DROP TABLE numbers;`
	for _, rest := range []string{
		"\nALTER TABLE nothing ADD COLUMN n INTEGER;", "\nALTER TABLE things ADD COLUMN n NONSENSE;",
	} {
		files["mysql/00004_more.sql"] = file(half+rest, "")
		if err := e.Migrate(t.Context(), files); err == nil {
			t.Fatal("a migration that is wrong has run")
		}
		if found, err := e.Schema(t.Context(), files); err != nil || len(found.Pending) != 1 {
			t.Errorf("%+v, %v", found, err)
		}
	}
	files["mysql/00004_more.sql"] = file(half, "")
	if err := e.Migrate(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	equal(t, ask(t, e, "SELECT count(*) FROM more"), []string{"0"})
	if found, err := e.Schema(t.Context(), files); err != nil || len(found.Pending) > 0 || found.Version != 4 {
		t.Errorf("%+v, %v", found, err)
	}
}

// A migration that waits for a lock which another node holds says so, and fails with a sentence that says what to do.
func TestALockThatAnotherNodeHolds(t *testing.T) {
	text := mariadbtest.New(t)
	synctest.Test(t, func(t *testing.T) {
		holder, err := openMySQL(t.Context(), text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer holder.Close()
		conn, err := holder.Pools().Own.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		hold := &namedLock{}
		if err := hold.SessionLock(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var said []string
		e, err := Open(t.Context(), text, Options{Notice: func(sentence string) {
			if waited := time.Since(began); waited < lockSaid || waited > lockSaid+lockPoll {
				t.Errorf("said after %s", waited)
			}
			said = append(said, sentence)
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		files := fstest.MapFS{"mysql/00003_things.sql": schema["mysql/00003_things.sql"]}
		err = e.Migrate(t.Context(), files)
		if waited := time.Since(began); err == nil || waited < lockGiveUp || waited > lockGiveUp+lockPoll {
			t.Errorf("after %s: %v", waited, err)
		}
		for _, want := range []string{"KILL", "redial migrate", "past the proxy"} {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v: want %s", err, want)
			}
		}
		if len(said) != 1 || !strings.Contains(said[0], "waiting up to 1m0s") || !strings.Contains(said[0], "connection ") {
			t.Errorf("it was said %q", said)
		}
		if err := hold.SessionUnlock(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		if err := e.Migrate(t.Context(), files); err != nil {
			t.Fatal(err)
		}
	})
}
