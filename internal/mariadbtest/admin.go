package mariadbtest

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// adminTimeout bounds what the administrator does at once.
const adminTimeout = time.Minute

func ask(t testing.TB, at *url.URL, text string) (list []string) {
	t.Helper()
	err := withAdmin(at, func(ctx context.Context, admin *sql.Conn) error {
		rows, err := admin.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var v string
			if err := rows.Scan(&v); err != nil {
				return err
			}
			list = append(list, v)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// parsed reads a URL of New's. Of several hosts it takes one.
func parsed(t testing.TB, database string) *url.URL {
	t.Helper()
	if scheme, rest, _ := strings.Cut(database, "://"); strings.Contains(rest, ",") {
		userAndHost, path, _ := strings.Cut(rest, ",")
		_, path, _ = strings.Cut(path, "/")
		database = scheme + "://" + userAndHost + "/" + path
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func nameIn(u *url.URL) string { return strings.TrimPrefix(u.Path, "/") }

// run runs statements one after another.
func run(at *url.URL, texts ...string) error {
	return withAdmin(at, func(ctx context.Context, admin *sql.Conn) error {
		for _, text := range texts {
			if _, err := admin.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil
	})
}

// withAdmin uses a context of its own, because the test's context is already over when the test cleans up.
func withAdmin(at *url.URL, do func(context.Context, *sql.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	connector, err := mysql.NewConnector(config(at))
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	const whatever = "SET SESSION TRANSACTION READ WRITE" // the settings of the server are
	if _, err := conn.ExecContext(ctx, whatever); err != nil {
		return err
	}
	return do(ctx, conn)
}

// config says how to connect to the server of a URL.
func config(u *url.URL) *mysql.Config {
	conf := mysql.NewConfig()
	conf.User = u.User.Username()
	conf.Passwd, _ = u.User.Password()
	conf.DBName = nameIn(u)
	conf.Logger = &mysql.NopLogger{} // errors are returned, too
	if socket := u.Query().Get("socket"); socket != "" {
		conf.Net, conf.Addr = "unix", socket
	} else {
		conf.Net, conf.Addr = "tcp", u.Hostname()+":"+cmp.Or(u.Port(), "3306")
	}
	return conf
}
