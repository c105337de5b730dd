package sim

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"strings"
)

// control serves sim's own API: what was asked for, what rang, and what is to happen.
func (s *Sim) control(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	v, err := s.controlled(r)
	_, isNotNow := errors.AsType[notNow](err)
	switch {
	case errors.Is(err, errNoControl), errors.Is(err, errNoCall):
		http.Error(w, err.Error(), http.StatusNotFound)
	case isNotNow:
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case v == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(v) // the client may have gone
	}
}

var errNoControl = errors.New("there are GET /sim/requests, /sim/legs, /sim/scripts, /sim/default, /sim/faults, " +
	"/sim/account; PUT /sim/scripts, /sim/scripts/NUMBER, /sim/default, /sim/faults, /sim/account, /sim/suspend; " +
	"POST /sim/reset, /sim/legs/SID/answer, decline, ignore, press or hang-up")

func (s *Sim) controlled(r *http.Request) (any, error) {
	number, one := strings.CutPrefix(r.URL.Path, "/sim/scripts/")
	call, isCall := strings.CutPrefix(r.URL.Path, "/sim/legs/")
	switch what := r.Method + " " + r.URL.Path; {
	case what == "GET /sim/requests":
		return s.Requests(), nil
	case what == "GET /sim/legs":
		return s.Legs(), nil
	case what == "GET /sim/scripts":
		s.mu.Lock()
		defer s.mu.Unlock()
		return maps.Clone(s.sources), nil
	case what == "PUT /sim/scripts":
		return nil, read(r, func(all map[string]string) error {
			for number, script := range all {
				if err := s.Script(number, script); err != nil {
					return err
				}
			}
			return nil
		})
	case r.Method == http.MethodPut && one:
		return nil, read(r, func(script string) error { return s.Script(number, script) })
	case what == "GET /sim/default":
		return s.currentDefault(), nil
	case what == "PUT /sim/default":
		return nil, read(r, s.SetDefault)
	case r.Method == http.MethodPost && isCall:
		sid, deed, _ := strings.Cut(call, "/")
		if deed != pressKeys {
			return nil, s.Act(sid, deed, "")
		}
		return nil, read(r, func(keys string) error { return s.Act(sid, deed, keys) })
	case what == "GET /sim/faults":
		return s.currentFaults(), nil
	case what == "PUT /sim/faults":
		return nil, read(r, s.SetFaults)
	case what == "GET /sim/account":
		return s.currentAccount(), nil
	case what == "PUT /sim/account":
		return nil, read(r, s.SetAccount)
	case what == "PUT /sim/suspend":
		return nil, read(r, func(v struct {
			Code   int `json:"code"`
			Status int `json:"status"`
		}) error {
			s.SuspendWith(cmp.Or(v.Status, http.StatusUnauthorized), v.Code)
			return nil
		})
	case what == "POST /sim/reset":
		s.reset()
		return nil, nil
	}
	return nil, errNoControl
}

// read decodes the body and passes it to do.
func read[T any](r *http.Request, do func(T) error) error {
	var v T
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return err
	}
	return do(v)
}

// reset forgets scripts, faults and what has happened; calls under way go on.
func (s *Sim) reset() {
	defer s.stir()
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.scripts)
	clear(s.sources)
	clear(s.former)
	clear(s.used)
	clear(s.byNumber)
	s.others = cmp.Or(s.conf.Default, "answer")
	s.fallback, _ = parseScript(s.others) // New has taken it
	s.requests, s.calls, s.phones, s.faults, s.account, s.suspended = nil, nil, nil, Faults{}, Account{}, 0
}

// guarded serves h to this machine only. A page of another site, open in a browser on this machine, may change nothing.
func guarded(h http.Handler) http.Handler {
	h = http.NewCrossOriginProtection().Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			http.Error(w, "the control API and the page of the phones serve this machine only", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
