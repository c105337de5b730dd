//go:build unix

package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"redial/internal/call"
)

// Only one process may have a SQLite file open, whatever name it uses. A file with two names is refused.
func TestOneProcessByAnyName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redial.db")
	link, hard := filepath.Join(t.TempDir(), "link.db"), filepath.Join(t.TempDir(), "hard.db")
	s, err := Open(t.Context(), "sqlite:"+file, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	create(t, s)
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	refuses := func(name, why string) {
		t.Helper()
		if second, err := Open(t.Context(), "sqlite:"+name, Options{}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, %v, want %q", name, second, err, why)
		}
	}
	refuses(link, "another redial")
	if err := os.Link(file, hard); err != nil {
		t.Fatal(err)
	}
	refuses(hard, "another redial")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refuses(hard, "2 names")
	refuses(file, "2 names")
	if err := os.Remove(hard); err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), "sqlite:"+link, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Only the owner can read the files, whatever the umask, and whoever created them.
func TestFilesArePrivate(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	for i, umask := range []int{0, 0o022} {
		syscall.Umask(umask)
		file := filepath.Join(dirs[i], "redial.db")
		for range 2 {
			s, err := Open(t.Context(), "sqlite:"+file, Options{Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			create(t, s)
			for _, end := range []string{"", "-wal", "-shm", ".lock"} {
				info, err := os.Stat(file + end)
				if err != nil {
					t.Error(err)
				} else if info.Mode().Perm() != 0o600 {
					t.Errorf("umask %o: %s has mode %o", umask, info.Name(), info.Mode().Perm())
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			// The files as an earlier version left them, after a crash.
			for _, end := range []string{"", "-wal", "-shm"} {
				f, err := os.OpenFile(file+end, os.O_CREATE|os.O_RDWR, 0o644)
				if err != nil {
					t.Fatal(err)
				}
				f.Close()
				if err := os.Chmod(file+end, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// The files are also private if redial opens the database by a symbolic link: SQLite puts its log and index beside the
// file itself, and they are still there after a crash.
func TestFilesBehindALinkArePrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redial.db")
	crashed, link := filepath.Join(t.TempDir(), "crashed.db"), filepath.Join(t.TempDir(), "link.db")
	s, err := Open(t.Context(), "sqlite:"+file, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	create(t, s)
	for _, end := range []string{"", "-wal", "-shm"} {
		b, err := os.ReadFile(file + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(crashed+end, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(crashed, link); err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), "sqlite:"+link, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, end := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(crashed + end)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", info.Name(), info.Mode().Perm())
		}
	}
}

// Deleted data is gone from the disk, and not only from the tables.
func TestNoBytesRemain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redial.db")
	s, err := Open(t.Context(), "sqlite:"+file, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	traces := func() (n int) {
		t.Helper()
		for _, end := range []string{"", "-wal"} {
			b, err := os.ReadFile(file + end)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(b, []byte(person))
		}
		return n
	}
	var calls []call.Call
	for range 50 {
		calls = append(calls, personal(t, s))
	}
	if traces() == 0 {
		t.Fatal("there is nothing to forget")
	}
	for _, c := range calls[1:] {
		if err := s.Scrub(t.Context(), Asker{}, c.ID, begin); err != nil {
			t.Fatal(err)
		}
	}
	retain(t, s, begin, 0)
	if n := traces(); n > 0 {
		t.Errorf("the files still name people %d times", n)
	}
}
