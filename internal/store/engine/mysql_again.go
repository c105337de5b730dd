package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"

	"github.com/go-sql-driver/mysql"
)

// mysqlMigrator connects for migrations. There, each statement that changes the schema commits by itself: a migration
// that was interrupted is run again from its beginning, and what it finds done is no error.
type mysqlMigrator struct{ driver.Connector }

// Connect implements driver.Connector.
func (c mysqlMigrator) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return migratingConn{conn.(mysqlConn)}, nil
}

type migratingConn struct{ mysqlConn }

// done are the errors of a change that was made before.
// Source: https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html
var done = []uint16{
	1050, // the table exists
	1051, // the table to be dropped does not
	1060, // the column exists
	1061, // the index exists
	1091, // the column or index to be dropped does not
	1826, // the foreign key exists
	3822, // the CHECK exists
}

// ExecContext implements driver.ExecerContext.
func (c migratingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.mysqlConn.ExecContext(ctx, text, args)
	if is, ok := errors.AsType[*mysql.MySQLError](err); ok && slices.Contains(done, is.Number) {
		return driver.ResultNoRows, nil
	}
	return r, err
}
