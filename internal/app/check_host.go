package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"redial/internal/store/engine"
)

// outside is the transport to HOST_URL; tests have their own.
func (e *Examination) outside() http.RoundTripper {
	if e.Config.HostTransport != nil {
		return e.Config.HostTransport
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: hostTime / 2}).DialContext,
		TLSHandshakeTimeout: hostTime / 2, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader,
	}
}

// host calls HOST_URL as Twilio would.
func (e *Examination) host(ctx context.Context) []Finding {
	f := Finding{Verdict: LeftOut}
	switch {
	case !e.needs("HOST_URL", "TWILIO_AUTH_TOKEN"):
		f.Says = "HOST_URL or TWILIO_AUTH_TOKEN can't be used"
	case e.Config.HostURL == "":
		f.Says = "HOST_URL is not set: redial asks Twilio how calls go, and hears it later; " +
			"keys and answering machines need it"
	default:
		f = e.askHost(ctx)
		f.Setting = cmp.Or(f.Setting, "HOST_URL")
	}
	return about("HOST_URL", f)
}

func (e *Examination) askHost(ctx context.Context) Finding {
	a, changed, err := e.probe(ctx, e.outside(), e.Config.HostURL)
	if s, ok := errors.AsType[*strange](err); ok {
		f := e.stranger(s)
		if e.local.who != thisOne && e.local.who != nobody { // then redial can't be the one that answers
			return Finding{Verdict: LeftOut, Says: "what serves on REDIAL_LISTEN is to be mended first: " + f.Says}
		}
		return f
	}
	if err != nil {
		t := troubleOf(err)
		f := Finding{Verdict: Wrong, Says: "Twilio can't reach redial: " + t.says, Fix: t.fix}
		if t.says == timedOut {
			f.Fix = "look at the proxy or tunnel and at firewalls; " +
				"some routers let no machine call itself by its public address: then try from another one"
		}
		return f
	}
	if f, ok := alterations[changed]; ok {
		f.Verdict = Wrong
		if changed == "path" {
			f.Says += fmt.Sprintf(": %.100s", a.Path)
		}
		return f
	}
	switch {
	case !a.Valid:
		return Finding{Verdict: Wrong,
			Says: "the redial that answers has another HOST_URL than this one, and takes Twilio for somebody else",
			Fix:  "restart it with this HOST_URL"}
	case a.Instance != e.local.instance:
		return e.elsewhere()
	}
	return Finding{Verdict: Sound, Says: "leads here; path, query, body and signature arrive as they were sent"}
}

// elsewhere says what it means that another redial with the same token answers. If both use one database, it is
// another node.
func (e *Examination) elsewhere() Finding {
	f := Finding{Verdict: Wrong,
		Says: "another redial with the same token answers, which has another database, and knows none of these calls",
		Fix:  "lead HOST_URL to " + e.local.url}
	switch shared := engine.Shared(e.Config.DatabaseURL); {
	case shared && e.local.who == nobody:
		f.Verdict, f.Says, f.Fix = Warning, "another redial with the same token answers, not this machine",
			"right if there are several nodes; else lead the proxy to "+e.local.url
	case shared:
		f = Finding{Verdict: Sound, Says: "a redial with the same token answers: another node"}
	}
	return f
}

// alterations are what proxies do to a request of Twilio's. redial then refuses the request, because the signature no
// longer fits.
var alterations = map[string]Finding{
	"method": {Says: "the proxy makes another method of POST", Fix: "have it pass POST on, and redirect nowhere"},
	"path": {Says: "the proxy changes the path: redial was asked for another one",
		Fix: "have it pass the path on as it is; that of HOST_URL may be taken away"},
	"query": {Says: "the proxy drops or changes the query, in which redial finds the attempt, and which Twilio signs",
		Fix: "have it pass the query on as it is (nginx: proxy_pass without a path, or $is_args$args)"},
	"body": {Says: "the proxy drops or changes the body, which Twilio signs", Fix: "have it pass the body on as it is"},
	"signature": {Says: "the proxy drops the header X-Twilio-Signature, without which redial believes nobody",
		Fix: "have it pass the header on"},
}

