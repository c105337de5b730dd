package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"redial/internal/pgtest"
)

// TestNew checks that databases are empty, apart from each other and gone afterwards.
func TestNew(t *testing.T) {
	var urls [3]string
	t.Run("in use", func(t *testing.T) {
		for i := range urls {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				urls[i] = pgtest.New(t)
				conn := connect(t, urls[i])
				if _, err := conn.Exec(t.Context(), "CREATE TABLE calls (id text)"); err != nil {
					t.Error(err)
				}
			})
		}
	})
	for _, url := range urls {
		if conn, err := pgx.Connect(t.Context(), url); err == nil {
			conn.Close(t.Context())
			t.Errorf("%s still exists", url)
		}
	}
}

// TestSessionParameters checks what the doc of New promises.
func TestSessionParameters(t *testing.T) {
	conn := connect(t, pgtest.New(t)+"&default_transaction_isolation=serializable")
	var level string
	if err := conn.QueryRow(t.Context(), "SHOW transaction_isolation").Scan(&level); err != nil {
		t.Fatal(err)
	}
	if level != "serializable" {
		t.Errorf("isolation is %q, want serializable", level)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	// Left open until the binary ends, because dropping a database must not wait for idle sessions.
	return conn
}

// What a server's processes do is counted.
func TestDurableCPU(t *testing.T) {
	conn, before := connect(t, pgtest.NewDurable(t)), pgtest.DurableCPU(t)
	for pgtest.DurableCPU(t) == before {
		const busy = "SELECT count(md5(i::text)) FROM generate_series(1, 100000) AS s(i)"
		if _, err := conn.Exec(t.Context(), busy); err != nil {
			t.Fatal(err)
		}
	}
}

// What was committed before the primary died is there on the standby, and on a primary that was started again.
func TestPairFailsOver(t *testing.T) {
	p := pgtest.NewPair(t)
	primary := func() *pgx.Conn {
		conf, err := pgx.ParseConfig(p.URL + "&target_session_attrs=read-write")
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.ConnectConfig(t.Context(), conf)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) }) // it may be dead by then
		return conn
	}
	if _, err := primary().Exec(t.Context(), "CREATE TABLE kept (n INT); INSERT INTO kept VALUES (42)"); err != nil {
		t.Fatal(err)
	}
	for _, outage := range []func() error{p.Restart, p.Failover, p.Restart} {
		if err := outage(); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := primary().QueryRow(t.Context(), "SELECT n FROM kept").Scan(&n); err != nil || n != 42 {
			t.Errorf("%d, %v", n, err)
		}
	}
}
