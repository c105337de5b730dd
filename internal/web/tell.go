package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/source"
	"redial/internal/store"
	"redial/internal/trigger"
)

// TellTrigger tells a trigger what has happened. The body is of any kind, and is read as the trigger's source says.
func (s *Server) TellTrigger(w http.ResponseWriter, r *http.Request) error {
	t, e, err := s.event(w, r, r.URL.Query())
	if err != nil {
		return err
	}
	return s.tell(w, r, t.Name, e)
}

// event reads what a request tells the trigger that its path names.
func (s *Server) event(
	w http.ResponseWriter, r *http.Request, query url.Values,
) (t *trigger.Trigger, e *source.Event, err error) {
	if t, err = s.Triggers.File().Named(r.PathValue("name")); err != nil {
		return nil, nil, err
	}
	body, err := readAtMost(w, r, source.MaxBody)
	if err != nil {
		return nil, nil, err
	}
	e, err = source.Read(t.Source, &source.Request{
		Body: body, ContentType: r.Header.Get("Content-Type"), Query: query, Header: r.Header.Get,
	})
	return t, e, err
}

// tell tells a trigger of an event. It answers with the call that the event makes, and names what was ignored of the
// request. Where the event makes no call, it says why.
func (s *Server) tell(
	w http.ResponseWriter, r *http.Request, name string, e *source.Event, ignored ...string,
) error {
	began := time.Now()
	told, err := s.Triggers.Tell(r.Context(), asker(r.Context()), name, e)
	if err != nil {
		return s.untold(err, told)
	}
	if time.Since(began) >= inFlight {
		for i := range told.Calls {
			if err := s.createdLate(r.Context(), told.Calls[i].ID); err != nil {
				return err
			}
		}
	}
	if len(told.Calls) > 0 {
		return s.created(w, r, told.Calls[0], false, ignored...)
	}
	return reply(w, http.StatusOK, shown.Told(&told))
}

// untold is the answer to an event that could not be told. Too many calls that wait are temporary trouble to a sender:
// many senders drop for good what is answered 429.
func (s *Server) untold(err error, told trigger.Told) error {
	if tooMany, ok := errors.AsType[*store.TooManyError](err); ok {
		return edge.Problem(http.StatusServiceUnavailable, "%s", s.bounded.problem(tooMany).Detail)
	}
	if errors.Is(err, trigger.ErrNobody) {
		p := edge.Problem(http.StatusUnprocessableEntity, "%v: the trigger yields no number that may be called",
			trigger.ErrNobody)
		for _, doubt := range told.Doubts {
			p.Errors = append(p.Errors, api.FieldError{Field: "trigger", Detail: doubt})
		}
		return p
	}
	return err
}
