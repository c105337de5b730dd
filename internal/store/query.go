package store

import (
	"context"

	"redial/internal/store/engine"
)

// querier runs queries: a transaction, or a reader.
type querier interface {
	// each calls row for every row of the query's answer.
	each(query string, args []any, row func(scan func(...any) error) error) error
}

// reader reads outside a transaction.
type reader struct {
	ctx    context.Context
	engine engine.Engine
}

func (r reader) each(query string, args []any, row func(scan func(...any) error) error) error {
	return r.engine.Read(r.ctx, engine.Statement{SQL: query, Args: args, Rows: row})
}

// row reads the one row of an answer, and says whether there is one.
func (r reader) row(query string, args []any, into ...any) (found bool, err error) {
	err = r.each(query, args, func(scan func(...any) error) error {
		found = true
		return scan(into...)
	})
	return found, err
}

func queryIDs(q querier, query string, args ...any) (ids []string, err error) {
	err = q.each(query, args, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
