package sim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	account = "AC00000000000000000000000000000000"
	token   = "12345"
	alice   = "+819012345678"
	bob     = "+819087654321"
	caller  = "+815012345678"
	hook    = "https://app.test/hook?attempt=1"
)

// desk is a Sim in a bubble, and the application that it calls back.
type desk struct {
	t      *testing.T
	sim    *Sim
	begin  time.Time
	mu     sync.Mutex
	heard  []heard
	answer func(n int, r *http.Request) (*http.Response, error) // to the n-th request, from 1; nil: 204
}

// heard is a request of Sim's to the application.
type heard struct {
	at     time.Duration // since the desk was set up
	method string
	url    string
	header http.Header
	form   url.Values
}

// atDesk runs do with a Sim whose callbacks go to the desk.
func atDesk(t *testing.T, c Config, do func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{t: t, begin: time.Now()}
		c.AccountSID, c.AuthToken, c.Client = account, token, &http.Client{Transport: d}
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		d.sim = s
		do(d)
	})
}

// RoundTrip receives what Sim sends, in place of the application.
func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	form := url.Values{}
	if r.Body != nil {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if form, err = url.ParseQuery(string(raw)); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	d.heard = append(d.heard, heard{time.Since(d.begin), r.Method, r.URL.String(), r.Header, form})
	n, answer := len(d.heard), d.answer
	d.mu.Unlock()
	if answer != nil {
		return answer(n, r)
	}
	return reply(http.StatusNoContent, "", ""), nil
}

func reply(status int, kind, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// statuses are the CallStatus words heard so far.
func (d *desk) statuses() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, h := range d.heard {
		list = append(list, h.form.Get("CallStatus"))
	}
	return list
}

func (d *desk) last() heard {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.heard) == 0 {
		d.t.Fatal("nothing was heard")
	}
	return d.heard[len(d.heard)-1]
}

// send sends a request to the REST or the control API; dropped says that the
// connection ended without an answer.
func (d *desk) send(
	method, target, body string, edit ...func(*http.Request),
) (w *httptest.ResponseRecorder, dropped bool) {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:4010"+target, strings.NewReader(body))
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(account+":"+token)))
	for _, e := range edit {
		e(r)
	}
	w = httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			dropped = true
		}
	}()
	d.sim.ServeHTTP(w, r)
	return w, false
}

// rest sends a request to the account's REST API, and decodes the answer.
func (d *desk) rest(method, path string, form url.Values) (status int, body map[string]any) {
	d.t.Helper()
	w, dropped := d.send(method, "/2010-04-01/Accounts/"+account+path, form.Encode())
	if dropped {
		return 0, nil
	}
	if w.Code != http.StatusNoContent {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			d.t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
	return w.Code, body
}

// wish is the form of a create request to a number, changed by pairs of name and
// value; an empty value leaves the name out.
func wish(to string, pairs ...string) url.Values {
	form := url.Values{
		"To": {to}, "From": {caller}, "Twiml": {"<Response><Say>hello</Say></Response>"}, "Timeout": {"30"},
		"StatusCallback": {hook}, "StatusCallbackEvent": {"initiated", "ringing", "answered", "completed"},
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	return form
}

// place creates a call, expects that it is taken, and returns its sid.
func (d *desk) place(to string, pairs ...string) string {
	d.t.Helper()
	status, body := d.rest("POST", "/Calls.json", wish(to, pairs...))
	if status != 201 {
		d.t.Fatalf("the create request is answered %d: %v", status, body)
	}
	return body["sid"].(string)
}

// script gives alice's phone a script.
func (d *desk) script(text string) {
	d.t.Helper()
	if err := d.sim.Script(alice, text); err != nil {
		d.t.Fatal(err)
	}
}

// pass lets d pass, with everything that happens in it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
