package store

import (
	"cmp"
	"context"
	"fmt"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// pageBytes is about how much a page of Calls may hold, whatever its limit: each Call may have as much metadata as a
// request can carry.
const pageBytes = 1 << 20

// List returns the first Calls that match a Query, as many as fit on a page, and the id before which the next page
// begins; empty: there is none. A page may have few Calls, or none, though there is a next one: so much is read for
// each page, however many Calls there are.
func (s *Store) List(ctx context.Context, q Query) (calls []Asked, next string, err error) {
	q.narrow()
	err = s.view(ctx, func(t *tx) error {
		if err := t.narrowToSID(&q); err != nil || q.impossible() {
			return err
		}
		calls, next, err = s.list(t, q)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("listing calls: %w", err)
	}
	return calls, next, nil
}

// narrowToSID leaves out all Calls but the one that has Twilio's sid.
func (t *tx) narrowToSID(q *Query) error {
	if q.SID == "" {
		return nil
	}
	id, n := "", 0
	err := t.each(selectBySID, []any{storable(q.SID)}, func(scan func(...any) error) error { return scan(&id, &n) })
	if q.within(id, id); id == "" {
		q.From, q.Through = "1", "0" // none
	}
	return err
}

func (s *Store) list(t *tx, q Query) (calls []Asked, next string, err error) {
	var found candidates
	switch {
	case len(q.Metadata) > 0:
		found, err = t.findEntries(q)
	case q.To != "" || q.By != "":
		found.ids, err = newestOf(t, searches(q), q.Limit+1)
	default:
		calls, more, err := s.page(t, listSQL(q), q.Limit)
		return calls, nextOf(calls, more), err
	}
	more := false
	if err == nil && len(found.ids) > 0 {
		st := engine.Statement{SQL: selectAsked + "id IN ($1) ORDER BY id DESC", Args: []any{engine.List(found.ids)}}
		calls, more, err = s.page(t, st, q.Limit)
	}
	return calls, cmp.Or(nextOf(calls, more), found.next), err
}

func nextOf(calls []Asked, more bool) string {
	if !more {
		return ""
	}
	return calls[len(calls)-1].ID
}

// page reads Calls until there are limit of them, or their size fills a page.
func (s *Store) page(t *tx, st engine.Statement, limit int) (_ []Asked, more bool, err error) {
	var found []*Asked
	var calls []*call.Call
	size := 0
	st.Rows = func(scan func(...any) error) error {
		if more = len(found) == limit || size > pageBytes; more {
			return nil
		}
		a := new(Asked)
		found, calls = append(found, a), append(calls, &a.Call)
		err := scan(a.fields()...)
		size += sizeOf(&a.Call)
		return err
	}
	t.add(st)
	if err = t.flush(); err == nil {
		err = s.loadAttempts(t, calls)
	}
	list := make([]Asked, len(found))
	for i, a := range found {
		list[i] = *a
	}
	return list, more, err
}

const selectBetween = "SELECT id FROM calls WHERE id >= $1 AND id <= $2 ORDER BY id DESC LIMIT $3"

// Between returns the ids of the Calls between two ids, both included, the newest first. Unless it is empty, a name
// leaves out the Calls that others made.
func (s *Store) Between(ctx context.Context, from, to, by string, limit int) (ids []string, err error) {
	if by == "" {
		ids, err = queryIDs(s.reading(ctx), selectBetween, storable(from), storable(to), limit)
	} else {
		err = s.view(ctx, func(t *tx) error {
			ids, err = newestOf(t, searches(Query{By: by, From: from, Through: to, Limit: limit}), limit)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("looking for calls by the beginning of their id: %w", err)
	}
	return ids, nil
}

// sizeOf is about how many bytes of a Call came with its request.
func sizeOf(c *call.Call) int {
	n := len(c.Options) + len(c.Webhook) + len(c.Message.Twiml) + len(c.Message.URL) +
		len(c.Policy.Confirm.Prompt) + len(c.Policy.Machine.Say)
	if c.Message.Say != nil {
		n += len(c.Message.Say.Text)
	}
	for k, v := range c.Metadata {
		n += len(k) + len(v)
	}
	for _, p := range c.People {
		n += len(p.Number) + len(p.Name) + len(p.Say)
	}
	for _, m := range c.Policy.Confirm.Keys {
		n += len(m.Answer)
	}
	for _, h := range c.Policy.Window.Holidays {
		n += len(h)
	}
	return n
}
