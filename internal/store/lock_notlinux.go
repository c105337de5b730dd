//go:build !linux

package store

import "os"

// lockInode does nothing: such locks are Linux's. The file beside the database has to do.
func lockInode(*os.File) error { return nil }
