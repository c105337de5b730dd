package web

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
)

// GetEvents shows the timeline of a Call, as a list, or as a stream of
// server-sent events that goes on until the Call has ended.
func (s *Server) GetEvents(w http.ResponseWriter, r *http.Request) error {
	after, limit, err := eventQuery(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	c, err := s.Store.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		return s.stream(w, r, &c, after)
	}
	events, err := s.Store.Events(r.Context(), id, after, limit)
	if err != nil {
		return err
	}
	out := api.EventList{Events: []api.Event{}}
	for _, e := range events {
		out.Events = append(out.Events, showEvent(r.Context(), e))
	}
	if len(events) == limit && events[limit-1].Seq < c.Seq {
		out.NextCursor = strconv.Itoa(events[limit-1].Seq)
	}
	return reply(w, http.StatusOK, out)
}

// eventQuery reads after which event to begin, by the cursor of a page before or, of a stream
// that is taken up again, the last one's id.
func eventQuery(r *http.Request) (after, limit int, err error) {
	last, err := lastEventID(r, 0, math.MaxInt32)
	if err != nil {
		return 0, 0, err
	}
	after = int(last)
	v, limit := r.URL.Query(), maxLimit
	var f edge.Faults
	f.Parameters(v, "cursor", "limit")
	if text := v.Get("cursor"); text != "" {
		if after, err = strconv.Atoi(text); err != nil || after < 0 || after > math.MaxInt32 {
			f.Add("cursor", "must be the next_cursor of a page before")
		}
	}
	readLimit(&f, v, &limit)
	return after, limit, f.Problem()
}

// lastEventID reads after what a stream is taken up again: a number up to most, or none.
func lastEventID(r *http.Request, none, most int64) (int64, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		return none, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, edge.Problem(http.StatusBadRequest,
			"the Last-Event-ID header must be the id of an event, a whole number from 0 to %d", most)
	}
	return n, nil
}

// stream writes the events of a Call after seq after, as they happen.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, c *call.Call, after int) error {
	end, err := s.beginStream(w, r)
	if end == nil {
		return err
	}
	defer end()
	after = min(after, c.Seq) // whoever says more would hear nothing, not even the end
	changed, done := s.Store.Watch(c.ID)
	defer done()
	beat := func() { fmt.Fprint(w, stillHere+"\n") }
	s.follow(w, r, changed, beat, func() (wrote, more bool, err error) {
		events, err := s.Store.Events(r.Context(), c.ID, after, maxLimit)
		if err != nil {
			return false, false, err
		}
		for _, e := range events {
			if writeEvent(w, showEvent(r.Context(), e)) != nil || e.Type == call.CallEnded {
				return true, false, io.EOF
			}
			after = e.Seq
		}
		more = len(events) == maxLimit
		if c.State == call.Ended && !more {
			return true, false, io.EOF // who has seen its end waits for nothing
		}
		return len(events) > 0, more, nil
	})
	return nil
}

func writeEvent(w http.ResponseWriter, e api.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Type, data)
	return err
}
