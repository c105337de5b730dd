package hook

import (
	"cmp"
	"net/http"
	"strings"

	"redial/internal/shown"
	"redial/internal/source"
	"redial/internal/trigger"
)

// tokenNames are the names by which GoAlert takes a token, in the URL and in a form.
var tokenNames = []string{"token", "integrationKey", "integration_key", "key"}

// GoAlert answers an integration of GoAlert, which a source reads. The secret is its token. It answers 204, or JSON to
// whoever asks for it. Source: GoAlert's genericapi, auth.
func (d *Door) GoAlert(reads source.Kind) http.Handler {
	return d.from(sender{
		name: ofGoAlert, reads: reads, fields: tokenNames, secret: goAlertToken,
		taken: func(w http.ResponseWriter, r *http.Request, _ string, told *trigger.Told) {
			if strings.Contains(r.Header.Get("Accept"), "application/json") {
				reply(w, http.StatusOK, shown.Told(told))
				return
			}
			w.WriteHeader(http.StatusNoContent)
		},
		failed: plain,
	})
}

func goAlertToken(r *http.Request) string {
	_, password, _ := r.BasicAuth()
	return cmp.Or(parameter(r.URL.Query(), tokenNames), authorization(r, "Bearer"), password)
}
