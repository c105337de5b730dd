//go:build chaos

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The environment of a process that is to die: REDIAL_CRASH is a point and which
// time it is reached, "claim.after-commit:3"; REDIAL_CRASH_HITS a file to which
// the point is appended just before; REDIAL_CLOCK_SKEW by how much the clock is
// wrong, "1.5s".
var (
	fatal, fatalNth = parse(os.Getenv("REDIAL_CRASH"))
	skew, _         = time.ParseDuration(os.Getenv("REDIAL_CLOCK_SKEW"))
	mu              sync.Mutex
	reached         int
)

func parse(text string) (point string, nth int) {
	point, count, _ := strings.Cut(text, ":")
	nth, _ = strconv.Atoi(count)
	return point, max(nth, 1)
}

// Point kills the process, as kill -9 does, if this is its time.
func Point(name string) {
	if name != fatal {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	if reached++; reached < fatalNth {
		return
	}
	f, err := os.OpenFile(os.Getenv("REDIAL_CRASH_HITS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, _ = f.WriteString(name + "\n") // what is not counted was not proven
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until it takes effect
}

// Now is a clock that may be wrong.
func Now() time.Time { return time.Now().Add(skew) }
