//go:build !linux

package engine

import "os"

// lockInode does nothing: only Linux has such locks. The lock beside the file must be enough.
func lockInode(*os.File) error { return nil }
