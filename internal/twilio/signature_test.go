package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

// signed is Twilio's signature as its documentation words it, for tests whose
// names have one value each.
func signed(token, url string, form url.Values) string {
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(url))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		h.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// post is a form request for path and query, as the server sees it.
func post(t *testing.T, target, signature string) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{Method: "POST", URL: u, Host: "10.0.0.7:8080", Header: http.Header{
		"Content-Type":  {"application/x-www-form-urlencoded; charset=UTF-8"},
		SignatureHeader: {signature},
	}}
}

// Twilio's own vectors, from the tests of its libraries.
func TestTwiliosVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Token, URL, Signature string
		Params                      map[string]any
	}
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 8 {
		t.Fatalf("%d vectors, want 8", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			u, err := url.Parse(v.URL)
			if err != nil {
				t.Fatal(err)
			}
			form := url.Values{}
			for name, value := range v.Params {
				switch value := value.(type) {
				case string:
					form.Add(name, value)
				case []any:
					for _, each := range value {
						form.Add(name, each.(string))
					}
				}
			}
			r := post(t, u.RequestURI(), v.Signature)
			for host, want := range map[string]bool{
				u.Scheme + "://" + u.Host:        true,
				u.Scheme + "://" + u.Host + "/":  true,
				u.Scheme + "://other." + u.Host:  false,
				u.Scheme + "://" + u.Host + "/x": false,
			} {
				if got := NewVerifier(host, []string{v.Token}).Valid(r, form, nil); got != want {
					t.Errorf("valid below %s: %v, want %v", host, got, want)
				}
			}
			if NewVerifier(u.Scheme+"://"+u.Host, []string{"12346"}).Valid(r, form, nil) {
				t.Error("valid with another token")
			}
		})
	}
}

