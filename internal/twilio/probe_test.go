package twilio

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ask sends a probe through a way to a Prober, and returns what comes back.
func askProbe(t *testing.T, p *Probe, prober *Prober, hostURL string, way func(*http.Request)) (Arrival, error) {
	t.Helper()
	out, err := p.Request(t.Context(), hostURL, hostURL)
	if err != nil {
		t.Fatal(err)
	}
	in := httptest.NewRequestWithContext(t.Context(), out.Method, out.URL.String(), out.Body)
	in.Header = out.Header
	way(in)
	if !prober.Asked(in) {
		return Arrival{}, errors.New("not asked")
	}
	w := httptest.NewRecorder()
	prober.Answer(w, in)
	return p.Read(w.Header(), w.Body.Bytes())
}

func asItIs(*http.Request) {}

// A probe arrives as it was sent, below whatever path HOST_URL has, be that passed on or taken away.
func TestProbeArrives(t *testing.T) {
	for _, host := range []string{
		"https://h.example.com", "https://h.example.com:8443", "http://127.0.0.1:8080/phone",
		"https://h.example.com/a/b%20c", "https://h.example.com/電話",
	} {
		host, err := PublicURL(host)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(host)
		if err != nil {
			t.Fatal(err)
		}
		for what, way := range map[string]func(*http.Request){
			"passed on":  asItIs,
			"taken away": func(r *http.Request) { r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, u.Path), "" },
		} {
			p, prober := NewProbe("token"), NewProber(host, []string{"next", "token"})
			a, err := askProbe(t, p, prober, host, way)
			if changed := p.Changed(a); err != nil || changed != "" || !a.Valid || a.Instance != prober.Instance() {
				t.Errorf("%s, %s: %+v, %q, %v", host, what, a, changed, err)
			}
		}
	}
}

// Whatever a proxy changes is told by its name.
func TestProbeTellsWhatWasChanged(t *testing.T) {
	for want, way := range map[string]func(*http.Request){
		"method":    func(r *http.Request) { r.Method = http.MethodGet },
		"path":      func(r *http.Request) { r.URL.Path = "/twilio_api/probe/" },
		"query":     func(r *http.Request) { r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "%20", "+") },
		"body":      func(r *http.Request) { r.Body = http.NoBody },
		"signature": func(r *http.Request) { r.Header.Del(SignatureHeader) },
	} {
		p := NewProbe("token")
		a, err := askProbe(t, p, NewProber("https://h.example.com", []string{"token"}), "https://h.example.com", way)
		if changed := p.Changed(a); err != nil || changed != want || a.Valid {
			t.Errorf("%s: %+v, %q, %v", want, a, changed, err)
		}
	}
	p := NewProbe("token")
	a, err := askProbe(t, p, NewProber("https://other.example.com", []string{"token"}), "https://h.example.com", asItIs)
	if changed := p.Changed(a); err != nil || changed != "" || a.Valid {
		t.Errorf("of another HOST_URL: %+v, %q, %v", a, changed, err)
	}
}

// Who has no token is not answered, and can't answer.
func TestProbeIsBetweenThoseWhoHaveTheToken(t *testing.T) {
	for what, tokens := range map[string][]string{"another": {"other"}, "none": nil, "an empty one": {""}} {
		_, err := askProbe(t, NewProbe("token"), NewProber("https://h.example.com", tokens), "https://h.example.com", asItIs)
		if err == nil {
			t.Errorf("%s answers", what)
		}
	}
	prober := NewProber("https://h.example.com", []string{"token", ""})
	rapid.Check(t, func(t *rapid.T) {
		r := httptest.NewRequest(http.MethodPost, "https://h.example.com"+ProbePath, nil)
		r.Header.Set(probeHeader, rapid.String().Draw(t, "header"))
		if prober.Asked(r) {
			t.Fatal("it is taken for a proof")
		}
	})
	r := httptest.NewRequest(http.MethodPost, "https://h.example.com"+ProbePath, nil)
	r.Header.Set(probeHeader, "n."+prove("", "question", "n"))
	if prober.Asked(r) {
		t.Error("an empty token proves something")
	}

	p := NewProbe("token")
	for what, answer := range map[string]string{
		"nothing": "", "the question": p.nonce + "." + prove("token", "question", p.nonce),
		"another's": prove("token", "answer", "nonce{}"),
	} {
		if _, err := p.Read(http.Header{probeHeader: {answer}}, []byte("{}")); !errors.Is(err, ErrOtherAnswer) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// However much is sent, little is answered.
func TestProbeAnswersLittle(t *testing.T) {
	p, prober := NewProbe("token"), NewProber("https://h.example.com", []string{"token"})
	out, err := p.Request(t.Context(), "https://h.example.com", "https://h.example.com")
	if err != nil {
		t.Fatal(err)
	}
	in := httptest.NewRequestWithContext(t.Context(), "POST",
		"https://h.example.com/"+strings.Repeat("x", 7000)+"?"+strings.Repeat("y", 7000),
		strings.NewReader(strings.Repeat("z", 1<<20)))
	in.Header = out.Header
	w := httptest.NewRecorder()
	prober.Answer(w, in)
	if w.Body.Len() > 4*maxProbe {
		t.Errorf("%d bytes are answered", w.Body.Len())
	}
}
