package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The SQL of pending migrations is shown without creating a table, a lock or a file, for a new database, and for one
// that is in use.
func TestWhatIsPendingIsToldWithoutATrace(t *testing.T) {
	for _, k := range []struct {
		backend
		first  string // file of migrations
		last   string // of those that change a table, and can be taken back
		number int
		tables string // counts them
	}{
		{backends[0], "00001_calls.sql", "", 0, "SELECT count(*) FROM sqlite_master"},
		{backends[1], "00001_calls.sql", "00008_private.sql", 8,
			"SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"},
		{backends[3], "mysql/00037_calls.sql", "mysql/00037_calls.sql", 37,
			"SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"},
	} {
		t.Run(k.name, func(t *testing.T) {
			url := k.url(t)
			for range 2 {
				sql, err := PendingSQL(t.Context(), url)
				if err != nil || !strings.HasPrefix(sql, "-- "+k.first+"\n") || !creates.MatchString(sql) {
					t.Fatalf("%.100q, %v", sql, err)
				}
			}
			s, err := Open(t.Context(), url, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if n := count(t, s, k.tables); n != 0 {
				t.Errorf("to look has made %d tables", n)
			}
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !s.Shared() {
				return // this process has the file open: the tests of cmd/redial look from another process
			}
			if sql, err := PendingSQL(t.Context(), url); err != nil || sql != "" {
				t.Errorf("once it has run: %q, %v", sql, err)
			}
			run(t, s, "UPDATE goose_db_version SET is_applied = false WHERE version_id = $1", k.number)
			sql, err := PendingSQL(t.Context(), url)
			if err != nil || strings.Count(sql, ".sql\n") != 1 || !strings.HasPrefix(sql, "-- "+k.last+"\n") {
				t.Errorf("of one that was taken back: %.100q, %v", sql, err)
			}
		})
	}
}

// Looking neither adds nor removes a file, whatever files redial left beside the database.
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
