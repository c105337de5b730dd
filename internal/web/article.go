package web

import (
	"errors"
	"net/http"
	"strings"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/permit"
	"redial/internal/shown"
	"redial/internal/source"
	"redial/internal/store"
	"redial/internal/trigger"
)

// theDefault is the trigger that the article's path plays.
const theDefault = "default"

// Article serves the article's path as API does. Whoever sends no API key is told the line that does.
func (s *Server) Article(needs Need, h Handler) http.Handler {
	return s.withBody(func(r *http.Request) (store.Asker, error) {
		a, err := s.authorize(r)
		p, ok := errors.AsType[*api.Problem](err)
		if _, sent := bearer(r); ok && p.Status == http.StatusUnauthorized && !sent {
			p.Detail += ", as in: curl -X POST " + s.baseOf(r) + r.URL.Path + " -H 'Authorization: Bearer KEY'"
		}
		return a, err
	}, needs, h)
}

// baseOf is the base URL under which a request came. A client that names no host sees HOST in it.
func (s *Server) baseOf(r *http.Request) string {
	if s.HostURL != "" {
		return s.HostURL
	}
	if strings.Trim(strings.ToLower(r.Host), "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != "" {
		return "http://HOST"
	}
	return "http://" + r.Host
}

// PlayDefault answers the article's POST. No body, a form, or the options that the article gives to Twilio play the
// trigger default; other JSON is a request for a call.
func (s *Server) PlayDefault(w http.ResponseWriter, r *http.Request) error {
	q, err := readAsking(r)
	if err != nil {
		return err
	}
	body, err := readAtMost(w, r, maxBody)
	if err != nil {
		return err
	}
	p, err := readPlayed(r.Header.Get("Content-Type"), body)
	if err != nil {
		return err
	}
	if p == nil {
		if err := s.allow(r, asker(r.Context()), Need{store.CallsWrite}); err != nil {
			return err
		}
		return s.createAsked(w, r, q, body)
	}
	return s.play(w, r, q, p)
}

// play plays the trigger default. A request with options or an Idempotency-Key asks for a call of its own; any other is
// an event.
func (s *Server) play(w http.ResponseWriter, r *http.Request, q asking, p *played) error {
	own := p.given != (trigger.Given{})
	if own { // who may play the trigger alone plays it as it is
		if err := s.allow(r, asker(r.Context()), Need{store.CallsWrite}); err != nil {
			return err
		}
	}
	e, err := s.eventOf(p)
	if err != nil {
		return err
	}
	if !own && !q.dry && q.key == "" {
		return s.unplayed(s.tell(w, r, theDefault, e, p.ignored...), trigger.Told{})
	}
	wish, told, wrong := s.Triggers.Ask(r.Context(), theDefault, e, p.given)
	if wrong == nil && told.Why != "" {
		return reply(w, http.StatusOK, shown.Told(&told))
	}
	made := s.newCall(r, wish, s.unplayed(wrong, told))
	if made.wrong == nil && len(told.Doubts) > 0 {
		made.events = append(made.events, made.Doubt(strings.Join(told.Doubts, "; "), made.CreatedAt)...)
	}
	c, replayed, err := s.create(r, q, p.same, &made)
	if !q.dry && !replayed {
		s.Triggers.Asked(told, c, err)
	}
	switch {
	case err != nil:
		return s.unplayed(err, told)
	case q.dry:
		return s.explainWish(w, r, &c)
	}
	return s.created(w, r, c, replayed, p.ignored...)
}

// eventOf is the event that a request tells of. Without a body it says nothing but that something has happened.
func (s *Server) eventOf(p *played) (*source.Event, error) {
	kind := source.JSON
	if t, err := s.Triggers.File().Named(theDefault); err == nil && len(p.event.Body) > 0 {
		kind = t.Source
	}
	return source.Read(kind, &p.event)
}

// unplayed is the answer to a request that the trigger makes no call of.
func (s *Server) unplayed(err error, told trigger.Told) error {
	if errors.Is(err, trigger.ErrNoTrigger) {
		return edge.Problem(http.StatusUnprocessableEntity, "%s", edge.Text(s.noDefault()))
	}
	err = s.untold(err, told)
	if p, ok := errors.AsType[*api.Problem](err); ok && p.Status == http.StatusUnprocessableEntity {
		asOptions(p)
	}
	return err
}

// asOptions gives the fields of a problem the names that they have as the article's options.
func asOptions(p *api.Problem) {
	const asked, option = "policy.ring_timeout", "timeout"
	for i := range p.Errors {
		if p.Errors[i].Field == asked {
			p.Errors[i].Field = option
		}
	}
	p.Detail = strings.Replace(p.Detail, ": "+asked+": ", ": "+option+": ", 1)
}

// noDefault says what is to be written into the file, so that the same request rings a phone.
func (s *Server) noDefault() error {
	yaml, below := s.Triggers.Paste(theDefault, s.Edge().Numbers.Example())
	const lacks = "there is no trigger " + theDefault + ", which this request plays: "
	switch {
	case s.Triggers.File() == nil:
		return permit.Errorf(lacks+"write this into a file, with the number that is to ring, set %s to its path, and start "+
			"redial anew: %s", permit.Triggers, yaml)
	case below:
		return permit.Errorf(lacks+"add this line below triggers: in the file of %s, and have redial read it anew "+
			"(SIGHUP): %s", permit.Triggers, yaml)
	}
	return permit.Errorf(lacks+"add this line to the file of %s, and have redial read it anew (SIGHUP): %s",
		permit.Triggers, yaml)
}
