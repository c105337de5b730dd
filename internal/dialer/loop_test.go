package dialer

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// While the database is away, one line a minute tells of all rounds; any other error has a line of its own.
func TestADatabaseThatIsAwayDoesNotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		d := New(Config{
			CallsPerSecond: 1, Log: slog.New(slog.NewTextHandler(&out, nil)), Metrics: prometheus.NewRegistry(),
		})
		for range 1000 {
			d.failed(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, time.Now())
		}
		d.failed(errors.New("a fault"), time.Now())
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
