package engine

import (
	"errors"
	"testing"

	"redial/internal/pgtest"
)

// A COMMIT without an answer may have been executed. One that was refused was not.
func TestACommitWithoutAnAnswerIsUnclear(t *testing.T) {
	e := openEmpty(t, pgtest.New(t), 0)
	leave := func(text string) error {
		return e.Write(t.Context(), func(x *Tx) error {
			x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('a')"}, Statement{SQL: text})
			return nil
		})
	}
	err := leave("SELECT pg_terminate_backend(pg_backend_pid())")
	if !errors.Is(err, ErrUnclear) || e.Fault(err) != Other {
		t.Errorf("%v, want that nobody knows", err)
	}
	if err := leave("INSERT INTO things (id) VALUES ('a')"); errors.Is(err, ErrUnclear) || e.Fault(err) != Row {
		t.Errorf("%v, want that it is the row's fault", err)
	}
	equal(t, len(allThings(t, e)), 0)
}
