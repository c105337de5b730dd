package engine

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The numbers of file systems. Source: statfs(2), linux/magic.h
var fileSystems = map[int64]string{
	0x6969: "network", 0xff534d42: "network", 0xfe534d42: "network", // NFS, CIFS, SMB2
	0x517b: "network", 0x00c36400: "network", // SMB, Ceph
	0x01021994: "memory", 0x858458f6: "memory", // tmpfs, ramfs
}

// diskOf says how many bytes a user who is not root may still write to the disk of a folder. kind says why the disk is
// unsuitable: network, memory or read-only; it is empty for a local disk that can be written. diskOf and writable are
// variables, so that tests can play a full disk and a user who may not write.
var diskOf = func(folder string) (free uint64, kind string) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, ""
	}
	if s.Flags&unix.ST_RDONLY != 0 {
		return 0, "read-only"
	}
	return max(s.Bavail*uint64(s.Bsize), 1), fileSystems[int64(uint32(s.Type))]
}

// inUse says whether a running redial has the file open. It takes no lock.
func inUse(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: lockByte, Len: 1}
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock) == nil && lock.Type != unix.F_UNLCK
}

// writable says whether this user may write to a file or a folder.
var writable = func(name string) bool { return unix.Access(name, unix.W_OK) == nil }

// owned says whether this user owns a file, or the owner does not matter.
func owned(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return !ok || os.Geteuid() == 0 || int(s.Uid) == os.Geteuid()
}
