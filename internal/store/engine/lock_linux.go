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

// lockInode locks the file itself. The lock beside the file goes by its name, and a symbolic link or a bind mount is
// another name for the same file. The lock belongs to the descriptor, not to the process, so it does not collide with
// SQLite's locks.
func lockInode(f *os.File) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: lockByte, Len: 1}
	err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EACCES):
		return errInUse(f.Name())
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return nil // this file system has no such locks: the lock beside the file must be enough
	case err != nil:
		return fmt.Errorf("locking the database: %w", err)
	}
	return nil
}
