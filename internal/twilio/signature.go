package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// SignatureHeader is where Twilio puts its signature.
const SignatureHeader = "X-Twilio-Signature"

// Verifier tells Twilio's requests from everybody else's. It may be used by many
// goroutines.
type Verifier struct {
	bases  []string // the public base URL, with and without its port
	path   string   // of the public base URL, decoded, no slash at the end
	tokens []string
}

// NewVerifier makes a Verifier for requests that Twilio sends to URLs below
// hostURL, signed with any of the tokens: the next one is accepted before the
// account changes to it. Nothing is valid without a hostURL or without tokens.
func NewVerifier(hostURL string, tokens []string) *Verifier {
	v := &Verifier{}
	base, err := PublicURL(hostURL)
	if err != nil {
		return v
	}
	u, err := url.Parse(base)
	if err != nil {
		return v
	}
	v.path = u.Path
	for _, host := range ports(u) {
		v.bases = append(v.bases, u.Scheme+"://"+host+u.EscapedPath())
	}
	for _, t := range tokens {
		if t != "" {
			v.tokens = append(v.tokens, t)
		}
	}
	return v
}

// ports lists the two ways to write the host: Twilio signs some of its requests
// with the port and some without.
func ports(u *url.URL) []string {
	if port := u.Port(); port != "" {
		return []string{u.Host, strings.TrimSuffix(u.Host, ":"+port)}
	}
	host := strings.TrimSuffix(u.Host, ":")
	if u.Scheme == "https" {
		return []string{host, host + ":443"}
	}
	return []string{host, host + ":80"}
}

// Valid says whether r was signed by Twilio. form is what was read from its body
// (r.PostForm), body the bytes of one that is no form; both may be nil. Valid starts
// from the configured public URL, so it does not matter what proxies did to scheme,
// host and path prefix.
//
// Twilio signs the URL and, behind it, the form's names in order, each with its
// distinct values. If the body is no form, the URL has a hash of it.
// Source: https://www.twilio.com/docs/usage/security
func (v *Verifier) Valid(r *http.Request, form url.Values, body []byte) bool {
	got := []byte(r.Header.Get(SignatureHeader))
	if len(got) == 0 {
		return false
	}
	fields := ""
	switch {
	case r.Method != http.MethodGet && isForm(r):
		fields = joined(form)
	case r.Method != http.MethodGet && len(form) > 0: // it would not be signed
		return false
	case len(body) > 0 && !hashed(r.URL.Query(), body):
		return false
	}
	ok := false
	for _, base := range v.bases {
		for _, token := range v.tokens {
			for _, below := range v.below(r.URL) {
				want := sign(token, base+below+fields)
				ok = hmac.Equal(got, []byte(want)) || ok
			}
		}
	}
	return ok
}

// below returns what may follow the public base URL, exactly as it was sent: a proxy
// may have removed the base URL's own path, or not.
func (v *Verifier) below(u *url.URL) []string {
	query := ""
	if u.RawQuery != "" || u.ForceQuery {
		query = "?" + u.RawQuery
	}
	list := []string{u.EscapedPath() + query}
	if rest, ok := strings.CutPrefix(u.Path, v.path); ok && v.path != "" && strings.HasPrefix(rest, "/") {
		list = append(list, (&url.URL{Path: rest}).EscapedPath()+query)
	}
	return list
}

func isForm(r *http.Request) bool {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && t == "application/x-www-form-urlencoded"
}

func joined(form url.Values) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := form[name]
		if len(values) > 1 {
			values = slices.Compact(slices.Sorted(slices.Values(values)))
		}
		for _, value := range values {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	return b.String()
}

func hashed(query url.Values, body []byte) bool {
	sum := sha256.Sum256(body)
	return hmac.Equal([]byte(strings.ToLower(query.Get("bodySHA256"))), []byte(hex.EncodeToString(sum[:])))
}

// sign uses SHA-1 because Twilio does; as a key's HMAC it is not broken.
func sign(token, message string) string {
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(message))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
