package twilio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/call"
)

// roundTrip is a network in memory, for tests in which time passes.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, body string, header http.Header) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func TestFence(t *testing.T) {
	for name, tc := range map[string]struct {
		before, connect time.Duration // the node's pause, and the network's
		sent            bool
	}{
		"at once":                      {0, 0, true},
		"just in time":                 {time.Second, call.SendWindow - time.Second - 1, true},
		"connecting takes too long":    {0, call.SendWindow, false},
		"the node slept":               {call.SendWindow, 0, false},
		"both together":                {6 * time.Second, 4 * time.Second, false},
		"the node slept for very long": {time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				written := false
				c := client(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					time.Sleep(tc.connect)
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return nil, err
					}
					written = true
					return answer(r, 201, created, nil), nil
				})})
				cl := wish(t)
				time.Sleep(tc.before)
				sid, err := c.Place(t.Context(), cl, 1)
				if written != tc.sent || (sid == callSID) != tc.sent {
					t.Errorf("written %v, sid %q, error %v", written, sid, err)
				}
				p, ok := errors.AsType[*call.PlaceError](err)
				if !tc.sent && (!ok || p.Fate != call.FateNotProcessed || !errors.Is(err, errTooLate)) {
					t.Errorf("error %v, want not processed, too late", err)
				}
			})
		})
	}
}

func TestAnswerIsAwaitedForABoundedTime(t *testing.T) {
	for name, hang := range map[string]roundTrip{
		"no answer": func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"a slow body": func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			res := answer(r, 201, "", nil)
			res.Body = &slowBody{r.Context(), bytes.NewReader([]byte(created))}
			return res, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl, start := wish(t), time.Now()
				p := failed(t, client(t, Config{Transport: hang}), t.Context(), cl)
				if p.Fate != call.FateUnknown || !errors.Is(p, context.DeadlineExceeded) {
					t.Errorf("error %v", p)
				}
				if now := time.Now(); now.Before(start.Add(answerWait)) || !now.Before(cl.WakeAt) {
					t.Errorf("waited %s; the attempt is asked after at %s", now.Sub(start), cl.WakeAt.Sub(start))
				}
			})
		})
	}
}

// slowBody gives a byte a second.
type slowBody struct {
	ctx  context.Context
	data *bytes.Reader
}

func (b *slowBody) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-time.After(time.Second):
		return b.data.Read(p[:1])
	}
}

func (b *slowBody) Close() error { return nil }

// A transport may give up while a part of it is still about to write.
func TestNothingIsSentAfterPlaceHasReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late sync.WaitGroup
		var read error
		c := client(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			late.Go(func() {
				time.Sleep(2 * time.Second)
				_, read = r.Body.Read(make([]byte, 1))
			})
			return nil, errors.New("network is unreachable")
		})})
		if p := failed(t, c, t.Context(), wish(t)); p.Fate != call.FateNotProcessed {
			t.Errorf("error %v", p)
		}
		late.Wait()
		if !errors.Is(read, errTooLate) {
			t.Errorf("the form was read after the attempt was reported as not sent: %v", read)
		}
	})
}

func TestRewoundFormStaysBehindTheFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
			time.Sleep(call.SendWindow)
			again, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			_, err = io.Copy(io.Discard, again)
			return nil, err
		})})
		p := failed(t, c, t.Context(), wish(t))
		if p.Fate != call.FateUnknown || !errors.Is(p, errTooLate) {
			t.Errorf("error %v, want unknown: the first form may be on the wire", p)
		}
	})
}
