//go:build !unix

package engine

import (
	"fmt"
	"os"
)

// links is how many names a file has, as far as this system tells.
func links(os.FileInfo) uint64 { return 1 }

// lockFile takes the lock that keeps a second process away from a SQLite file. On this system an open file can't be
// removed, so a lock file that can be removed was left over, and is created anew.
func lockFile(name string) (release func() error, err error) {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("another redial uses this database (%s is in use)", name)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the database's lock: %w", err)
	}
	return f.Close, nil
}
