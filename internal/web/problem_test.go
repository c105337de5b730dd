package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/store"
)

// Each error that the rooms behind tell apart is answered with a status of its own, in words
// that name it, however deep it lies; all others are the database's.
func TestEachErrorHasItsAnswer(t *testing.T) {
	for _, tc := range []struct {
		err    error
		status int
		words  string
	}{
		{edge.Problem(http.StatusTeapot, "as it is"), http.StatusTeapot, "as it is"},
		{store.ErrNotFound, http.StatusNotFound, "no such call"},
		{store.ErrNoEndpoint, http.StatusNotFound, "no such webhook endpoint"},
		{store.ErrSIDTaken, http.StatusConflict, "CallSid"},
		{store.ErrForgotten, http.StatusConflict, "forgotten"},
		{store.ErrConflict, http.StatusConflict, "Idempotency-Key"},
		{store.ErrNotEnded, http.StatusConflict, "has not ended"},
		{call.ErrNotAmbiguous, http.StatusConflict, "not ambiguous"},
		{call.ErrStillAlive, http.StatusConflict, "still alive"},
		{call.ErrHasSID, http.StatusConflict, "has a sid"},
		{call.ErrEnded, http.StatusConflict, "has ended"},
		{call.ErrDialed, http.StatusConflict, "under way"},
		{call.ErrHeld, http.StatusConflict, "another call"},
		{&call.NotNowError{Waiting: "the window is closed", At: time.Unix(0, 0)}, http.StatusConflict, "1970-01-01"},
		{errors.New("a fault"), http.StatusServiceUnavailable, "nothing was changed"},
	} {
		out := httptest.NewRecorder()
		s := &Server{Config: Config{Log: slog.New(slog.DiscardHandler)}}
		s.fail(out, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil),
			fmt.Errorf("doing something: %w", tc.err))
		var p api.Problem
		err := json.Unmarshal(out.Body.Bytes(), &p)
		if err != nil || out.Code != tc.status || p.Status != tc.status || !strings.Contains(p.Detail, tc.words) {
			t.Errorf("%v is answered %d: %s", tc.err, out.Code, out.Body)
		}
		if later := out.Header().Get("Retry-After") != ""; later != (tc.status == http.StatusServiceUnavailable) {
			t.Errorf("%v is answered with Retry-After %q", tc.err, out.Header().Get("Retry-After"))
		}
	}
}

// Whether something was changed is unclear only for a request that changes something.
func TestWhatIsKnownWithoutADatabase(t *testing.T) {
	for method, words := range map[string]string{
		http.MethodPost: "it is not known whether", http.MethodDelete: "it is not known whether",
		http.MethodGet: "nothing was changed", http.MethodHead: "nothing was changed",
	} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
		if got := whatIsKnown(r, fmt.Errorf("doing something: %w", store.ErrUnclear)); !strings.Contains(got, words) {
			t.Errorf("%s: %s", method, got)
		}
	}
}

// While the database is away, one line a minute tells of all requests; any other error has a line of its own.
func TestADatabaseThatIsAwayDoesNotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		s := New(Config{
			Log: slog.New(slog.NewTextHandler(&out, nil)), Metrics: prometheus.NewRegistry(),
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/twilio_api/callback", nil)
		for range 1000 {
			s.fail(httptest.NewRecorder(), r, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
		}
		s.fail(httptest.NewRecorder(), r, errors.New("a fault"))
		time.Sleep(time.Hour)
		synctest.Wait()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 3 {
			t.Fatalf("%d lines, such as\n%s", len(lines), strings.Join(lines[:min(3, len(lines))], "\n"))
		}
		for i, want := range []string{"count=1 err=\"dial: connection refused\"", "err=\"a fault\"", "count=999"} {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s, want %s", lines[i], want)
			}
		}
	})
}
