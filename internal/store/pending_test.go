package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"redial/internal/pgtest"
)

// What a migration would do is told without a table, a lock or a file, of a database that is new, and
// of one that is in use.
func TestWhatIsPendingIsToldWithoutATrace(t *testing.T) {
	for name, url := range map[string]string{"sqlite": sqliteFile(t), "postgres": pgtest.New(t)} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				sql, err := PendingSQL(t.Context(), url)
				if err != nil || !strings.HasPrefix(sql, "-- 00001_calls.sql\n") || !strings.Contains(sql, "CREATE TABLE calls") {
					t.Fatalf("%.100q, %v", sql, err)
				}
			}
			s, err := Open(t.Context(), url, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			tables := "SELECT count(*) FROM sqlite_master"
			if s.Shared() {
				tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
			}
			if n := count(t, s, tables); n != 0 {
				t.Errorf("to look has made %d tables", n)
			}
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !s.Shared() {
				return // this very process has the file: cmd/redial looks from another
			}
			if sql, err := PendingSQL(t.Context(), url); err != nil || sql != "" {
				t.Errorf("once it has run: %q, %v", sql, err)
			}
			run(t, s, "UPDATE goose_db_version SET is_applied = false WHERE version_id = 8")
			sql, err := PendingSQL(t.Context(), url)
			if err != nil || strings.Count(sql, "-- 0") != 1 || !strings.HasPrefix(sql, "-- 00008_private.sql\n") {
				t.Errorf("of one that was taken back: %.100q, %v", sql, err)
			}
		})
	}
}

// Whatever a redial left beside its file, looking adds nothing, and takes nothing away.
func TestToLookLeavesTheFilesAsTheyAre(t *testing.T) {
	url := sqliteFile(t)
	file := strings.TrimPrefix(url, "sqlite:")
	s, err := Open(t.Context(), url, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, left := range [][]string{nil, {"-wal"}, {"-wal", "-shm"}} {
		folder := t.TempDir()
		copied := filepath.Join(folder, "redial.db")
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"redial.db"}
		for _, end := range left {
			if err := os.WriteFile(copied+end, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			want = append(want, "redial.db"+end)
		}
		if err := os.WriteFile(copied, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if sql, err := PendingSQL(t.Context(), "sqlite:"+copied); err != nil || sql != "" {
			t.Errorf("beside %q: %q, %v", left, sql, err)
		}
		list, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range list {
			names = append(names, f.Name())
		}
		if slices.Sort(want); !slices.Equal(names, want) {
			t.Errorf("beside %q there is now %q", left, names)
		}
	}
}
