package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// kinds are the databases that there are. To add one, write a file like sqlite.go, and name it here.
var kinds = []kind{
	{schemes: []string{"sqlite"}, check: checkSQLite, open: openSQLite, look: lookAtSQLite, inspect: inspectSQLite},
	{
		schemes: []string{"postgres", "postgresql"}, shared: true,
		check: checkPostgres, open: openPostgres, look: lookAtPostgres, inspect: inspectPostgres,
	},
	{
		schemes: []string{"mysql", "mysql2", "trilogy", "mariadb"}, shared: true,
		check: checkMySQL, open: openMySQL, look: lookAtMySQL, inspect: inspectMySQL,
	},
}

// kindOf checks a URL, and returns its kind.
func kindOf(databaseURL string) (k kind, err error) {
	if err := CheckURL(databaseURL); err != nil {
		return k, fmt.Errorf("the database URL %w", err)
	}
	return kinds[schemeOf(databaseURL)], nil
}

// schemeOf returns the index of the kind that has a URL's scheme, or -1.
func schemeOf(databaseURL string) int {
	scheme, _, _ := strings.Cut(databaseURL, ":")
	return slices.IndexFunc(kinds, func(k kind) bool { return slices.Contains(k.schemes, scheme) })
}

// CheckURL says what is wrong with a database URL. It quotes nothing of the URL: in one that can't be read, the
// password may be anywhere.
func CheckURL(databaseURL string) error {
	at := schemeOf(databaseURL)
	if at < 0 {
		return errors.New("must begin with sqlite:, postgres://, postgresql://, " +
			"mysql://, mysql2://, trilogy:// or mariadb://")
	}
	return kinds[at].check(databaseURL)
}

// Shared says whether several nodes may use the database of a URL.
func Shared(databaseURL string) bool {
	at := schemeOf(databaseURL)
	return at < 0 || kinds[at].shared
}

// Open opens the database of a URL: sqlite:FILE, postgres://… or mysql://….
func Open(ctx context.Context, databaseURL string, o Options) (Engine, error) {
	k, err := kindOf(databaseURL)
	if err != nil {
		return nil, err
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	return k.open(ctx, databaseURL, o)
}

// Look opens the database of a URL only to read it. It creates neither tables nor files, and may be done while redial
// is running.
func Look(ctx context.Context, databaseURL string) (Engine, error) {
	k, err := kindOf(databaseURL)
	if err != nil {
		return nil, err
	}
	e, err := k.look(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	if err := e.Pools().Read.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), e.Close())
	}
	return e, nil
}

// Inspect does what Look does, and says what it finds. The Engine is nil if there is nothing to read yet.
func Inspect(ctx context.Context, databaseURL string) (*Inspection, Engine, error) {
	k, err := kindOf(databaseURL)
	if err != nil {
		return nil, nil, err
	}
	return k.inspect(ctx, databaseURL)
}
