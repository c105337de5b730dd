package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// locksOf counts the kernel's locks on a file.
func locksOf(t *testing.T, file string) (ours, sqlites int) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Fatal(err)
	}
	inode := fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino)
	for line := range strings.Lines(string(all)) {
		switch {
		case !strings.Contains(line, inode):
		case strings.Contains(line, fmt.Sprintf(" %d %d", lockByte, lockByte)):
			ours++
		case strings.Contains(line, "POSIX"):
			sqlites++
		}
	}
	return ours, sqlites
}

// redial's own lock on the file and SQLite's locks do not collide, also after a second process was refused.
func TestSQLitesOwnLockSurvives(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redial.db")
	e := opened(t, "sqlite:"+file)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, link} {
		if _, err := Open(t.Context(), "sqlite:"+name, Options{}); err == nil {
			t.Error("opened twice")
		}
	}
	if ours, sqlites := locksOf(t, file); ours != 1 || sqlites == 0 {
		t.Errorf("%d locks of ours and %d of SQLite's", ours, sqlites)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if ours, sqlites := locksOf(t, file); ours+sqlites != 0 {
		t.Errorf("%d locks of ours and %d of SQLite's are left", ours, sqlites)
	}
}
