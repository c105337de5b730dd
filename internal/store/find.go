package store

import (
	"fmt"
	"slices"
	"strings"

	"redial/internal/store/engine"
)

// maxCandidates is how many Calls are looked at for a page of those that have some metadata and match other filters.
// What is before them is looked at for the next page.
const maxCandidates = 1000

// candidates are ids of Calls, the newest first, among which all are that a Query matches: all there are, or, if next
// is set, those from that id on.
type candidates struct {
	ids  []string
	next string
}

// first keeps as many as may be looked at.
func (c candidates) first(most int) candidates {
	if len(c.ids) > most {
		c.ids = c.ids[:most]
		c.next = c.ids[most-1]
	}
	return c
}

// betterThan says whether fewer Calls need be looked at, or those that are looked at reach further back.
func (c candidates) betterThan(d candidates) bool {
	if c.next != "" || d.next != "" {
		return c.next < d.next
	}
	return len(c.ids) < len(d.ids)
}

// findEntries finds the Calls of a Query with metadata. Each entry finds candidates by its index, and so does a number;
// the best of these are looked at.
func (t *tx) findEntries(q Query) (found candidates, err error) {
	h, err := t.entryHash()
	if err != nil {
		return found, err
	}
	hashes := make([]int64, len(q.Metadata))
	for i, e := range q.Metadata {
		hashes[i] = h.of(e.Name, e.Value)
		c, err := t.haveEntry(q, hashes[i])
		if err != nil {
			return found, err
		}
		if i == 0 || c.betterThan(found) {
			found = c
		}
	}
	if q.To != "" && found.next != "" {
		to := q
		to.Limit = maxCandidates
		ids, err := newestOf(t, searches(to), maxCandidates+1)
		if err != nil {
			return found, err
		}
		if c := (candidates{ids: ids}).first(maxCandidates); c.betterThan(found) {
			found = c
		}
	}
	matching, err := t.matching(q, hashes, found.ids)
	if err == nil && len(matching) > q.Limit {
		found.next = ""
	}
	found.ids = matching[:min(len(matching), q.Limit+1)]
	return found, err
}

const (
	selectMakers = "SELECT made_by FROM call_metadata WHERE hash = $1 AND made_by > $2 ORDER BY made_by LIMIT 1"
	selectEntry  = "SELECT call_id FROM call_metadata WHERE "
)

// haveEntry finds the Calls that have an entry. They are in the order of time for each name that made some, so it looks
// at one name after the other; few make Calls with the same entry.
func (t *tx) haveEntry(q Query, hash int64) (candidates, error) {
	makers := []string{q.By}
	if q.By == "" {
		var err error
		if makers, err = t.makersOf(hash); err != nil {
			return candidates{}, err
		}
	}
	list := make([]engine.Statement, len(makers))
	for i, by := range makers {
		list[i] = entrySQL(q, hash, by)
	}
	ids, err := newestOf(t, list, maxCandidates+1)
	return candidates{ids: ids}.first(maxCandidates), err
}

func entrySQL(q Query, hash int64, by string) engine.Statement {
	c := conditions{where: []string{"hash = $1", "made_by = $2"}, args: []any{hash, storable(by)}}
	q.Limit = maxCandidates
	return c.newest(selectEntry, "call_id", engine.Index{Table: "call_metadata", Name: "PRIMARY"}, q)
}

// makersOf are the names that made Calls with an entry, and that of Calls whose maker is not known.
func (t *tx) makersOf(hash int64) (names []string, err error) {
	names = []string{""}
	for last, found := "", true; found && err == nil; {
		found = false
		err = t.each(selectMakers, []any{hash, last}, func(scan func(...any) error) error {
			found = true
			return scan(&last)
		})
		if found {
			names = append(names, last)
		}
	}
	return names, err
}

// matching are those of some Calls that match a Query, the newest first.
func (t *tx) matching(q Query, hashes []int64, ids []string) (found []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	st := matchingSQL(q, hashes, ids)
	err = t.each(st.SQL, st.Args, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		found = append(found, id)
		return err
	})
	slices.Sort(found)
	slices.Reverse(found)
	return found, err
}

func matchingSQL(q Query, hashes []int64, ids []string) engine.Statement {
	c := conditions{where: []string{"id IN ($1)"}, args: []any{engine.List(ids)}}
	c.add("state =", string(q.State))
	c.add("outcome =", string(q.Outcome))
	c.add("made_by =", q.By)
	if q.To != "" {
		c.args = append(c.args, q.To, q.To)
		c.where = append(c.where, fmt.Sprintf("(to_number = $%d OR EXISTS (SELECT 1 FROM also_called "+
			"WHERE call_id = calls.id AND number = $%d))", len(c.args)-1, len(c.args)))
	}
	for _, hash := range hashes {
		c.args = append(c.args, hash)
		c.where = append(c.where, fmt.Sprintf("EXISTS (SELECT 1 FROM call_metadata "+
			"WHERE hash = $%d AND made_by = coalesce(calls.made_by, '') AND call_id = calls.id)", len(c.args)))
	}
	return engine.Statement{SQL: selectIDs + strings.Join(c.where, " AND "), Args: c.args, Index: byID}
}
