package store

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgRetryable says whether PostgreSQL asks for the transaction to be run again:
// serialization_failure and deadlock_detected.
func pgRetryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}
