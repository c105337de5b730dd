package engine

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redial/internal/mariadbtest"
)

// careless are settings of a server that lose rows, or with which redial can't work, and what is said of each.
var careless = map[string]string{
	"--innodb-flush-log-at-trx-commit=2": "innodb_flush_log_at_trx_commit is 2: what was answered 201 is lost",
	"--sync-binlog=0":                    "sync_binlog is 0: a power cut can lose what replicas and backups need",
	"--binlog-format=STATEMENT":          "binlog_format is STATEMENT: no transaction that is READ COMMITTED can write",
	"--max-allowed-packet=1M":            "max_allowed_packet is 1048576: large batches are refused",
	"--autocommit=0":                     "autocommit is OFF",
	"--auto-increment-increment=2":       "auto_increment_increment is 2",
	"--innodb-doublewrite=0":             "innodb_doublewrite is OFF: a power cut can damage the database",
	"--innodb-flush-method=nosync":       "innodb_flush_method is nosync: a power cut can damage the database",
	"--innodb-rollback-on-timeout":       "innodb_rollback_on_timeout is ON",
}

// Each setting that is wrong is told, and what is said to mend it mends it. What only the server's configuration has
// is mended there.
func TestACarelessServer(t *testing.T) {
	options := []string{"--log-bin", "--sql-mode="}
	for option := range careless {
		options = append(options, option)
	}
	s := mariadbtest.NewServer(t, options...)
	if i := inspect(t, s.URL); len(i.Ills) != len(careless) {
		t.Errorf("%+v", i.Ills)
	}
	for option, says := range careless {
		if i := inspect(t, s.URL); !i.has(says) {
			t.Errorf("of %s it is told %+v", option, i.Ills)
		}
	}
	e := openURL(t, s.URL)
	err := e.Migrate(t.Context(), schema)
	if what, fix := Trouble(err); !Away(err) || !strings.Contains(what, "READ COMMITTED") || fix == "" {
		t.Errorf("of a server whose log takes no statement that is READ COMMITTED: %v, %q, %q", err, what, fix)
	}
	var left []string
	for _, ill := range inspect(t, s.URL).Ills {
		statement, also, _ := strings.Cut(ill.Fix, ", also")
		switch {
		case strings.HasSuffix(ill.Fix, "in the configuration"):
			left = append(left, ill.What)
		case also != "" && also != " in the server's configuration":
			t.Errorf("%+v", ill)
		default:
			if _, set, ok := strings.Cut(statement, "SET GLOBAL"); ok {
				s.Exec(t, "SET GLOBAL"+set)
			}
		}
	}
	var still []string
	for _, ill := range inspect(t, s.URL).Ills {
		still = append(still, ill.What)
	}
	equal(t, still, left)
	equal(t, len(left), 3)
	e = openURL(t, s.URL) // binlog_format is each session's own
	if err := errors.Join(e.Migrate(t.Context(), schema), insertID(t, e, "a")); err != nil {
		t.Error(err)
	}
}

// A server that may not be written can be looked at no more than it can be used: it is said what it is.
func TestAServerThatIsReadOnlyFromTheStart(t *testing.T) {
	s := mariadbtest.NewServer(t, "--read-only=1")
	_, _, err := Inspect(t.Context(), s.URL)
	if what, fix := Trouble(err); !strings.Contains(what, "read-only") || fix == "" {
		t.Errorf("%v, %q, %q", err, what, fix)
	}
}

// A connection whose settings somebody on the way does not keep is told of.
func TestSettingsThatAProxyDoesNotKeep(t *testing.T) {
	for statement, says := range map[string]string{
		"SET sql_mode = ''": "sql_mode is", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ": "_isolation is",
	} {
		e := openEmpty(t, mariadbtest.New(t), 0)
		e.Pools().Read.SetMaxOpenConns(1)
		if _, err := e.Pools().Read.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if i, err := e.Inspect(t.Context()); err != nil || !i.has(says) || !i.Ills[0].Grave {
			t.Errorf("%s: %+v, %v", statement, i, err)
		}
	}
}

// oddSettings change what statements mean, or refuse them. Each connection has its own.
var oddSettings = []string{
	"--sql-mode=ANSI,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO,NO_UNSIGNED_SUBTRACTION,IGNORE_SPACE", "--autocommit=0",
	"--completion-type=CHAIN", "--transaction-isolation=SERIALIZABLE", "--transaction-read-only=ON",
	"--character-set-server=latin1", "--collation-server=latin1_german2_ci", "--skip-character-set-client-handshake",
	"--default-time-zone=-11:00", "--sql-safe-updates", "--max-join-size=1", "--lower-case-table-names=1",
	"--default-storage-engine=Aria", "--group-concat-max-len=4", "--max-recursive-iterations=1",
	"--innodb-lock-wait-timeout=600", "--lock-wait-timeout=600", "--div-precision-increment=0", "--old-mode=",
	"--log-bin", "--binlog-format=MIXED", "--innodb-autoinc-lock-mode=0", "--max-allowed-packet=16M",
	"--explicit-defaults-for-timestamp=OFF", "--concurrent-insert=NEVER",
	"--init-connect=SET sql_select_limit = 1, sql_auto_is_null = 1, foreign_key_checks = 0, unique_checks = 0",
}

// Whatever the settings of the server are, an engine does what it must.
func TestAServerWithOddSettings(t *testing.T) {
	url := mariadbtest.NewServer(t, oddSettings...).URL
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			c.test(t, openEmpty(t, url, 0))
		})
	}
	t.Run("the server knows the characters of a text", func(t *testing.T) {
		e := openEmpty(t, url, 0)
		insertThings(t, e, []any{"a", nil, nil, "名前", nil})
		equal(t, ask(t, e, "SELECT CHAR_LENGTH(words) FROM things"), []string{"2"})
	})
	t.Run("many rows, and large ones, are inserted at once", func(t *testing.T) {
		e := openEmpty(t, url, 0)
		var rows [][]any
		for i := range 300 {
			rows = append(rows, []any{fmt.Sprintf("%03d", i), nil, nil, strings.Repeat(`\`, 100_000), nil})
		}
		insertThings(t, e, rows...)
		equal(t, len(allThings(t, e)), len(rows))
	})
}

// Operators read of each setting that is looked at, and of no other, whether it is wrong or only a warning.
func TestOperatorsReadOfEachSetting(t *testing.T) {
	page, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]bool{"sync_binlog": false, "max_allowed_packet": true}, map[string]bool{}
	for _, setting := range mysqlSettings {
		want[setting.name] = setting.grave
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)`[^|]*\\|[^|]+\\| (wrong|warning): ")
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		got[m[1]] = m[2] == "wrong"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("is it wrong? -code +page:\n%s", diff)
	}
}
