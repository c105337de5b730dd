package web

import (
	"maps"
	"net/http"
	"slices"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/source"
	"redial/internal/trigger"
)

// ListTriggers shows the triggers of the file in force, by name.
func (s *Server) ListTriggers(w http.ResponseWriter, r *http.Request) error {
	var f edge.Faults
	f.Parameters(r.URL.Query())
	if err := f.Problem(); err != nil {
		return err
	}
	list := api.TriggerList{Triggers: []api.Trigger{}}
	file := s.Triggers.File()
	if file != nil {
		list.File.Hash = file.Hash
		secrets, err := s.Triggers.Secrets(r.Context(), file)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(file.Triggers)) {
			list.Triggers = append(list.Triggers, shown.Trigger(file.Triggers[name], secrets[name]))
		}
	}
	nodes, err := s.Store.Nodes(r.Context())
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if node.FileHash != list.File.Hash {
			list.File.Differing++
		}
	}
	return reply(w, http.StatusOK, list)
}

// TestTrigger says what a trigger would do about an event: without a body, about a sample. With ring it does so, too,
// and what is said begins by saying that it is a test.
func (s *Server) TestTrigger(w http.ResponseWriter, r *http.Request) error {
	var f edge.Faults
	query := r.URL.Query() // what is left of it belongs to the event
	ring := readFlag(&f, query, "ring")
	if err := f.Problem(); err != nil {
		return err
	}
	delete(query, "ring")
	sample := r.ContentLength == 0 && len(query) == 0
	t, e, err := s.event(w, r, query)
	if err != nil {
		return err
	}
	if sample {
		e = t.Sample()
	}
	e.Test = ring // in earnest it would say nothing of a test
	x, err := s.Triggers.Explain(r.Context(), t.Name, e)
	if err != nil {
		return err
	}
	answer := shown.Test(t, e, &x)
	for _, to := range answer.Recipients {
		if d := to.OnDuty; d != nil && d.Override != nil && asker(r.Context()).OnlyOf() != "" {
			d.Override.By = "" // names of API keys are for operators
		}
	}
	if !wholeNumbers(r.Context()) {
		shown.MaskTest(&answer)
	}
	if x.Call == nil {
		return reply(w, http.StatusOK, answer)
	}
	if answer.Explain, err = s.foreseen(r, &x); err != nil { // it masks, too
		return err
	}
	if ring {
		return s.ringTest(w, r, e, &answer)
	}
	return reply(w, http.StatusOK, answer)
}

// foreseen says when the call of a test would ring.
func (s *Server) foreseen(r *http.Request, x *trigger.Explained) (*api.Explanation, error) {
	known := x.Call.Clone()
	known.Policy.Jitter = 0
	e, err := s.explanation(r.Context(), x.Call, &known, x.Call.CreatedAt)
	return &e, err
}

// ringTest has a phone ring about the event of a test.
func (s *Server) ringTest(w http.ResponseWriter, r *http.Request, e *source.Event, answer *api.TriggerTest) error {
	told, err := s.Triggers.Tell(r.Context(), asker(r.Context()), answer.Trigger, e)
	if err != nil {
		return s.untold(err, told)
	}
	answer.Calls, answer.Why = shown.Told(&told).Calls, told.Why
	return reply(w, http.StatusOK, answer)
}
