package internal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// knowEngines are the folders whose sources may name a database, and why.
var knowEngines = map[string]string{
	"internal/store/engine": "it speaks to them",
	"internal/app":          "it says what an operator is to set, and mend",
	"internal/spoken":       "alerts are about them, and it knows their names in kana",
	"internal/pgtest":       "it starts a server for tests",
	"internal/mariadbtest":  "it does, too",
	"cmd/redial":            "its help is for operators",
}

var (
	engineNames = regexp.MustCompile(`(?i)postgres|sqlite|mysql|mariadb|\bpgx\b|\bpg_`)
	// dialects are words of SQL that not every database has, or that it means otherwise.
	dialects = regexp.MustCompile(`\b(FOR (NO KEY )?(UPDATE|SHARE)|SKIP LOCKED|ON (CONFLICT|DUPLICATE)|RETURNING)\b` +
		`|\b(PRAGMA|SAVEPOINT)\b` +
		`|\b(EXPLAIN|ILIKE|REPLACE INTO|SET (LOCAL|SESSION)|UPDATE [a-z_]+ (AS [a-z]+ )?SET [^;]* FROM)\b` +
		`|\bANY ?\(|\bjson_(each|table|array)|\b(unnest|lock_timeout|advisory)\b|::(text|bigint|json)`)
)

// TestNoDialectOutsideTheEngine: a database that is added later needs one package to be changed. Tests may say what
// they like.
func TestNoDialectOutsideTheEngine(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		dir := strings.TrimPrefix(p.ImportPath, module+"/")
		if knowEngines[dir] != "" {
			continue
		}
		for _, name := range sources(t, dir) {
			text, err := os.ReadFile(filepath.Join(root, dir, name))
			if err != nil {
				t.Fatal(err)
			}
			seen++
			for _, found := range dialectIn(string(text), dir == "internal/store") {
				t.Errorf("%s/%s:%s: what differs between databases belongs into internal/store/engine", dir, name, found)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d files were looked at", seen)
	}
}

// dialectIn returns the lines of a source that name a database, or, where it has statements, use a dialect.
func dialectIn(text string, statements bool) (lines []string) {
	for i, line := range strings.Split(text, "\n") {
		if engineNames.MatchString(line) || statements && dialects.MatchString(line) {
			lines = append(lines, fmt.Sprintf("%d: %s", i+1, strings.TrimSpace(line)))
		}
	}
	return lines
}

// Else the test above could not fail.
func TestADialectIsFound(t *testing.T) {
	for _, line := range []string{
		"`SELECT id FROM calls FOR UPDATE`", "`SELECT 1 FOR UPDATE SKIP LOCKED`", "`WHERE id = ANY($1)`",
		"`SELECT * FROM unnest($1)`",
		"`WHERE id IN (SELECT value FROM json_each($1))`", "` ON CONFLICT DO NOTHING`",
		"`INSERT INTO t VALUES (1) RETURNING id`",
		`"PRAGMA wal_checkpoint"`, `"SAVEPOINT a"`, "`SET LOCAL lock_timeout = 1`", "`SELECT pg_backend_pid()`",
		"`EXPLAIN SELECT 1`",
		"`UPDATE calls SET wake_at = v.at FROM v`", "// as SQLite does", "// of PostgreSQL, as pgx says",
	} {
		if len(dialectIn("package store\n"+line, true)) != 1 {
			t.Errorf("not found: %s", line)
		}
	}
	for _, line := range []string{
		"`SELECT id FROM calls WHERE id IN ($1) ORDER BY id LIMIT $2`", "`UPDATE calls SET wake_at = $2 WHERE id = $1`",
		"`DELETE FROM calls WHERE id IN (SELECT id FROM calls)`", "lock: engine.ForUpdate",
		"// any (other) update, returning nothing",
	} {
		if found := dialectIn(line, true); len(found) > 0 {
			t.Errorf("taken for a dialect: %q", found)
		}
	}
	if !slices.Contains(sources(t, "internal/store"), "open.go") {
		t.Error("the store is not looked at")
	}
}
