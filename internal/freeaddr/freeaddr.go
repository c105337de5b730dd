// Package freeaddr finds addresses for the processes that tests start. It is for tests only,
// and keeps no address: one that was found may be somebody else's a moment later.
package freeaddr

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports that no system hands out by itself: what is asked for with port 0, and what begins a
// connection, gets one above (Linux: 32768 to 60999). A port of those that is free now may be
// somebody's by the time that a process listens on it.
const (
	first = 12_000
	last  = 32_000
)

// New returns a loopback address, as host:port, on which nobody listens.
func New() (addr string, err error) {
	for range 100 {
		var l net.Listener
		addr = fmt.Sprintf("127.0.0.1:%d", first+rand.N(last-first))
		if l, err = net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", fmt.Errorf("finding a free port: %w", err)
}
