package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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
