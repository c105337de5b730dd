package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/store"
)

// query reads which Calls a list is of.
func (s *Server) query(r *http.Request) (store.Query, error) {
	v := r.URL.Query()
	var f edge.Faults
	q := store.Query{
		State: call.State(v.Get("state")), Outcome: call.Outcome(v.Get("outcome")), SID: v.Get("sid"),
		Before: v.Get("cursor"), Limit: defaultLimit, By: asker(r.Context()).OnlyOf(),
	}
	q.Metadata = readEntries(&f, v)
	f.Parameters(v, "by", "cursor", "id", "limit", "metadata[NAME]", "outcome", "sid", "since", "state", "to", "trigger",
		"until")
	if by := v.Get("by"); by != "" {
		f.Wrong("by", checkBy(by))
		if q.By != "" && q.By != by && f.None() {
			return q, s.refuse(noScope, http.StatusForbidden,
				"this API key sees only what its own name made: to list what another made it lacks the scope operate")
		}
		q.By = by
	}
	if q.State != "" && !slices.Contains(call.States(), q.State) {
		f.Add("state", "must be waiting, dialing or ended")
	}
	if q.Outcome != "" && !slices.Contains(call.Outcomes(), q.Outcome) {
		f.Add("outcome", "must be reached, unreached, refused, canceled or expired")
	}
	q.To = s.readTo(&f, v.Get("to"))
	if q.Before != "" && uuid.Validate(q.Before) != nil {
		f.Add("cursor", "must be the next_cursor of a page before")
	}
	readID(&f, v.Get("id"), &q)
	now := s.Store.Now()
	q.Since, q.Until = readPast(&f, v, "since", now), readPast(&f, v, "until", now)
	if !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until) {
		f.Add("until", "must be after since, which is "+q.Since.UTC().Format(time.RFC3339))
	}
	readLimit(&f, v, &q.Limit)
	return q, f.Problem()
}

// readTo reads a number that calls may ring.
func (s *Server) readTo(f *edge.Faults, to string) string {
	if to == "" {
		return ""
	}
	n, err := s.Edge().Numbers.Parse(to)
	if to[0] == ' ' { // without the + it may be read as a number of another country
		f.Add("to", "begins with a space, which is what becomes of a + in a URL: write it as %2B")
	} else {
		f.Wrong("to", err)
	}
	return n.E164
}

// readID reads the beginning of an id, and leaves out all calls whose ids begin otherwise.
func readID(f *edge.Faults, text string, q *store.Query) {
	if text == "" {
		return
	}
	digits := strings.ToLower(strings.ReplaceAll(text, "-", ""))
	if n := len(digits); n == 0 || n > idDigits || strings.Trim(digits, "0123456789abcdef") != "" {
		f.Add("id", "must be a call's id, or the beginning of one")
		return
	}
	q.From, q.Through = idsWith(digits)
}

// readPast reads a time, or how long ago it was.
func readPast(f *edge.Faults, v url.Values, name string, now time.Time) time.Time {
	text := v.Get(name)
	if text == "" {
		return time.Time{}
	}
	m, err := api.ParseMoment(text)
	switch {
	case err != nil:
		f.Wrong(name, err)
	case !m.At.IsZero():
		return m.At
	case m.After < 0:
		f.Add(name, "must be a time, or how long ago that was, such as 24h")
	}
	return now.Add(-m.After.Std())
}

// readEntries takes the entries of metadata out of a query: those that are given as metadata[NAME]=VALUE, and the
// trigger, whose calls have its name there.
func readEntries(f *edge.Faults, v url.Values) (list []store.Entry) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		entry, is := strings.CutPrefix(name, "metadata[")
		entry, whole := strings.CutSuffix(entry, "]")
		if !is || !whole {
			continue
		}
		if entry == "" {
			f.Add(name, "has no name: write metadata[order]=42")
		}
		if len(v[name]) > 1 {
			f.Add(name, "is given twice: a call has one value of a name")
		}
		list = append(list, store.Entry{Name: entry, Value: v.Get(name)})
		delete(v, name)
	}
	if trigger := v.Get("trigger"); trigger != "" {
		list = append(list, store.Entry{Name: call.MetaTrigger, Value: trigger})
	}
	if len(list) > call.MaxSearchable {
		f.Add("metadata", "names more entries than a call is found by, which are 8")
	}
	return list
}
