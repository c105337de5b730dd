package engine

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// lockByte comes after the page with SQLite's own locks, which begins at 1 GiB and has 64 KiB at most.
// Source: https://www.sqlite.org/fileformat.html#the_lock_byte_page
const lockByte = 1<<30 + 1<<16

// lockInode locks the file itself, which the name beside it does not: a symbolic link or a bind mount
// leads there, too. The lock is the descriptor's, not the process's, so that it and SQLite's
// don't know each other.
func lockInode(f *os.File) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: lockByte, Len: 1}
	err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EACCES):
		return errInUse(f.Name())
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return nil // a system without such locks: the other one has to do
	case err != nil:
		return fmt.Errorf("locking the database: %w", err)
	}
	return nil
}