// stranger says which program answers instead of redial.
func (e *Examination) stranger(s *strange) Finding {
	f := Finding{Verdict: Wrong}
	kind, _, _ := strings.Cut(s.header.Get("Content-Type"), ";")
	switch location := s.header.Get("Location"); {
	case s.header.Get("Ngrok-Error-Code") != "" || s.status == 530:
		f.Says, f.Fix = "the tunnel answers, and leads nowhere",
			"start the tunnel again, to "+e.local.url+"; a free one has another URL then"
	case s.status >= 300 && s.status < 400 && strings.HasPrefix(location, "https://") &&
		strings.HasPrefix(e.Config.HostURL, "http://") && hostOf(location) == hostOf(e.Config.HostURL):
		f.Says, f.Fix = "it redirects to https, and Twilio signs the URL that it called first",
			"set HOST_URL to the https:// URL"
	case s.status >= 300 && s.status < 400:
		f.Says, f.Fix = fmt.Sprintf("it redirects (status %d) to %s, where Twilio's signature is another URL's",
			s.status, bare(location)),
			"set HOST_URL to the URL behind the redirect, or let /twilio_api/ through without one"
	case kind == "application/problem+json" && s.status == http.StatusForbidden:
		f.Says, f.Setting, f.Fix = "a redial answers that has another TWILIO_AUTH_TOKEN, "+
			"or gets no header X-Redial-Probe from the proxy",
			"TWILIO_AUTH_TOKEN",
			"give both the same token, or lead HOST_URL to this one"
	case kind == "application/problem+json" && isProblem(s.body):
		f.Says, f.Fix = fmt.Sprintf("a redial answers, with status %d, that is older than this one, "+
			"or behind a proxy that drops the header X-Redial-Probe", s.status),
			"bring it up to date, and have the proxy pass headers and path on"
	case s.status == http.StatusForbidden:
		f.Says, f.Fix = "somebody before redial turns Twilio's requests away (status 403)",
			"let /twilio_api/ through: without a login, from any address and with POST; Twilio signs what it sends"
	case s.status == http.StatusMethodNotAllowed, s.status == http.StatusNotImplemented:
		f.Says, f.Fix = fmt.Sprintf("what answers takes no POST (status %d), and Twilio sends nothing else", s.status),
			"let POST through to "+e.local.url
	case s.status == http.StatusBadRequest && strings.HasPrefix(e.Config.HostURL, "http://") &&
		strings.Contains(string(s.body), "HTTPS"):
		f.Says, f.Fix = "what listens there speaks TLS", "set HOST_URL to the https:// URL" // nginx, Apache and Go say so
	case s.status == http.StatusUnauthorized, s.status == http.StatusProxyAuthRequired:
		f.Says, f.Fix = fmt.Sprintf("somebody before redial wants a login (status %d)", s.status),
			"let /twilio_api/ through without one: Twilio signs what it sends"
	case s.status == 502 || s.status == 503 || s.status == 504 || s.status > 519 && s.status < 530:
		f.Says, f.Fix = fmt.Sprintf("the proxy reaches no redial (status %d)", s.status),
			"lead it to http://"+dialable(e.Config.Listen)
	default:
		f.Says = fmt.Sprintf("another program answers (status %d, %.40s), or a login page",
			s.status, cmp.Or(kind, "without a type"))
		f.Fix = "lead HOST_URL, or the proxy behind it, to http://" + dialable(e.Config.Listen)
	}
	return f
}

func isProblem(body []byte) bool {
	var p struct {
		Detail string `json:"detail"`
	}
	return json.Unmarshal(body, &p) == nil && p.Detail != ""
}
