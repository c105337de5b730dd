package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"redial/internal/edge"
	"redial/internal/store"
)

const (
	idDigits = 32 // of a call's id, which is a UUID
	// shortestID is how many digits of an id must be given. These tell the minute in which the call was made; fewer would
	// find calls that were not meant.
	shortestID = 8
	shortestOf = 4 // characters of an endpoint's id, behind its kind
	candidates = 5 // that an answer lists
)

// OfCall replaces the beginning of a call's id in the path by the whole id.
func (s *Server) OfCall(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := s.callID(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		r.SetPathValue("id", id)
		return h(w, r)
	}
}

// callID returns the id that begins with a text, of a call that the asker may see: others are not there for it. It
// returns the text itself if no id can begin so: no call will be found by it.
func (s *Server) callID(ctx context.Context, text string) (string, error) {
	only := asker(ctx).OnlyOf()
	digits := strings.ToLower(strings.ReplaceAll(text, "-", ""))
	switch n := len(digits); {
	case n > idDigits, n == 0, strings.Trim(digits, "0123456789abcdef") != "":
		return text, nil
	case n == idDigits && only == "":
		return uuidOf(digits), nil
	case n < shortestID:
		var f edge.Faults
		f.Add("id", "is too short: give the call's id, or at least the first eight characters of it")
		return "", f.Problem()
	}
	from, to := idsWith(digits)
	found, err := s.Store.Between(ctx, from, to, only, candidates+1)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", store.ErrNotFound
	case len(found) > 1:
		return "", ambiguous(text, "calls", found)
	}
	return found[0], nil
}

// sees says whether the asker may see the call with an id.
func (s *Server) sees(ctx context.Context, id string) bool {
	_, err := s.callID(ctx, id)
	return err == nil
}

// idsWith returns the first and the last possible id that begin with some digits. Both are whole ids, so that the range
// between them is right in any collation, also in one that ignores hyphens.
func idsWith(digits string) (from, to string) {
	missing := idDigits - len(digits)
	return uuidOf(digits + strings.Repeat("0", missing)), uuidOf(digits + strings.Repeat("f", missing))
}

// uuidOf writes the digits of an id as the id is written.
func uuidOf(digits string) string {
	return strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-")
}

// ambiguous lists the ids that begin alike, up to a bound.
func ambiguous(text, what string, found []string) error {
	list, more := found, ""
	if len(found) > candidates {
		list, more = found[:candidates], ", and more"
	}
	return edge.Problem(http.StatusConflict, "%s is the beginning of the ids of several %s: %s%s; give more of it",
		text, what, strings.Join(list, ", "), more)
}

// OfEndpoint does for the ids of endpoints what OfCall does for those of calls.
func (s *Server) OfEndpoint(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := s.endpointID(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		r.SetPathValue("id", id)
		return h(w, r)
	}
}

// endpointID returns the id of the endpoint that begins with a text, of those that the asker may see. It reads all
// endpoints, which are few.
func (s *Server) endpointID(ctx context.Context, text string) (string, error) {
	if text == store.OfCall {
		return text, nil
	}
	all, err := s.seenEndpoints(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range all {
		switch {
		case e.ID == text:
			return text, nil
		case hasPrefixFold(e.ID, text):
			found = append(found, e.ID)
		}
	}
	_, own, _ := strings.Cut(text, "_")
	switch {
	case len(found) == 0:
		return "", store.ErrNoEndpoint
	case len(own) < shortestOf:
		var f edge.Faults
		f.Add("id", "is too short: give the endpoint's id, or at least the first four characters behind the _ in it")
		return "", f.Problem()
	case len(found) > 1:
		return "", ambiguous(text, "endpoints", found)
	}
	return found[0], nil
}

// overrideID returns the id of the override of a rota that begins with a text, of those that are not over; the text
// itself if none does.
func (s *Server) overrideID(ctx context.Context, rota, text string) (string, error) {
	all, err := s.Store.Overrides(ctx, s.Store.Now())
	if err != nil {
		return "", err
	}
	var found []string
	for _, o := range all {
		if o.Rota == rota && hasPrefixFold(o.ID, text) {
			found = append(found, o.ID)
		}
	}
	_, own, _ := strings.Cut(text, "_")
	switch {
	case len(found) == 0:
		return text, nil
	case len(own) < shortestOf:
		var f edge.Faults
		f.Add("id", "is too short: give the override's id, or at least the first four characters behind the _ in it")
		return "", f.Problem()
	case len(found) > 1:
		return "", ambiguous(text, "overrides", found)
	}
	return found[0], nil
}

// seenEndpoints are those that the asker may see.
func (s *Server) seenEndpoints(ctx context.Context) ([]store.Endpoint, error) {
	list, err := s.Store.Endpoints(ctx)
	if only := asker(ctx).OnlyOf(); only != "" {
		list = slices.DeleteFunc(list, func(e store.Endpoint) bool { return e.By != only })
	}
	return list, err
}

// seenTargets are the ids of the endpoints whose deliveries the asker may see, and store.OfCall; nil: all.
func (s *Server) seenTargets(ctx context.Context) ([]string, error) {
	if asker(ctx).OnlyOf() == "" {
		return nil, nil
	}
	list, err := s.seenEndpoints(ctx)
	ids := []string{store.OfCall}
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids, err
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// message finds a Delivery to an endpoint by its webhook-id. The beginning of the call's id is enough in it, and the
// event may be left out if it is the only one.
func (s *Server) message(ctx context.Context, endpoint, text string) (store.DeliveryKey, error) {
	callID, seq, whole := store.ParseEventID(text)
	if !whole {
		var ours bool
		if callID, ours = strings.CutPrefix(text, store.EventPrefix); !ours {
			return store.DeliveryKey{}, store.ErrNotFound
		}
	}
	callID, err := s.callID(ctx, strings.TrimSuffix(callID, "_"))
	k := store.DeliveryKey{CallID: callID, EndpointID: endpoint, Seq: seq}
	if err != nil || whole {
		return k, err
	}
	sent, err := s.Store.DeliveriesOf(ctx, k, []string{endpoint}, candidates+1)
	if err != nil {
		return k, err
	}
	switch len(sent) {
	case 0:
		return k, edge.Problem(http.StatusNotFound, "nothing was sent there of this call")
	case 1:
		return sent[0].DeliveryKey, nil
	}
	ids := make([]string, len(sent))
	for i := range sent {
		ids[i] = sent[i].EventID()
	}
	return k, ambiguous(text, "messages", ids)
}
