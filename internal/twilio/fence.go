package twilio

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"redial/internal/crashpoint"
)

// errTooLate is what a create request fails with that is not sent in time.
var errTooLate = errors.New("the time to send the request has passed")

// gate stands before a create request: its form is handed to the network before
// sendBy or never, and it is known afterwards which of the two. The transport
// writes nothing that could create a call before it reads the form.
type gate struct {
	sendBy time.Time
	state  atomic.Int32
}

const (
	gateWaiting int32 = iota
	gateOpened        // the form is, or may be, on the wire
	gateShut          // it will never be
)

// late looks at the wall clock: the monotonic one stands still while the
// machine sleeps.
func (g *gate) late() bool { return !crashpoint.Now().Round(0).Before(g.sendBy.Round(0)) }

// open is the last check before the form is read.
func (g *gate) open() error {
	if g.late() || (!g.state.CompareAndSwap(gateWaiting, gateOpened) && g.state.Load() == gateShut) {
		return errTooLate
	}
	return nil
}

// shut ends the sending and says whether it had begun: a transport that is still
// at work on a request that failed can't send it any more.
func (g *gate) shut() (sent bool) {
	return !g.state.CompareAndSwap(gateWaiting, gateShut) && g.state.Load() == gateOpened
}

// body is the form behind the gate; without one, for what may be sent at any
// time, the form as it is.
func (g *gate) body(form string) io.ReadCloser {
	if g == nil {
		return io.NopCloser(strings.NewReader(form))
	}
	return &gatedBody{gate: g, form: strings.NewReader(form)}
}

type gatedBody struct {
	gate   *gate
	form   *strings.Reader
	passed bool
}

func (b *gatedBody) Read(p []byte) (int, error) {
	if !b.passed {
		if err := b.gate.open(); err != nil {
			return 0, err
		}
		b.passed = true
	}
	return b.form.Read(p)
}

func (b *gatedBody) Close() error { return nil }
