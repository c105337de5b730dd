//go:build !linux

package engine

import "os"

// lockInode does nothing: such locks are Linux's. The file beside the database has to do.
func lockInode(*os.File) error { return nil }
