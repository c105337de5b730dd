package page

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

const (
	mostEvents   = 500 // of a call, on its page
	mostMessages = 200 // webhooks of a call, on its page
)

// ofCall is what a call's page shows.
type ofCall struct {
	state
	*call.Call
	Root     string
	Link     string // from the root
	Title    template.HTML
	Who      template.HTML
	Number   template.HTML
	Says     template.HTML
	Waiting  []template.HTML // what keeps it from being dialed now
	Bars     []bar
	Drawing  drawing
	Facts    []fact
	Attempts []attempt
	Steps    []step
	More     bool // there are more events than the page shows
	Messages []sending
	Acts     []act
	Refused  template.HTML // why what was asked for was not done; empty: nothing was, or it was done
	Detail   string        // the same in English, where more is known
}

// ShowCall shows a call: how it stands, what can be done, and its story.
func (s *Server) ShowCall(r *http.Request, v viewer) (*view, error) {
	body, err := s.ofCall(r.Context(), v, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return s.callView(v, body), nil
}

func (s *Server) callView(v viewer, body *ofCall) *view {
	return &view{viewer: v, Page: "call", Title: body.Title, Live: body.Link + "/live", Body: body}
}

// LiveCall is what changes of a call's page.
func (s *Server) LiveCall(r *http.Request, v viewer) ([]fragment, error) {
	body, err := s.ofCall(r.Context(), v, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f := fragments{book: s.books[v.Language], page: "call"}
	for _, part := range []string{"call-lead", "picture", "attempts", "story", "messages"} {
		f.add(part, part, body)
	}
	return f.list, f.err
}

// WatchCall tells of what happens to the call of a request.
func (s *Server) WatchCall(r *http.Request) (<-chan struct{}, func()) {
	return s.Store.Watch(r.PathValue("id"))
}

// seenCall is the call with an id, if the viewer may see it.
func (s *Server) seenCall(ctx context.Context, v viewer, id string) (store.Asked, error) {
	a, err := s.Store.Asked(ctx, id)
	if only := v.Asker.OnlyOf(); err == nil && only != "" && a.By != only {
		return store.Asked{}, store.ErrNotFound
	}
	return a, err
}

// ofCall reads what the page of a call shows.
func (s *Server) ofCall(ctx context.Context, v viewer, id string) (*ofCall, error) {
	a, err := s.seenCall(ctx, v, id)
	if err != nil {
		return nil, err
	}
	events, err := s.Store.Events(ctx, id, 0, mostEvents)
	if err != nil {
		return nil, err
	}
	messages, err := s.messages(ctx, v, &a.Call)
	if err != nil {
		return nil, err
	}
	b := &ofCall{
		state: stateOf(&a.Call), Call: &a.Call, Root: v.Root, Link: "calls/" + url.PathEscape(id),
		More: len(events) == mostEvents, Messages: messages,
	}
	if err := s.describe(ctx, v, b); err != nil {
		return nil, err
	}
	if b.Steps, err = v.steps(b.Call, events); err != nil {
		return nil, err
	}
	if b.Attempts, err = v.attempts(b.Call); err != nil {
		return nil, err
	}
	if b.Drawing, err = v.drawing(b.Call); err != nil {
		return nil, err
	}
	b.Facts, err = v.facts(&a)
	b.Acts = v.acts(b.Call)
	return b, err
}

// describe says how a call stands.
func (s *Server) describe(ctx context.Context, v viewer, b *ofCall) (err error) {
	var p picture
	if b.State != call.Ended {
		if err := s.readQueue(ctx, &p); err != nil {
			return err
		}
		p.queue.Now = v.now
		if err := s.waiting(ctx, v, b, p.queue); err != nil {
			return err
		}
	}
	person := whoOf(b.Call)
	if b.Number, err = v.number(person.Number); err != nil {
		return err
	}
	if b.Who = template.HTML(template.HTMLEscapeString(person.Name)); person.Name == "" {
		b.Who = b.Number
	}
	if b.Says, err = v.doing(b.Call, p.queue); err != nil {
		return err
	}
	if b.Bars, err = v.bars(b.Call); err != nil {
		return err
	}
	b.Title, err = v.say("sentence."+b.Word[len("state."):], "Who", b.Who)
	return err
}

// waiting reads all that keeps a call from being dialed.
func (s *Server) waiting(ctx context.Context, v viewer, b *ofCall, q call.Queue) error {
	if b.State != call.Waiting {
		return nil
	}
	reasons := q.Keeps(b.Call)
	rung, err := s.Store.Rung(ctx, b.Numbers(), b.ID)
	if err != nil {
		return err
	}
	if rung && b.Held == "" {
		reasons = append(reasons, call.ErrHeld.Error())
	}
	for _, reason := range reasons {
		why, err := v.why(reason)
		if err != nil {
			return err
		}
		b.Waiting = append(b.Waiting, why)
	}
	return nil
}

// An attempt is a row of the attempts of a call.
type attempt struct {
	bar
	N      int
	Who    template.HTML
	Result template.HTML
	At     template.HTML
	Rang   string
	Talked string
	SIP    int
	Code   int
	SID    string
}

// attempts are those of a Call.
func (v viewer) attempts(c *call.Call) (list []attempt, err error) {
	bars, err := v.bars(c)
	if err != nil {
		return nil, err
	}
	for i := range c.Attempts {
		a := &c.Attempts[i]
		row := attempt{
			N: a.N, At: v.exactly(a.DialedAt, a.To), SIP: a.SIPCode, SID: a.SID, bar: bars[max(0, len(bars)-len(c.Attempts)+i)],
		}
		if row.Who, err = v.who(c, a.N); err != nil {
			return nil, err
		}
		if row.Result, err = v.say(wordOf(a)); err != nil {
			return nil, err
		}
		if rang, known := a.Rang(); known {
			row.Rang = span(rang)
		}
		if a.Duration > 0 {
			row.Talked = span(time.Duration(a.Duration) * time.Second)
		}
		if a.Refusal != nil {
			row.Code = a.Refusal.Code
		}
		list = append(list, row)
	}
	return list, nil
}

// A sending is a webhook of a call.
type sending struct {
	Type     call.EventType
	At       template.HTML
	To       string // the endpoint's id
	Role     string
	Word     string // its id in the catalogue
	Next     template.HTML
	Tries    []try
	Failures int
}

// A try is one attempt to send a message.
type try struct {
	At     template.HTML
	Status int
	Took   time.Duration
	Error  string
}

var roleOfMessage = map[store.DeliveryState]string{store.Pending: "still", store.Delivered: "ok", store.Dead: "bad"}

// messages are the webhooks of a Call, those that the viewer may see.
func (s *Server) messages(ctx context.Context, v viewer, c *call.Call) (list []sending, err error) {
	to, err := s.seenTargets(ctx, v)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.DeliveriesOf(ctx, store.DeliveryKey{CallID: c.ID}, to, mostMessages)
	if err != nil {
		return nil, err
	}
	for i := range found {
		d := &found[i]
		m := sending{
			Type: d.Type, At: v.exactly(d.At, c.To), To: d.EndpointID, Role: roleOfMessage[d.State],
			Word: "message." + string(d.State), Failures: d.Failures,
		}
		if !d.WakeAt.IsZero() {
			m.Next = v.at(d.WakeAt, c.To)
		}
		for _, t := range d.Tries {
			m.Tries = append(m.Tries, try{v.exactly(t.At, c.To), t.Status, t.Duration.Round(time.Millisecond), t.Error})
		}
		list = append(list, m)
	}
	return list, nil
}

// seenTargets are the endpoints whose messages the viewer may see, nil: all.
func (s *Server) seenTargets(ctx context.Context, v viewer) ([]string, error) {
	only := v.Asker.OnlyOf()
	if only == "" {
		return nil, nil
	}
	list, err := s.Store.Endpoints(ctx)
	list = slices.DeleteFunc(list, func(e store.Endpoint) bool { return e.By != only })
	ids := []string{store.OfCall}
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids, err
}
