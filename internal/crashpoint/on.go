//go:build chaos

package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// These variables of the environment kill, stop or mislead the process. REDIAL_CRASH is a point and the count at
// which the process dies there, "claim.after-commit:3". REDIAL_STOP is the same for a process that stops there, as
// SIGSTOP does. REDIAL_CRASH_HITS is a file to which each fatal point is appended. REDIAL_CLOCK_SKEW is how far
// the clock is wrong, "1.5s".
var (
	fatal   = parse(os.Getenv("REDIAL_CRASH"))
	pausing = parse(os.Getenv("REDIAL_STOP"))
	skew, _ = time.ParseDuration(os.Getenv("REDIAL_CLOCK_SKEW"))
)

// A countdown fires when its point is reached for the nth time.
type countdown struct {
	point string
	left  atomic.Int64
}

func parse(text string) *countdown {
	point, count, _ := strings.Cut(text, ":")
	nth, _ := strconv.Atoi(count)
	t := &countdown{point: point}
	t.left.Store(int64(max(nth, 1)))
	return t
}

func (t *countdown) fires(name string) bool { return name == t.point && t.left.Add(-1) == 0 }

// Point kills the process, as kill -9 does, or stops it, if the countdown of the point says so.
func Point(name string) {
	if pausing.fires(name) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		time.Sleep(time.Millisecond) // until it takes effect
	}
	if !fatal.fires(name) {
		return
	}
	f, err := os.OpenFile(os.Getenv("REDIAL_CRASH_HITS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, _ = f.WriteString(name + "\n") // a death that is not counted proves nothing
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until it takes effect
}

// Now is a clock that may be wrong.
func Now() time.Time { return time.Now().Add(skew) }
