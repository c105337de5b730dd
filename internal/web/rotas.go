package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
	"redial/internal/trigger"
)

const (
	defaultDays  = 14 // of duties that are shown
	maxDays      = 366
	maxDuties    = 200                       // that are shown
	rotaReach    = 10 * 366 * 24 * time.Hour // before and after now, of what is asked for
	longestShift = maxDays * 24 * time.Hour  // from now until the end of an override
	maxOverlaps  = 20                        // that an answer lists
)

// ListRotas shows the rotas of the file in force, by name, and who is on duty now.
func (s *Server) ListRotas(w http.ResponseWriter, r *http.Request) error {
	var f edge.Faults
	f.Parameters(r.URL.Query())
	if err := f.Problem(); err != nil {
		return err
	}
	now := s.Store.Now()
	overrides, err := s.overrides(r.Context(), now)
	if err != nil {
		return err
	}
	out := api.RotaList{Rotas: []api.Rota{}}
	if file := s.Triggers.File(); file != nil {
		for _, name := range slices.Sorted(maps.Keys(file.Rotas)) {
			out.Rotas = append(out.Rotas, shown.Rota(file, name, now, overrides))
		}
	}
	return reply(w, http.StatusOK, out)
}

// overrides are those of all rotas that tell who is on duty at a time, and since when: also some that are over then.
// Names of API keys are for operators.
func (s *Server) overrides(ctx context.Context, at time.Time) ([]store.Override, error) {
	list, err := s.Store.Overrides(ctx, at.Add(-maxDays*24*time.Hour))
	for i := range list {
		if asker(ctx).OnlyOf() != "" {
			list[i].By = ""
		}
	}
	return list, err
}

// GetRota shows who is on duty in a rota at a moment, who is next, and its overrides.
func (s *Server) GetRota(w http.ResponseWriter, r *http.Request) error {
	file, name := s.Triggers.File(), strings.ToLower(r.PathValue("name"))
	rota, err := file.Rota(name)
	if err != nil {
		return err
	}
	at, days, err := s.readSpan(r)
	if err != nil {
		return err
	}
	all, err := s.overrides(r.Context(), at)
	if err != nil {
		return err
	}
	out, known := shown.Rota(file, name, at, all), file.Known(name, all)
	next, more := rota.Duties(out.OnDuty.Until, at.Add(time.Duration(days)*24*time.Hour), known, maxDuties)
	out.More = more
	for _, d := range next {
		out.Next = append(out.Next, shown.Duty(name, file.People[d.Person].Name, d))
	}
	for i := range all {
		if all[i].Rota == name && all[i].Until.After(at) {
			out.Overrides = append(out.Overrides, shown.Override(&all[i]))
		}
	}
	return reply(w, http.StatusOK, out)
}

// readSpan reads the moment that a request asks about, and the days after it.
func (s *Server) readSpan(r *http.Request) (at time.Time, days int, err error) {
	v, now := r.URL.Query(), s.Store.Now()
	at, days = now, defaultDays
	var f edge.Faults
	f.Parameters(v, "at", "days")
	if text := v.Get("at"); v.Has("at") {
		m, err := api.ParseMoment(text)
		f.Wrong("at", err)
		if at = momentAfter(m, now); err == nil && (at.Before(now.Add(-rotaReach)) || at.After(now.Add(rotaReach))) {
			f.Add("at", "must be within ten years")
		}
	}
	if text := v.Get("days"); v.Has("days") {
		if days, err = strconv.Atoi(text); err != nil || days < 1 || days > maxDays {
			f.Add("days", "must be from 1 to "+strconv.Itoa(maxDays))
		}
	}
	return at, days, f.Problem()
}

// momentAfter is a moment whose duration counts from a time.
func momentAfter(m api.Moment, from time.Time) time.Time {
	at := m.At
	if at.IsZero() {
		at = from.Add(m.After.Std())
	}
	return at.UTC().Truncate(time.Microsecond)
}

// CreateOverride puts somebody on duty in a rota for a while.
func (s *Server) CreateOverride(w http.ResponseWriter, r *http.Request) error {
	file, name := s.Triggers.File(), strings.ToLower(r.PathValue("name"))
	if _, err := file.Rota(name); err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	wanted, err := readOverride(body, file, s.Store.Now())
	if err != nil {
		return err
	}
	wanted.Rota = name
	made, over, err := s.Triggers.Overrides.Add(r.Context(), asker(r.Context()), wanted)
	if err != nil {
		return err
	}
	s.Log.Info("override of a rota made", "override", made.ID, "rota", made.Rota, "person", made.Person,
		"from", made.From, "until", made.Until, "by", made.By)
	out := shown.Override(&made)
	for _, o := range over[:min(len(over), maxOverlaps)] {
		out.Overlaps = append(out.Overlaps, api.Overlap{ID: o.ID, Person: o.Person, From: o.From, Until: o.Until})
	}
	return reply(w, http.StatusCreated, out)
}

// readOverride reads who is to be on duty, and when. What has passed of that counts for nothing.
func readOverride(body []byte, file *trigger.File, now time.Time) (o store.Override, err error) {
	var from, until *api.Moment
	var f edge.Faults
	f.Object(body, "", edge.Fields{{"person", &o.Person}, {"from", &from}, {"until", &until}})
	if !f.None() {
		return o, f.Problem()
	}
	begins := now
	if from != nil {
		begins = momentAfter(*from, now)
	}
	if o.From = begins; begins.Before(now) {
		o.From = now
	}
	if o.Person = strings.ToLower(o.Person); o.Person == "" {
		f.Add("person", "is missing: write who is to be on duty, as the file calls them")
	} else {
		f.Wrong("person", file.CheckPerson(o.Person))
	}
	if until == nil {
		f.Add("until", `is missing: write how long, such as "8h", or a time, such as "2026-12-24T18:00:00+09:00"`)
		return o, f.Problem()
	}
	switch o.Until = momentAfter(*until, begins); {
	case !o.Until.After(now):
		f.Add("until", "must be after now, which is "+now.Format(time.RFC3339))
	case !o.Until.After(o.From):
		f.Add("until", "must be after from, which is "+o.From.UTC().Format(time.RFC3339))
	case o.Until.Sub(now) > longestShift:
		f.Add("until", "must be within "+strconv.Itoa(maxDays)+" days from now: change the file for longer")
	}
	return o, f.Problem()
}

// EndOverride ends an override of a rota now.
func (s *Server) EndOverride(w http.ResponseWriter, r *http.Request) error {
	ctx, name := r.Context(), strings.ToLower(r.PathValue("name"))
	id, err := s.overrideID(ctx, name, r.PathValue("id"))
	if err != nil {
		return err
	}
	was, err := s.Triggers.Overrides.End(ctx, asker(ctx), name, id)
	if err != nil {
		return err
	}
	s.Log.Info("override of a rota ended", "override", was.ID, "rota", was.Rota, "person", was.Person,
		"by", asker(ctx).Name)
	return reply(w, http.StatusOK, shown.Override(&was))
}
