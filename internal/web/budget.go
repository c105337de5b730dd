package web

import (
	"errors"
	"io"
	"math"
	"net/http"
	"sync/atomic"
)

const maxBody = 1 << 20 // bytes of an API request

// A request costs up to so many times the memory of its body while it is handled; the table
// of amplifications in the tests of app holds it.
const amplification = 16

// DefaultBodies is how many bytes of bodies are handled at once, where no limit of the
// process's memory says otherwise.
const DefaultBodies = 64 << 20

// BodiesWithin is how many bytes of bodies may be handled at once under a limit of the process's
// memory: requests get half of it. One of each kind can always be handled.
func BodiesWithin(memory int64) int64 {
	if memory <= 0 || memory == math.MaxInt64 { // no limit
		return DefaultBodies
	}
	return max(memory/2/amplification, 2*maxBody)
}

// budget bounds how many bytes of bodies are handled at once. What has been read counts, and
// not what was announced: who sends slowly keeps nobody out.
type budget struct {
	most int64
	used atomic.Int64
}

var errBusy = errors.New("too much is being handled at once")

// hold handles a request, and counts what is read of its body until that is done.
func (b *budget) hold(r *http.Request, handle func() error) error {
	body := &counted{ReadCloser: r.Body, budget: b}
	r.Body = body
	defer func() { b.used.Add(-body.read) }()
	return handle()
}

// counted is a body that can be read as long as there is room for it.
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
