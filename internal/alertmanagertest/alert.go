package alertmanagertest

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Alert is what Prometheus posts: with an end that is over, it is resolved. Without a beginning it begins now; without
// an end it ends when it was not posted again for Alertmanager's resolve_timeout, five minutes.
type Alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"startsAt,omitzero"`
	EndsAt       time.Time         `json:"endsAt,omitzero"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// Resolved is the alert as it is posted when it is over.
func (a Alert) Resolved() Alert {
	a.EndsAt = time.Now()
	return a
}

// Failed is how many notifications failed, as the server counts them.
func (s *Server) Failed(t testing.TB) (n float64) {
	t.Helper()
	text, err := s.metrics(t.Context())
	if err != nil {
		t.Fatalf("reading Alertmanager's metrics: %v", err)
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "alertmanager_notifications_failed_total{") {
			continue
		}
		fields := strings.Fields(line)
		one, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			t.Fatal(err)
		}
		n += one
	}
	return n
}

// Post posts alerts.
func (s *Server) Post(t testing.TB, alerts ...Alert) {
	t.Helper()
	if err := s.do(t.Context(), http.MethodPost, "/api/v2/alerts", alerts, nil); err != nil {
		t.Fatalf("posting alerts: %v", err)
	}
}
