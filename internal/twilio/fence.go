package twilio

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"redial/internal/crashpoint"
)

// errTooLate is the error of a create request that was not sent in time.
var errTooLate = errors.New("the time to send the request has passed")

// gate guards a create request: the transport gets the form before sendBy or never,
// and afterwards the gate knows which of the two. Before the transport reads the form,
// it writes nothing that could create a call.
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

// shut ends the sending, and says whether it had begun. After it, a transport that still
// works on a failed request can't send it any more.
func (g *gate) shut() (sent bool) {
	return !g.state.CompareAndSwap(gateWaiting, gateShut) && g.state.Load() == gateOpened
}

// body is the form behind the gate. Without a gate, for requests that may be sent at any
// time, it is the form as it is.
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
