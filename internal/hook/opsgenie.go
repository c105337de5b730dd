package hook

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"time"

	"redial/api"
	"redial/internal/source"
	"redial/internal/trigger"
)

// Opsgenie answers what changes alerts in Opsgenie's alert API. The secret is the API key: Authorization: GenieKey.
// What a sender does to an alert that nobody knows has its success answer, too. Source: Opsgenie's alert API, "Create
// Alert" and those that follow; Alertmanager's notify/opsgenie.
func (d *Door) Opsgenie() http.Handler {
	return d.from(sender{
		name: ofOpsgenie, reads: source.Opsgenie, secret: genieKey, path: opsgeniePath, keyed: true,
		taken: func(w http.ResponseWriter, _ *http.Request, key string, _ *trigger.Told) {
			reply(w, http.StatusAccepted, opsgenieAnswer{
				Result: "Request will be processed", Took: took, RequestID: requestOf(key),
			})
		},
		failed: opsgenieFailed,
	})
}

// OpsgenieRequest answers what became of a request. All there is to know of it stands in its id: it was taken.
func (d *Door) OpsgenieRequest() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := d.Triggers.BySecret(r.Context(), genieKey(r))
		if err != nil {
			p, v := d.problem(nil, err)
			d.requests.WithLabelValues(ofOpsgenie, string(v)).Inc()
			opsgenieFailed(w, p)
			return
		}
		key, err := base64.RawURLEncoding.DecodeString(r.PathValue("id"))
		if err != nil || len(key) == 0 {
			opsgenieFailed(w, &api.Problem{Status: http.StatusNotFound, Detail: "there is no such request"})
			return
		}
		reply(w, http.StatusOK, opsgenieAnswer{Took: took, RequestID: r.PathValue("id"), Data: &opsgenieData{
			Success: true, IsSuccess: true, Status: "The request was taken", Action: "Create",
			ProcessedAt: time.Now().UTC(), AlertID: string(key), Alias: string(key),
		}})
	})
}

// opsgenieAnswer is an answer of Opsgenie's.
type opsgenieAnswer struct {
	Result    string        `json:"result,omitempty"`
	Message   string        `json:"message,omitempty"` // of an error
	Data      *opsgenieData `json:"data,omitempty"`
	Took      float64       `json:"took"`
	RequestID string        `json:"requestId"`
}

// opsgenieData is what became of a request. An alert's id is its alias here, by which senders change it.
type opsgenieData struct {
	Success     bool      `json:"success"`
	IsSuccess   bool      `json:"isSuccess"`
	Action      string    `json:"action"`
	Status      string    `json:"status"`
	ProcessedAt time.Time `json:"processedAt"`
	AlertID     string    `json:"alertId"`
	Alias       string    `json:"alias"`
}

const took = 0.1 // seconds; nobody acts on it

func opsgenieFailed(w http.ResponseWriter, p *api.Problem) {
	reply(w, p.Status, opsgenieAnswer{Message: p.Error(), Took: took, RequestID: requestOf("none")})
}

// requestOf is the id of a request about an alert.
func requestOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func genieKey(r *http.Request) string { return authorization(r, "GenieKey") }

// opsgeniePath is what follows the path of alerts. Whoever deletes an alert does not want to be rung about it.
func opsgeniePath(r *http.Request) string {
	alert, action := r.PathValue("alert"), r.PathValue("action")
	switch {
	case alert == "":
		return ""
	case r.Method == http.MethodDelete && action == "":
		action = "close"
	}
	return "/" + url.PathEscape(alert) + "/" + action
}
