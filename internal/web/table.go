package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"

	"redial/internal/shown"
	"redial/internal/store"
)

// wantsTable says whether a list is asked for as CSV.
func wantsTable(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/csv") }

// table writes all Calls that match a Query as CSV, page by page: neither memory nor the database is held by how many
// there are. With a limit it ends after so many. An answer that can't be completed is broken off, so that nobody takes
// it for the whole.
func (s *Server) table(w http.ResponseWriter, r *http.Request, q store.Query, v url.Values) error {
	most := -1
	if v.Has("limit") {
		most = q.Limit
	}
	end, err := s.lasting()
	if err != nil {
		return err
	}
	defer end()
	calls, next, err := s.Store.List(r.Context(), q)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", `attachment; filename="calls.csv"`)
	w.Header().Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return nil
	}
	out := csv.NewWriter(w)
	_ = out.Write(shown.TableHead()) // Flush says what went wrong
	for {
		n := atMost(len(calls), most)
		if !writeRows(w, r, out, calls[:n]) {
			return nil // nobody hears it
		}
		if most >= 0 {
			most -= n
		}
		if next == "" || most == 0 {
			return nil
		}
		err := s.stillMay(r.Context())
		if err == nil && !s.isClosing() {
			q.Before = next
			calls, next, err = s.Store.List(r.Context(), q)
		}
		if err != nil || s.isClosing() {
			s.brokeOff(r, err)
			panic(http.ErrAbortHandler)
		}
	}
}

// writeRows writes Calls as rows, and says whether they were sent.
func writeRows(w http.ResponseWriter, r *http.Request, out *csv.Writer, calls []store.Asked) bool {
	for i := range calls {
		c := showCall(r.Context(), &calls[i].Call)
		_ = out.Write(shown.TableRow(&c)) // Flush says what went wrong
	}
	extend(w, writeTime)
	out.Flush()
	return out.Error() == nil && http.NewResponseController(w).Flush() == nil
}

// atMost is n, or most if that is less and no less than 0.
func atMost(n, most int) int {
	if most >= 0 {
		return min(n, most)
	}
	return n
}
