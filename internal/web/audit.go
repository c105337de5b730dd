package web

import (
	"errors"
	"net/http"
	"strings"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
)

// checkBy says what is wrong with a name whose deeds or calls are to be listed.
func checkBy(name string) error {
	trigger, _ := strings.CutPrefix(name, store.NameOfTrigger(""))
	err := store.CheckKeyName(trigger)
	if err != nil && strings.HasPrefix(name, "key_") {
		return errors.New("must be the name of an API key, and not its id: the list of API keys has both")
	}
	return err
}

// ListAudit shows a page of who did what, the newest first.
func (s *Server) ListAudit(w http.ResponseWriter, r *http.Request) error {
	v, limit := r.URL.Query(), defaultLimit
	by, cursor := v.Get("by"), v.Get("cursor")
	var f edge.Faults
	f.Parameters(v, "by", "cursor", "limit")
	if by != "" {
		f.Wrong("by", checkBy(by))
	}
	if cursor != "" && !store.IsAuditID(cursor) {
		f.Add("cursor", "must be the next_cursor of a page before")
	}
	readLimit(&f, v, &limit)
	if err := f.Problem(); err != nil {
		return err
	}
	list, err := s.Store.Audit(r.Context(), by, cursor, limit+1) // one more tells whether there is a next page
	if err != nil {
		return err
	}
	page := api.AuditList{Entries: []api.AuditEntry{}}
	for i := range list[:min(len(list), limit)] {
		page.Entries = append(page.Entries, shown.AuditEntry(&list[i]))
	}
	if len(list) > limit {
		page.NextCursor = list[limit-1].ID
	}
	return reply(w, http.StatusOK, page)
}
