package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// inspectSQLite looks at a SQLite file that another process may have open. It refuses a file that this process has
// open: closing the second descriptor would drop SQLite's locks on the first.
func inspectSQLite(ctx context.Context, databaseURL string) (*Inspection, Engine, error) {
	i := &Inspection{Engine: "SQLite"}
	file, err := sqlitePath(databaseURL)
	if err != nil {
		return i, nil, err
	}
	e, err := i.sqlite(ctx, file)
	if e == nil {
		return i, nil, err
	}
	return i, e, err
}

func (i *Inspection) sqlite(ctx context.Context, file string) (*sqliteFile, error) {
	folder := filepath.Dir(file)
	if real, err := filepath.EvalSymlinks(file); err == nil {
		folder = filepath.Dir(real)
	}
	if err := i.disk(folder); err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		i.New = true
		return nil, i.folder(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the database: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("looking at the database: %w", syscall.EISDIR)
	}
	if heldHere(info) {
		return nil, errInUse(file)
	}
	i.files(file, folder, info)
	if info.Size() == 0 { // it has no schema yet
		i.New = true
		return nil, nil
	}
	e, err := openToLook(file)
	if err != nil {
		return nil, err
	}
	var version string
	if err := e.readers.db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), e.Close())
	}
	i.Engine = "SQLite " + version
	return e, nil
}

// Inspect implements Engine.
func (e *sqliteFile) Inspect(context.Context) (*Inspection, error) {
	i := &Inspection{Engine: "SQLite"}
	i.disk(filepath.Dir(e.file)) // its error is not needed: every write would fail with it
	return i, nil
}

// Rights implements Engine. The files say who may do what: see Inspection.
func (e *sqliteFile) Rights(context.Context, bool, string) ([]Ill, error) { return nil, nil }

func lookAtSQLite(_ context.Context, databaseURL string) (Engine, error) {
	file, err := sqlitePath(databaseURL)
	if err != nil {
		return nil, err
	}
	e, err := openToLook(file)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// openToLook opens a SQLite file to read it. A file that does not exist yet is treated as an empty one.
func openToLook(file string) (*sqliteFile, error) {
	dsn := readOnlyDSN(file)
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		dsn = "file::memory:"
		_, err = os.Stat(filepath.Dir(file))
	case err == nil && heldHere(info):
		err = errInUse(file)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	return newSQLite(file, db, db, func() error { return nil }), nil
}

// readOnlyDSN is the DSN that opens a file without changing anything. If there is no log, or an empty one without its
// index, nobody has the file open, and SQLite would create both to read it.
func readOnlyDSN(file string) string {
	v := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(2000)", "query_only(1)"}}
	log, err := os.Stat(file + "-wal")
	_, indexed := os.Stat(file + "-shm")
	if errors.Is(err, os.ErrNotExist) || err == nil && log.Size() == 0 && errors.Is(indexed, os.ErrNotExist) {
		v.Set("immutable", "1")
	}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + v.Encode()
}

// folder returns an error if the file can't be created in a folder.
func (i *Inspection) folder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return fmt.Errorf("looking at the database's folder: %w", err)
	case !info.IsDir():
		return fmt.Errorf("looking at the database's folder: %s is none", folder)
	case !writable(folder):
		i.ill(true, "the database can't be made: this user may not write to the folder "+folder,
			"give the folder to the user that serves (chown), or name another file")
	}
	return nil
}

// files looks at who may read and write the database's files.
func (i *Inspection) files(file, folder string, info os.FileInfo) {
	if n := links(info); n > 1 {
		i.ill(true, oneName(file, info).Error(), "remove the other names, or copy the file")
	}
	switch {
	case !writable(file):
		i.ill(true, "the database can't be written by this user",
			"give the file to the user that serves (chown), or run as that user")
	case !owned(info):
		i.ill(true, "the database is another user's, and redial can't keep others from reading it",
			"give the file to the user that serves (chown)")
	case info.Mode().Perm() != private:
		i.ill(false, "other users may read the database", "chmod 600 it; serve does so at its start")
	}
	if !writable(folder) {
		i.ill(true, "SQLite can't put its log beside the database: this user may not write to the folder "+folder,
			"give the folder to the user that serves (chown)")
	}
	i.InUse = inUse(file)
}

// Bounds of the free space on SQLite's disk: below the first, redial will soon be unable to write; below the second,
// somebody should look.
const (
	leastRoom = 64 << 20
	someRoom  = 512 << 20
)

// disk looks at the disk that a folder is on. It returns an error if nothing can be written there.
func (i *Inspection) disk(folder string) error {
	kind := ""
	i.Free, kind = diskOf(folder)
	switch kind {
	case "read-only":
		return fmt.Errorf("looking at the disk: %w", syscall.EROFS)
	case "network":
		i.ill(true, "the database is on a network file system, whose locks SQLite can't rely on",
			"put it on a local disk, or use PostgreSQL")
	case "memory":
		i.ill(false, "the database is in memory (tmpfs), and gone after a restart of the machine",
			"put it on a disk")
	}
	switch {
	case i.Free == 0:
	case i.Free < leastRoom:
		i.ill(true, "the disk is full, or nearly so: "+size(i.Free)+" are free",
			"make room: what can't be written is answered 503, and callbacks are lost")
	case i.Free < someRoom:
		i.ill(false, "the disk is nearly full: "+size(i.Free)+" are free", "make room")
	}
	return nil
}
