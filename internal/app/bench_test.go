package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// node makes a node on SQLite that dials nobody: only its handler is measured.
func node(b *testing.B) http.Handler {
	a, err := New(b.Context(), Config{
		Listen: "127.0.0.1:0", HostURL: "http://127.0.0.1:8080",
		DatabaseURL: "sqlite:" + filepath.Join(b.TempDir(), "redial.db"), Migrate: true,
		AccountSID: account, AuthTokens: []string{token}, From: caller, CallsPerSecond: 1,
		MaxWaiting: 100000, MaxPerNumber: 200, RetentionDays: 90,
		Log: slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := a.Close(); err != nil {
			b.Error(err)
		}
	})
	return a.Handler()
}

// cpu is the processor time that this process has used so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A create among many, from the request's bytes to the commit. Its CPU time says more than its duration, which is
// mostly the disk's.
func BenchmarkCreate(b *testing.B) {
	b.Run("without metadata", func(b *testing.B) { creates(b, func(int64) string { return "" }) })
	b.Run("with 3 entries of metadata", func(b *testing.B) {
		creates(b, func(n int64) string {
			return fmt.Sprintf(`, "metadata": {"order": "o%d", "customer": "c%d", "shop": "tokyo"}`, n, n)
		})
	})
}

func creates(b *testing.B, more func(n int64) string) {
	h := node(b)
	var last atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	before := cpu(b)
	defer func() { b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op") }()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := last.Add(1)
			body := fmt.Sprintf(`{"to": "+8190%08d", "say": {"text": "The server is down.", "language": "en-US"}, `+
				`"policy": {"max_attempts": 3}%s}`, 10_000_000+n, more(n))
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/v1/calls", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusCreated {
				b.Error(w.Body)
				return
			}
		}
	})
}
