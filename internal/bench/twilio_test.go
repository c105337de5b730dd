package bench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// operator is a Twilio that takes every call, and sends no callbacks: the measurements send them instead.
type operator struct {
	*httptest.Server
	mu    sync.Mutex
	taken []taken
	each  func(taken) // is called with each call
}

// taken is a call that was created.
type taken struct {
	sid, callback, to string
	at                time.Time
}

func newOperator() *operator {
	o := &operator{}
	o.Server = httptest.NewServer(http.HandlerFunc(o.create))
	return o
}

func (o *operator) create(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	callback := r.FormValue("StatusCallback")
	o.mu.Lock()
	c := taken{fmt.Sprintf("CA%032x", len(o.taken)), callback, r.FormValue("To"), at}
	o.taken = append(o.taken, c)
	each := o.each
	o.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid": %q, "status": "queued", "to": %q}`, c.sid, c.to)
	if each != nil {
		each(c)
	}
}

// calls waits for n calls, and returns them.
func (o *operator) calls(n int) []taken {
	for {
		o.mu.Lock()
		have := o.taken
		o.mu.Unlock()
		if len(have) >= n {
			return have
		}
		time.Sleep(time.Millisecond)
	}
}

func (o *operator) onEach(f func(taken)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.each = f
}
