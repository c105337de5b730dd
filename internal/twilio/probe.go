package twilio

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ProbePath is the path under HostURL of requests that ask redial what they look like when they
// arrive. They change nothing.
const ProbePath = "/twilio_api/probe"

// probeHeader proves that the asking redial has a token, and in the answer that the other one has it,
// too. Twilio's signature could not: a proxy that changes the request breaks it, and just then somebody
// wants to know what has arrived.
const probeHeader = "X-Redial-Probe"

// A probe has names and values that proxies tend to change: they order them anew, write them in
// another way, or decode them twice.
const probeQuery = "z=1&attempt=a%2Fb.1+c%20d&empty=&z=0&a=%E9%9B%BB%252B"

const maxProbe = 1 << 10 // bytes of a probe's body, and of what is told of its URL

// Prober answers the probes of everybody who has one of the tokens, and no others.
type Prober struct {
	verifier *Verifier
	tokens   []string
	instance string
}

// NewProber makes a Prober, of this process alone.
func NewProber(hostURL string, tokens []string) *Prober {
	return &Prober{verifier: NewVerifier(hostURL, tokens), tokens: tokens, instance: rand.Text()}
}

// Instance names the Prober. Each has another name.
func (p *Prober) Instance() string { return p.instance }

// Arrival is a probe as it arrived.
type Arrival struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Query     string `json:"query"`
	Body      string `json:"body"`      // the hash of it
	Signature bool   `json:"signature"` // Twilio's header is there
	Valid     bool   `json:"valid"`     // and right, for redial's HOST_URL
	Instance  string `json:"instance"`  // of the redial that answers, until it ends
}

// Asked says whether a request is a probe of somebody who has a token.
func (p *Prober) Asked(r *http.Request) bool { return p.token(r) != "" }

func (p *Prober) token(r *http.Request) (found string) {
	nonce, proof, _ := strings.Cut(r.Header.Get(probeHeader), ".")
	if nonce == "" || proof == "" {
		return ""
	}
	for _, token := range p.tokens {
		if token != "" && hmac.Equal([]byte(proof), []byte(prove(token, "question", nonce))) {
			found = token
		}
	}
	return found
}

// Answer tells how a probe arrived.
func (p *Prober) Answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxProbe))
	form, formErr := url.ParseQuery(string(body))
	if err != nil || formErr != nil {
		form = nil
	}
	answer, err := json.Marshal(Arrival{
		Method: r.Method, Path: short(r.URL.EscapedPath()), Query: short(r.URL.RawQuery), Body: hash(string(body)),
		Signature: r.Header.Get(SignatureHeader) != "", Valid: p.verifier.Valid(r, form, body), Instance: p.instance,
	})
	if err != nil { // strings can always be written as JSON
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	nonce, _, _ := strings.Cut(r.Header.Get(probeHeader), ".")
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set(probeHeader, prove(p.token(r), "answer", nonce+string(answer)))
	_, _ = w.Write(answer) // if the asker is gone, nobody needs the answer
}

// Probe is a question to the redial behind a URL.
type Probe struct {
	token, nonce, form string
	path               string // of HostURL
}

// ErrOtherAnswer is returned by Probe.Read if the answer is not from a redial with the same token.
var ErrOtherAnswer = errors.New("it was no redial with this token that answered")

// NewProbe makes a Probe that is signed with a token.
func NewProbe(token string) *Probe {
	p := &Probe{token: token, nonce: rand.Text()}
	p.form = url.Values{
		"CallStatus": {"probe"}, "To": {"+81 90/12"}, "Digits": {"*#"}, "Name": {"電話 & é"}, "nonce": {p.nonce},
	}.Encode()
	return p
}

// Request is the Probe as Twilio would send it to a redial whose public URL is hostURL, for the URL
// at, which is that one or leads there in another way.
func (p *Probe) Request(ctx context.Context, hostURL, at string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at+ProbePath+"?"+probeQuery, strings.NewReader(p.form))
	if err != nil {
		return nil, errors.New("the URL can't be read")
	}
	if u, err := url.Parse(hostURL); err == nil {
		p.path = u.EscapedPath()
	}
	form, err := url.ParseQuery(p.form)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "redial")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(SignatureHeader, sign(p.token, hostURL+ProbePath+"?"+probeQuery+joined(form)))
	r.Header.Set(probeHeader, p.nonce+"."+prove(p.token, "question", p.nonce))
	return r, nil
}

// Read reads the answer, and returns ErrOtherAnswer if it is not from a redial with the same token.
func (p *Probe) Read(header http.Header, answer []byte) (a Arrival, err error) {
	if !hmac.Equal([]byte(header.Get(probeHeader)), []byte(prove(p.token, "answer", p.nonce+string(answer)))) {
		return a, ErrOtherAnswer
	}
	return a, json.Unmarshal(answer, &a)
}

// Changed says what part of the Probe was changed on the way: the first of method, path, query, body
// and signature that was. It is empty if none was.
func (p *Probe) Changed(a Arrival) string {
	plain, err := url.PathUnescape(p.path)
	switch {
	case a.Method != http.MethodPost:
		return "method"
	case a.Path != p.path+ProbePath && a.Path != ProbePath && (err != nil || a.Path != plain+ProbePath):
		return "path"
	case a.Query != probeQuery:
		return "query"
	case a.Body != hash(p.form):
		return "body"
	case !a.Signature:
		return "signature"
	}
	return ""
}

func prove(token, what, text string) string {
	h := hmac.New(sha256.New, []byte(token))
	h.Write([]byte("redial probe " + what + "\n" + text))
	return hex.EncodeToString(h.Sum(nil))
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func short(text string) string { return text[:min(len(text), maxProbe)] }
