package page

import (
	"encoding/json"
	"errors"
	"net/http"

	"redial/api"
	"redial/internal/call"
	"redial/internal/shown"
	"redial/internal/store"
)

// CancelCall cancels a call. Who is listening hears it to the end.
func (s *Server) CancelCall(r *http.Request, v viewer) (*view, error) {
	now := s.Store.Now()
	return s.change(r, v, func(c *call.Call) ([]call.Event, error) { return c.Cancel(false, v.Asker.Name, now), nil })
}

// HangUpCall cancels a call, and ends conversations.
func (s *Server) HangUpCall(r *http.Request, v viewer) (*view, error) {
	now := s.Store.Now()
	return s.change(r, v, func(c *call.Call) ([]call.Event, error) { return c.Cancel(true, v.Asker.Name, now), nil })
}

// RedialCall asks for the next dial at once.
func (s *Server) RedialCall(r *http.Request, v viewer) (*view, error) {
	now := s.Store.Now()
	return s.change(r, v, func(c *call.Call) ([]call.Event, error) { return c.Redial(v.Asker.Name, now) })
}

// change runs a step on the call of a request, and shows the call; why it was refused stands there.
func (s *Server) change(r *http.Request, v viewer, step store.Step) (*view, error) {
	id := r.PathValue("id")
	if _, err := s.seenCall(r.Context(), v, id); err != nil {
		return nil, err
	}
	_, err := s.Store.ChangeBy(r.Context(), v.Asker, id, s.Store.Now(), step)
	if err == nil {
		return &view{viewer: v, Redirect: "calls/" + id}, nil
	}
	why, bad := v.refused(err)
	if bad != nil || why == "" {
		return nil, errors.Join(bad, err)
	}
	return s.refusedCall(r, v, trouble{Sentence: why})
}

// refusedCall shows the call of a request, with why what was asked for was not done.
func (s *Server) refusedCall(r *http.Request, v viewer, why trouble) (*view, error) {
	v.Root = rootOf(r.URL.Path)
	body, err := s.ofCall(r.Context(), v, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	body.Refused, body.Detail = why.Sentence, why.Detail
	shown := s.callView(v, body)
	shown.Here = body.Link
	shown.Status, shown.Live = http.StatusConflict, "" // what is live would take the refusal away
	return shown, nil
}

// AgainCall makes a call as an ended one was, by the same door as any other: what it was asked for may not be permitted
// any more. Whoever sends the form twice gets the same call.
func (s *Server) AgainCall(r *http.Request, v viewer) (*view, error) {
	was, err := s.seenCall(r.Context(), v, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(wishOf(&was.Call))
	if err != nil {
		return nil, err
	}
	now := s.Store.Now()
	wish, err := s.Edge().Wish(body, now)
	if err != nil {
		return s.notAgain(r, v, err)
	}
	wish.By = v.Asker.Name
	c, events, err := call.New(wish, now)
	if err != nil {
		return s.notAgain(r, v, err)
	}
	once := store.Idempotency{Scope: "page:" + v.Asker.Name, Key: was.ID + " " + r.PostFormValue("once"), Hash: was.ID}
	c, _, err = s.Store.Create(r.Context(), v.Asker, c, events, once)
	if err != nil {
		return s.notAgain(r, v, err)
	}
	return &view{viewer: v, Redirect: "calls/" + c.ID}, nil
}

// notAgain says why no call was made.
func (s *Server) notAgain(r *http.Request, v viewer, err error) (*view, error) {
	p, wrong := errors.AsType[*api.Problem](err)
	tooMany, bounded := errors.AsType[*store.TooManyError](err)
	why, bad := v.say("refused.again")
	switch {
	case bad != nil:
		return nil, bad
	case wrong && len(p.Errors) > 0:
		return s.refusedCall(r, v, trouble{why, p.Errors[0].Field + " " + p.Errors[0].Detail})
	case wrong:
		return s.refusedCall(r, v, trouble{why, p.Detail})
	case bounded:
		return s.refusedCall(r, v, trouble{why, tooMany.Error()})
	}
	return nil, err
}

// wishOf is what an ended call was asked for, to be asked for again now: without times that are over.
func wishOf(c *call.Call) api.CreateCall {
	was := shown.Call(c)
	policy := was.Policy
	policy.Preset, policy.NotBefore = "", nil
	if policy.Deadline != nil && policy.Deadline.After == 0 {
		policy.Deadline = nil
	}
	return api.CreateCall{
		To: was.To, People: was.People, From: was.From, Say: was.Say, Twiml: was.Twiml, URL: was.URL, Policy: &policy,
		Options: c.Options, Metadata: was.Metadata, Webhook: was.Webhook,
	}
}
