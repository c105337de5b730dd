package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/permit"
	"redial/internal/shown"
	"redial/internal/store"
)

const (
	cancelPage = 200 // calls that are looked up at once
	canceledAt = 50  // calls that are canceled at once: they share commits
	// cancelTime is for the cancels of one request. The client asks again for what is left.
	cancelTime = 10 * time.Second
	mostLeft   = 1000 // calls that are counted
)

// RevokeKey ends all API keys of a name, or the one with an id. With cancel it also cancels the calls of the name, and
// removes its endpoints; where that was begun before, it goes on.
func (s *Server) RevokeKey(w http.ResponseWriter, r *http.Request) error {
	var f edge.Faults
	f.Parameters(r.URL.Query(), "cancel")
	cancel := readFlag(&f, r.URL.Query(), "cancel")
	if err := f.Problem(); err != nil {
		return err
	}
	ctx := r.Context()
	out, since, err := s.revoke(ctx, r.PathValue("name"), cancel)
	if err != nil {
		return err
	}
	if cancel {
		if err := s.endAllOf(ctx, w, out, since.Add(inFlight)); err != nil {
			return err
		}
		if since.IsZero() && out.Canceled+len(out.Removed) == 0 {
			return store.ErrNoKey // nobody ever had this name
		}
	}
	if !out.StillWorks {
		if err := s.leftOf(ctx, out); err != nil {
			return err
		}
	}
	return reply(w, http.StatusOK, out)
}

// revoke ends keys, and says when the last of their name was revoked. If what the name made is to be canceled, they
// may have been revoked before.
func (s *Server) revoke(
	ctx context.Context, nameOrID string, cancel bool,
) (out *api.Revoked, since time.Time, err error) {
	all, _, err := s.Store.Keys(ctx)
	if err != nil {
		return nil, since, err
	}
	name := nameOrID
	if i := slices.IndexFunc(all, func(k store.Key) bool { return k.ID == nameOrID }); i >= 0 {
		name = all[i].Name
	}
	now := s.Store.KeyRing.Now()
	stay := slices.DeleteFunc(slices.Clone(all), func(k store.Key) bool { return !k.Works(now) })
	ended, err := s.Store.RevokeKeys(ctx, asker(ctx), store.Revocation{Of: nameOrID, At: now,
		Refuse: func(others []store.Key) error {
			stay = others
			return s.mayRevoke(name, cancel, stay)
		},
	})
	if again := cancel && errors.Is(err, store.ErrNoKey) && !asker(ctx).Keyless; again {
		err = s.mayRevoke(name, cancel, stay)
	}
	if err != nil {
		return nil, since, err
	}
	out = &api.Revoked{Name: name, Keys: []api.Key{}, StillWorks: s.isConfigured(name) || len(ofName(stay, name)) > 0}
	for i, k := range ended {
		out.Keys = append(out.Keys, shown.Key(&ended[i]))
		s.Log.Info("API key revoked", "key", k.ID, "name", k.Name, "by", asker(ctx).Name)
	}
	for _, k := range ofName(slices.Concat(all, ended), name) {
		if k.RevokedAt.After(since) {
			since = k.RevokedAt
		}
	}
	return out, since, nil
}

func ofName(list []store.Key, name string) []store.Key {
	return slices.DeleteFunc(slices.Clone(list), func(k store.Key) bool { return k.Name != name })
}

// isConfigured says whether a key of the configuration has this name.
func (s *Server) isConfigured(name string) bool {
	return slices.ContainsFunc(s.keys, func(k envKey) bool { return k.name == name })
}

// mayRevoke refuses to cancel what a name made that goes on, and to leave nobody who can manage keys. stay are the
// keys of the database that work then.
func (s *Server) mayRevoke(name string, cancel bool, stay []store.Key) error {
	admin := func(k store.Key) bool { return slices.Contains(k.Scopes, store.Admin) }
	switch {
	case cancel && s.isConfigured(name):
		err := permit.Errorf("%s has a key of the name %s, which goes on: remove it there, and restart redial; "+
			"then its calls can be canceled", permit.APIKeys, name)
		return edge.Problem(http.StatusConflict, "%s", edge.Text(err))
	case cancel && len(ofName(stay, name)) > 0:
		return edge.Problem(http.StatusConflict, "another API key of the name %s works, and calls belong to the name: "+
			"revoke the name to cancel its calls, or this key without canceling", name)
	case len(s.keys) == 0 && !slices.ContainsFunc(stay, admin):
		return edge.Problem(http.StatusConflict, "nobody could manage API keys any more: "+
			"make another key with the scope admin first, or rotate this one with the overlap 0s, which ends it at once")
	}
	return nil
}

// endAllOf cancels the calls of a name, and removes its endpoints, until a look that began late enough finds none, or
// the time of a request is over.
func (s *Server) endAllOf(ctx context.Context, w http.ResponseWriter, out *api.Revoked, settled time.Time) error {
	extend(w, cancelTime+writeTime)
	for until := time.Now().Add(cancelTime); ; {
		began := s.Store.KeyRing.Now()
		found, err := s.endSomeOf(ctx, out)
		switch {
		case err != nil:
			return err
		case !found && !began.Before(settled):
			return nil
		case !time.Now().Before(until) || s.isClosing():
			out.More = true
			return nil
		case !found:
			select {
			case <-time.After(min(settled.Sub(began), time.Until(until))):
			case <-ctx.Done():
				return ctx.Err()
			case <-s.closing:
			}
		}
	}
}

// endSomeOf does a step of it, and says whether it found anything.
func (s *Server) endSomeOf(ctx context.Context, out *api.Revoked) (found bool, err error) {
	endpoints, err := s.Store.EndpointsOf(ctx, out.Name)
	if err != nil {
		return false, err
	}
	for _, id := range endpoints { // first: whoever has the key is told nothing more
		if err := s.Store.RemoveEndpoint(ctx, asker(ctx), id); err != nil && !errors.Is(err, store.ErrNoEndpoint) {
			return true, err
		}
		s.Log.Info("webhook endpoint removed", "endpoint", id, "by", asker(ctx).Name)
		out.Removed = append(out.Removed, id)
	}
	ids, err := s.Store.GoingOn(ctx, out.Name, cancelPage)
	if err != nil {
		return true, err
	}
	var canceled atomic.Int64
	all, within := errgroup.WithContext(ctx)
	all.SetLimit(canceledAt)
	for _, id := range ids {
		all.Go(func() error {
			did, err := s.cancel(within, id)
			if did {
				canceled.Add(1)
			}
			return err
		})
	}
	err = all.Wait()
	out.Canceled += int(canceled.Load())
	return len(endpoints)+len(ids) > 0, err
}

// cancel cancels a call, and says whether that changed anything.
func (s *Server) cancel(ctx context.Context, id string) (did bool, err error) {
	now := s.Store.Now()
	_, err = s.Store.ChangeBy(ctx, asker(ctx), id, now, func(c *call.Call) ([]call.Event, error) {
		events := c.Cancel(false, asker(ctx).Name, now)
		did = len(events) > 0
		return events, nil
	})
	if errors.Is(err, store.ErrNotFound) { // it ended just now, and its row is gone
		return false, nil
	}
	return did && err == nil, err
}

// leftOf says what of a name goes on.
func (s *Server) leftOf(ctx context.Context, out *api.Revoked) (err error) {
	if out.CallsLeft, err = s.Store.CountGoingOn(ctx, out.Name, mostLeft); err != nil {
		return err
	}
	out.EndpointsLeft, err = s.Store.EndpointsOf(ctx, out.Name)
	return err
}
