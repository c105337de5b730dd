// Package bodies bounds how many bytes of requests' bodies are handled at once, over all requests. It knows no route,
// and never decides who may ask.
package bodies

import (
	"errors"
	"io"
	"math"
	"net/http"
	"sync/atomic"
)

// amplification is how many times the memory of its body a request may take while it is handled. The table of
// amplifications in the tests of app holds it.
const amplification = 16

const (
	// unlimited is how many bytes are handled at once if the process has no memory limit.
	unlimited = 64 << 20
	// Longest is how long the longest body is that any door takes. Each kind of request that may have one can be handled
	// under every limit.
	Longest = 4 << 20
)

// Within is how many bytes of bodies may be handled at once under a memory limit of the process. Requests get half of
// the memory, and always enough for the longest.
func Within(memory int64) int64 {
	if memory <= 0 || memory == math.MaxInt64 { // no limit
		return unlimited
	}
	return max(memory/2/amplification, Longest*3/2)
}

// Budgets are what each kind of request may have handled at once.
type Budgets struct {
	API       *Budget // whoever has an API key, and the senders
	Senders   *Budget // of events, who have the secret of a trigger: they can't use up all that the API has
	Strangers *Budget // whoever has shown nothing yet, such as Twilio before its signature is checked
}

// New divides so many bytes.
func New(total int64) *Budgets {
	api := &Budget{most: total * 3 / 4}
	return &Budgets{
		API: api, Senders: &Budget{most: max(api.most/2, Longest), within: api}, Strangers: &Budget{most: total / 4},
	}
}

// Budget bounds how many bytes of bodies are handled at once. It counts bytes that were read, not those announced, so a
// slow client does not keep others out.
type Budget struct {
	most   int64
	used   atomic.Int64
	within *Budget // which it is a part of; nil: of none
}

// ErrBusy is what reading a body returns where too much is being handled at once.
var ErrBusy = errors.New("too much is being handled at once")

// Hold handles a request. The bytes read of its body count until it is handled.
func (b *Budget) Hold(r *http.Request, handle func() error) error {
	body := &counted{ReadCloser: r.Body, budget: b}
	r.Body = body
	defer func() { b.take(-body.read) }()
	return handle()
}

// take takes bytes, and says whether there were so many.
func (b *Budget) take(n int64) bool {
	there := b.used.Add(n) <= b.most
	if b.within != nil && !b.within.take(n) {
		there = false
	}
	return there
}

// counted is a body that can be read while the budget lasts.
type counted struct {
	io.ReadCloser
	budget *Budget
	read   int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.read += int64(n)
	if !c.budget.take(int64(n)) {
		return n, ErrBusy
	}
	return n, err
}
