package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// held lists the SQLite files that this process has open. If the process opened one of them a second time and closed
// it, the kernel would drop SQLite's locks: they belong to the process, whichever descriptor took them.
var held struct {
	sync.Mutex
	files []os.FileInfo
}

// holdFile creates a SQLite file if there is none, and keeps others away from it: other users by its mode, and a
// second redial by two locks, whichever name it opens the file by. SQLite must be closed before release is called.
func holdFile(name string) (release func() error, err error) {
	held.Lock()
	defer held.Unlock()
	if info, err := os.Stat(name); err == nil && isHeld(info) {
		return nil, errInUse(name)
	}
	unlock, err := lockFile(name + ".lock")
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, private)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), unlock())
	}
	info, err := f.Stat()
	if err == nil {
		err = cmp.Or(oneName(name, info), lockInode(f), makePrivate(name))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), unlock())
	}
	held.files = append(held.files, info)
	return func() error {
		held.Lock()
		defer held.Unlock()
		held.files = slices.DeleteFunc(held.files, func(h os.FileInfo) bool { return os.SameFile(h, info) })
		return errors.Join(f.Close(), unlock())
	}, nil
}

// isHeld says whether this process has a file open. The caller holds the mutex.
func isHeld(info os.FileInfo) bool {
	return slices.ContainsFunc(held.files, func(h os.FileInfo) bool { return os.SameFile(h, info) })
}

func heldHere(info os.FileInfo) bool {
	held.Lock()
	defer held.Unlock()
	return isHeld(info)
}

// oneName refuses a file with more than one name. SQLite finds its log by the file's name: a process that opened the
// file by another name would not see what is in the log.
func oneName(name string, info os.FileInfo) error {
	if n := links(info); n > 1 {
		return fmt.Errorf("%s has %d names (hard links), and SQLite would lose calls: remove the others, or copy the file",
			name, n)
	}
	return nil
}

// private is the mode of the files: only their owner may read them.
const private = 0o600

// makePrivate sets the mode of the database's existing files. SQLite gives the files that it creates the mode of the
// first, and puts them beside that file, even if it was opened by a symbolic link.
func makePrivate(name string) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return fmt.Errorf("keeping others from reading the database: %w", err)
	}
	for _, file := range []string{name, name + "-wal", name + "-shm"} {
		info, err := os.Stat(file)
		if errors.Is(err, os.ErrNotExist) || err == nil && info.Mode().Perm() == private {
			continue
		}
		if err := errors.Join(err, os.Chmod(file, private)); err != nil {
			return fmt.Errorf("keeping others from reading the database: %w", err)
		}
	}
	return nil
}
