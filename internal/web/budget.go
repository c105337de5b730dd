package web

import (
	"errors"
	"io"
	"math"
	"net/http"
	"sync/atomic"
)

const maxBody = 1 << 20 // bytes of an API request

// amplification is how many times the memory of its body a request may take while it is handled. The table of
// amplifications in the tests of app holds it.
const amplification = 16

// DefaultBodies is how many bytes of bodies are handled at once if the process has no memory limit.
const DefaultBodies = 64 << 20

// BodiesWithin is how many bytes of bodies may be handled at once under a memory limit of the process. Requests get
// half of the memory, and always enough for one of the API and one of Twilio.
func BodiesWithin(memory int64) int64 {
	if memory <= 0 || memory == math.MaxInt64 { // no limit
		return DefaultBodies
	}
	return max(memory/2/amplification, 2*maxBody)
}

// budget bounds how many bytes of bodies are handled at once. It counts bytes that were read, not those announced, so a
// slow client does not keep others out.
type budget struct {
	most int64
	used atomic.Int64
}

var errBusy = errors.New("too much is being handled at once")

// hold handles a request. The bytes read of its body count until it is handled.
func (b *budget) hold(r *http.Request, handle func() error) error {
	body := &counted{ReadCloser: r.Body, budget: b}
	r.Body = body
	defer func() { b.used.Add(-body.read) }()
	return handle()
}

// counted is a body that can be read while the budget lasts.
type counted struct {
	io.ReadCloser
	budget *budget
	read   int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.read += int64(n)
	if c.budget.used.Add(int64(n)) > c.budget.most {
		return n, errBusy
	}
	return n, err
}