func TestSignedURL(t *testing.T) {
	form := url.Values{"CallSid": {"CA1"}, "CallStatus": {"busy"}}
	for name, tc := range map[string]struct {
		host, signed, got string
		want              bool
	}{
		"plain":                        {"https://h.example", "https://h.example/cb?a=1", "/cb?a=1", true},
		"standard port signed":         {"https://h.example", "https://h.example:443/cb", "/cb", true},
		"standard port configured":     {"https://h.example:443", "https://h.example/cb", "/cb", true},
		"http's port signed":           {"http://h.example", "http://h.example:80/cb", "/cb", true},
		"odd port signed":              {"https://h.example:8443", "https://h.example:8443/cb", "/cb", true},
		"odd port left out":            {"https://h.example:8443", "https://h.example/cb", "/cb", true},
		"IPv6":                         {"http://[::1]:8080", "http://[::1]:8080/cb", "/cb", true},
		"IPv6 without port":            {"http://[::1]", "http://[::1]:80/cb", "/cb", true},
		"prefix kept by the proxy":     {"https://h.example/calls/", "https://h.example/calls/cb?a=1", "/calls/cb?a=1", true},
		"prefix taken by the proxy":    {"https://h.example/calls", "https://h.example/calls/cb?a=1", "/cb?a=1", true},
		"a path that looks like it":    {"https://h.example/calls", "https://h.example/calls/callsign", "/callsign", true},
		"user and password not signed": {"https://u:pw@h.example", "https://h.example/cb", "/cb", true},
		"escapes as sent": {"https://h.example", "https://h.example/c%62?a=%7e&b='[]",
			"/c%62?a=%7e&b='[]", true},
		"an empty query":             {"https://h.example", "https://h.example/cb?", "/cb?", true},
		"another port":               {"https://h.example", "https://h.example:8443/cb", "/cb", false},
		"http for https":             {"https://h.example", "http://h.example/cb", "/cb", false},
		"another path":               {"https://h.example", "https://h.example/cb", "/cd", false},
		"another query":              {"https://h.example", "https://h.example/cb?attempt=1", "/cb?attempt=2", false},
		"no query":                   {"https://h.example", "https://h.example/cb?attempt=1", "/cb", false},
		"escapes changed":            {"https://h.example", "https://h.example/cb?a=%7e", "/cb?a=%7E", false},
		"escapes taken away":         {"https://h.example", "https://h.example/cb", "/c%62", false},
		"a path that begins like it": {"https://h.example/calls", "https://h.example/callsign", "/callssign", false},
		"no host URL":                {"", "https://h.example/cb", "/cb", false},
		"no host URL, nor signed":    {"", "/cb", "/cb", false},
		"a host URL that is none":    {"h.example", "h.example/cb", "/cb", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := post(t, tc.got, signed("token", tc.signed, form))
			if got := NewVerifier(tc.host, []string{"token"}).Valid(r, form, nil); got != tc.want {
				t.Errorf("valid: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	form := url.Values{"CallSid": {"CA1"}}
	for name, tc := range map[string]struct {
		tokens []string
		signed string
		want   bool
	}{
		"the first":       {[]string{"new", "old"}, "new", true},
		"the second":      {[]string{"new", "old"}, "old", true},
		"neither":         {[]string{"new", "old"}, "older", false},
		"an empty one":    {[]string{"", "old"}, "", false},
		"none configured": {nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := post(t, "/cb", signed(tc.signed, "https://h.example/cb", form))
			if got := NewVerifier("https://h.example", tc.tokens).Valid(r, form, nil); got != tc.want {
				t.Errorf("valid: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestWhatIsNotSignedIsNotValid(t *testing.T) {
	v := NewVerifier("https://h.example", []string{"token"})
	body := []byte(`{"CallSid": "CA1"}`)
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	form := url.Values{"CallSid": {"CA1"}}
	for name, tc := range map[string]struct {
		method, target, contentType string
		form                        url.Values
		body                        []byte
		signForm                    bool
		want                        bool
	}{
		"GET":                        {"GET", "/cb?CallSid=CA1", "", nil, nil, false, true},
		"GET, its query as the form": {"GET", "/cb?CallSid=CA1", "", form, nil, false, true},
		"form":                       {"POST", "/cb", "application/x-www-form-urlencoded", form, nil, true, true},
		"form, not signed":           {"POST", "/cb", "application/x-www-form-urlencoded", form, nil, false, false},
		"form with a hash in its query": {"POST", "/cb?bodySHA256=00", "application/x-www-form-urlencoded", form,
			[]byte("CallSid=CA1"), true, true},
		"form, called JSON":    {"POST", "/cb", "application/json", form, nil, false, false},
		"form, called nothing": {"POST", "/cb", "", form, nil, false, false},
		"JSON":                 {"POST", "/cb?bodySHA256=" + hash, "application/json", nil, body, false, true},
		"JSON, capitals": {"POST", "/cb?bodySHA256=" + strings.ToUpper(hash), "application/json", nil,
			body, false, true},
		"JSON, another body":  {"POST", "/cb?bodySHA256=" + hash, "application/json", nil, body[1:], false, false},
		"JSON without a hash": {"POST", "/cb", "application/json", nil, body, false, false},
		"GET with a body":     {"GET", "/cb", "", nil, body, false, false},
		"POST of nothing":     {"POST", "/cb", "", nil, nil, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var covered url.Values
			if tc.signForm {
				covered = tc.form
			}
			r := post(t, tc.target, signed("token", "https://h.example"+tc.target, covered))
			r.Method = tc.method
			r.Header.Set("Content-Type", tc.contentType)
			if got := v.Valid(r, tc.form, tc.body); got != tc.want {
				t.Errorf("valid: %v, want %v", got, tc.want)
			}
			r.Header.Del(SignatureHeader)
			if v.Valid(r, tc.form, tc.body) {
				t.Error("valid without a signature")
			}
		})
	}
}

// Whatever Twilio signs is valid, and no longer when one byte of it is another.
func FuzzSignature(f *testing.F) {
	f.Add("attempt=c1.1.abc", "CallStatus", "busy", "completed", uint(3))
	f.Add("a=%7e&b='[]", "", "", "", uint(40))
	f.Add("bodySHA256=00", "Digits", "もしもし", "1", uint(99))
	f.Fuzz(func(t *testing.T, query, name, value, other string, at uint) {
		v := NewVerifier("https://h.example/p", []string{"old", "token"})
		form := url.Values{"CallSid": {"CA1"}, "x" + name: {value}}
		r := &http.Request{Method: "POST", URL: &url.URL{Path: "/cb", RawQuery: query}, Header: http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"},
		}}
		target := "https://h.example/p/cb"
		if query != "" {
			target += "?" + query
		}
		signature := signed("token", target, form)
		r.Header.Set(SignatureHeader, signature)
		if !v.Valid(r, form, nil) {
			t.Fatal("not valid")
		}
		bent := func(s string) string {
			b := []byte(s)
			b[at%uint(len(b))] ^= 1 << (at % 7)
			return string(b)
		}
		for what, change := range map[string]func(r *http.Request, form url.Values) bool{
			"signature": func(r *http.Request, _ url.Values) bool {
				r.Header.Set(SignatureHeader, bent(signature))
				return true
			},
			"value": func(_ *http.Request, form url.Values) bool { form.Set("CallSid", bent("CA1")); return true },
			"query": func(r *http.Request, _ url.Values) bool {
				if query != "" {
					r.URL.RawQuery = bent(query)
				}
				return query != ""
			},
			"one more value": func(_ *http.Request, form url.Values) bool {
				form.Add("x"+name, other)
				return other != value && other != ""
			},
			"one more name": func(_ *http.Request, form url.Values) bool {
				form.Set("y"+name, other)
				return true
			},
			"no form": func(_ *http.Request, form url.Values) bool { clear(form); return true },
		} {
			q := r.Clone(t.Context())
			changed := url.Values{"CallSid": {"CA1"}, "x" + name: {value}}
			if change(q, changed) && v.Valid(q, changed, nil) {
				t.Errorf("still valid with another %s", what)
			}
		}
	})
}
