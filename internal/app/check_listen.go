package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"redial/internal/twilio"
	"redial/internal/web"
)

const localTime = 5 * time.Second // for an answer of this machine

// findLocal finds out which program listens at REDIAL_LISTEN. If there is none, and HOST_URL is to be examined, this
// process answers probes there until end is called.
func (e *Examination) findLocal(ctx context.Context) (end func()) {
	end = func() {}
	if !e.needs("REDIAL_LISTEN") {
		e.local.url = "where redial listens"
		return end
	}
	e.local.url = "http://" + dialable(e.Config.Listen)
	if e.Live { // a health check runs every few seconds: it must not take the address, not even for a moment
		e.local.who = e.meet(ctx)
		return end
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", e.Config.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.local.who = e.meet(ctx)
		return end
	case err != nil:
		e.local.who, e.local.err = nowhere, err
		return end
	}
	prober := twilio.NewProber(e.Config.HostURL, e.Config.AuthTokens)
	server := &http.Server{
		Handler: web.Stand(prober), ReadHeaderTimeout: localTime, ReadTimeout: localTime, WriteTimeout: localTime,
	}
	go server.Serve(l) // until server.Close
	e.local.instance = prober.Instance()
	return func() { server.Close() }
}

// meet finds out which program listens there.
func (e *Examination) meet(ctx context.Context) who {
	if len(e.Config.AuthTokens) > 0 && e.Config.AuthTokens[0] != "" {
		a, _, err := e.probe(ctx, here(), e.local.url)
		switch {
		case err == nil:
			e.local.instance = a.Instance
			return thisOne
		case troubleOf(err).says == timedOut: // the next question would not be answered either
			return otherKind
		}
	}
	status, header, body, err := e.get(ctx, e.local.url+"/healthz")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nobody
	case err != nil || status != http.StatusOK || !isStatus(header, body, "ok"):
		return otherKind
	case len(e.Config.AuthTokens) > 0:
		return otherOne
	}
	return thisOne
}

// isStatus says whether an answer is redial's own report of its state.
func isStatus(header http.Header, body []byte, want string) bool {
	var v struct {
		Status string `json:"status"`
	}
	isJSON := strings.HasPrefix(header.Get("Content-Type"), "application/json")
	return isJSON && json.Unmarshal(body, &v) == nil && v.Status == want
}

// get asks a program of this machine.
func (e *Examination) get(ctx context.Context, link string) (status int, header http.Header, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, localTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	return exchange(here(), r)
}

// here is the transport to programs of this machine: it uses no proxy.
func here() http.RoundTripper {
	return &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: localTime, MaxResponseHeaderBytes: maxHeader}
}

// listening says which program listens and, if it is a redial, in what state it is.
func (e *Examination) listening(ctx context.Context) []Finding {
	at := e.Config.Listen
	f := Finding{Verdict: Wrong, Setting: "REDIAL_LISTEN"}
	switch {
	case !e.needs("REDIAL_LISTEN"):
		f = Finding{Verdict: LeftOut, Says: "REDIAL_LISTEN can't be read"}
	case e.local.who == nowhere:
		f.Says, f.Stops = "redial can't listen on "+at+": "+reasonOf(e.local.err), true
		f.Fix = "name an address of this machine, and a port that is free; one below 1024 needs root"
	case e.local.who == otherKind:
		f.Says, f.Stops = "another program listens on "+at+", or a redial that hangs", true
		f.Fix = "end it, or set REDIAL_LISTEN to another port, and lead the proxy there (ss -ltnp tells which program)"
	case e.local.who == otherOne:
		f.Says = "a redial listens on " + at + " that has another TWILIO_AUTH_TOKEN, or is older than this one"
		f.Setting, f.Fix = "TWILIO_AUTH_TOKEN", "restart it with these settings, or look at it with its own"
	case e.local.who == nobody && e.Live:
		f.Says, f.Fix = "no redial serves on "+at, "start it: redial serve"
	case e.local.who == nobody:
		f = Finding{Verdict: Sound, Says: at + " is free: no redial serves here now"}
	default:
		f = e.ready(ctx)
	}
	return about("serve", f)
}

// ready asks the redial that serves here whether it can work.
func (e *Examination) ready(ctx context.Context) Finding {
	status, header, body, err := e.get(ctx, e.local.url+"/readyz")
	switch {
	case err != nil:
		return Finding{Verdict: Wrong,
			Says: "redial serves on " + e.Config.Listen + ", and does not answer: " + reasonOf(err), Setting: "REDIAL_LISTEN",
			Fix: "look at its log, and restart it"}
	case isStatus(header, body, "ready"):
		return Finding{Verdict: Sound, Says: "redial serves on " + e.Config.Listen + ", and is ready"}
	case status == http.StatusServiceUnavailable:
		return Finding{Verdict: Wrong, Says: "redial serves on " + e.Config.Listen + ", and can't use its database",
			Setting: "DATABASE_URL",
			Fix:     "look at the database: its log says why"}
	}
	return Finding{Verdict: Wrong,
		Says:    fmt.Sprintf("what serves on %s is not ready: HTTP status %d", e.Config.Listen, status),
		Setting: "REDIAL_LISTEN", Fix: "look at its log"}
}
