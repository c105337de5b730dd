package hook

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"redial/internal/source"
)

// maxUnknown is how many bytes of a body are read in which the secret itself stands. PagerDuty takes no more.
const maxUnknown = 512 << 10

// secretIn returns the secret in one of these fields of a body; empty if there is none.
func secretIn(r *http.Request, body []byte, fields []string) string {
	e, err := source.Read(source.JSON, &source.Request{Body: body, ContentType: r.Header.Get("Content-Type")})
	if err != nil {
		return ""
	}
	object, _ := e.Raw.(map[string]any)
	for _, name := range fields {
		secret, _ := object[name].(string)
		// One that is written in escapes could not be removed from the body.
		if secret != "" && bytes.Contains(body, []byte(secret)) {
			return secret
		}
	}
	return ""
}

// without is a request without its secret: templates see all that was sent, and events are kept. It changes the body.
func without(secret string, r *http.Request, body []byte) *source.Request {
	query := r.URL.Query()
	for name, values := range query {
		if strings.Contains(strings.Join(append(values, name), " "), secret) {
			delete(query, name)
		}
	}
	return &source.Request{
		Body: removed(body, []byte(secret)), ContentType: r.Header.Get("Content-Type"), Query: query, Header: r.Header.Get,
	}
}

// removed removes a text from a body, in place.
func removed(body, text []byte) []byte {
	kept := body[:0]
	for rest := body; ; {
		i := bytes.Index(rest, text)
		if i < 0 || len(text) == 0 {
			return append(kept, rest...)
		}
		kept = append(kept, rest[:i]...)
		rest = rest[i+len(text):]
	}
}

// authorization is the token of an Authorization header of a scheme.
func authorization(r *http.Request, scheme string) string {
	given, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(given, scheme) {
		return ""
	}
	return strings.TrimSpace(token)
}

// parameter is the first of these parameters that the URL has.
func parameter(query url.Values, names []string) string {
	for _, name := range names {
		if value := query.Get(name); value != "" {
			return value
		}
	}
	return ""
}
