package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/api"
	"redial/api/apitest"
)

// story has the types of the events of a call.
var story = []string{"call.created", "call.cancel_requested", "call.ended"}

func block(seq int) string {
	return fmt.Sprintf("id: %d\nevent: %s\ndata: {\"seq\":%d,\"type\":\"%s\",\"at\":\"2026-11-23T09:00:00Z\"}\n\n", seq,
		story[seq-1], seq, story[seq-1])
}

// streams answers the n-th request for events with the n-th stream, and all later requests with the last one. At its
// end a stream breaks off, or stays open without data.
type streams struct {
	parts []string
	quiet bool // stays open without data, instead of breaking off
	after []int
}

func (s *streams) RoundTrip(req *http.Request) (*http.Response, error) {
	after, err := strconv.Atoi(req.Header.Get("Last-Event-ID"))
	if err != nil || req.Header.Get("Accept") != "text/event-stream" {
		return nil, fmt.Errorf("not a request for events: %v", req.Header)
	}
	part := s.parts[min(len(s.after), len(s.parts)-1)]
	s.after = append(s.after, after)
	if part == "" {
		return nil, errors.New("connection refused")
	}
	rest := io.Reader(failing{})
	if s.quiet {
		rest = waiting{req.Context()}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: io.NopCloser(io.MultiReader(strings.NewReader(part), rest)), Request: req}, nil
}

// waiting is a body that has nothing to read until its context is done.
type waiting struct{ context.Context }

func (w waiting) Read([]byte) (int, error) {
	<-w.Done()
	return 0, w.Err()
}

func TestFollow(t *testing.T) {
	tests := []struct {
		name  string
		parts []string
		quiet bool
		from  int
		told  []int
		after []int // the Last-Event-ID of each request
		takes time.Duration
	}{
		{"in one go", []string{block(1) + ": still here\n\n" + block(2) + block(3)}, false, 0, []int{1, 2, 3}, []int{0}, 0},
		{"from the middle", []string{block(2) + block(3)}, false, 1, []int{2, 3}, []int{1}, 0},
		{"what comes again is told once", []string{block(1) + block(2) + block(1) + block(2) + block(3)}, false, 0,
			[]int{1, 2, 3}, []int{0}, 0},
		{"nothing after the end", []string{block(1) + block(3) + block(2)}, false, 0, []int{1, 3}, []int{0}, 0},
		{"broken between events", []string{block(1), block(2), block(3)}, false, 0, []int{1, 2, 3}, []int{0, 1, 2},
			400 * time.Millisecond},
		{"broken within an event", []string{block(1) + block(2)[:30], block(2) + block(3)}, false, 0, []int{1, 2, 3},
			[]int{0, 1}, 200 * time.Millisecond},
		{"broken after an event's data", []string{block(1) + strings.TrimSuffix(block(2), "\n"), block(2) + block(3)},
			false, 0, []int{1, 2, 3}, []int{0, 1}, 200 * time.Millisecond},
		{"away for a while", []string{block(1), "", "", "", block(2) + block(3)}, false, 0, []int{1, 2, 3},
			[]int{0, 1, 1, 1, 1}, 3 * time.Second},
		{"silent", []string{block(1), block(2) + block(3)}, true, 0, []int{1, 2, 3}, []int{0, 1},
			time.Minute + 200*time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &streams{parts: test.parts, quiet: test.quiet}
				client := &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: apitest.Transport(t, s)}}
				begin := time.Now()
				var told []int
				err := client.Follow(t.Context(), "1", test.from, func(e api.Event) error {
					told = append(told, e.Seq)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff([][]int{test.told, test.after}, [][]int{told, s.after}); diff != "" {
					t.Errorf("the events, and where the streams began, -want +got:\n%s", diff)
				}
				if took := time.Since(begin); took != test.takes {
					t.Errorf("it took %s, want %s", took, test.takes)
				}
			})
		})
	}
}

// A call may have no event for hours: Follow does not give up.
func TestFollowOutlivesAQuietDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		day := block(1) + strings.Repeat(": still here\n\n", 24*60*4)
		begin, tries := time.Now(), 0
		client := &api.Client{URL: "http://redial.test",
			HTTP: &http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				body := io.Reader(&slow{req.Context(), strings.SplitAfter(day, "\n\n")})
				if tries++; tries == 2 {
					return nil, errors.New("connection refused")
				} else if tries == 3 {
					body = strings.NewReader(block(2) + block(3))
				}
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}},
					Body: io.NopCloser(body), Request: req}, nil
			})}}
		last := 0
		err := client.Follow(t.Context(), "1", 0, func(e api.Event) error { last = e.Seq; return nil })
		if took := time.Since(begin); err != nil || last != 3 || tries != 3 || took < 24*time.Hour {
			t.Errorf("got %v at event %d after %d tries in %s", err, last, tries, took)
		}
	})
}

// slow sends a line every 15 s of its bubble's time, then breaks off.
type slow struct {
	ctx   context.Context
	lines []string
}

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(15 * time.Second)
	if len(s.lines) == 0 || s.ctx.Err() != nil {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, s.lines[0])
	s.lines[0] = s.lines[0][n:]
	if s.lines[0] == "" {
		s.lines = s.lines[1:]
	}
	return n, nil
}

func TestFollowGivesUp(t *testing.T) {
	enough := errors.New("enough")
	tests := []struct {
		name  string
		parts []string
		tell  error
		ctx   time.Duration
		want  error
		says  string
		takes time.Duration
	}{
		{"when told to", []string{block(1)}, enough, time.Hour, enough, "enough", 0},
		{"when its time is over", []string{""}, nil, 10 * time.Second, nil, "can't be reached", 10 * time.Second},
		{"on nonsense", []string{"data: {\n\n"}, nil, time.Hour, nil, "an event of http://redial.test can't be read", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.ctx)
				defer cancel()
				client := &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: &streams{parts: test.parts}}}
				begin := time.Now()
				err := client.Follow(ctx, "1", 0, func(api.Event) error { return test.tell })
				if err == nil || !strings.Contains(err.Error(), test.says) || test.want != nil && err != test.want {
					t.Errorf("got %v, want %q", err, test.says)
				}
				if took := time.Since(begin); took != test.takes {
					t.Errorf("it took %s, want %s", took, test.takes)
				}
			})
		})
	}
	t.Run("when the server stays away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			client := &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: &streams{parts: []string{""}}}}
			err := client.Follow(t.Context(), "1", 0, func(api.Event) error { return nil })
			if took := time.Since(begin); err == nil || took < 2*time.Minute || took > 3*time.Minute {
				t.Errorf("after %s: %v", took, err)
			}
		})
	})
	t.Run("when there is no such call", func(t *testing.T) {
		s := &server{answer: func(w http.ResponseWriter, _ *http.Request, _ int) { giveProblem(w, http.StatusNotFound) }}
		err := s.client(t).Follow(t.Context(), "1", 0, func(api.Event) error { return nil })
		if p, ok := errors.AsType[*api.Problem](err); !ok || p.Status != 404 || len(s.asked) != 1 {
			t.Errorf("got %v after %d requests", err, len(s.asked))
		}
	})
	t.Run("when it is no stream", func(t *testing.T) {
		s := &server{answer: func(w http.ResponseWriter, _ *http.Request, _ int) {
			give(w, 200, "application/json", api.EventList{Events: []api.Event{}})
		}}
		err := s.client(t).Follow(t.Context(), "1", 0, func(api.Event) error { return nil })
		if err == nil || len(s.asked) != 1 {
			t.Errorf("got %v after %d requests", err, len(s.asked))
		}
	})
}

// When the server is away for longer than a moment, Away is called once, and once more when it is back. The caller
// decides how long it may be away. No event is told twice.
func TestAwayIsToldOnce(t *testing.T) {
	for name, test := range map[string]struct {
		away  int // tries that fail
		told  []string
		takes time.Duration
	}{
		"a moment": {3, nil, 3 * time.Second},
		"for a while": {9, []string{"redial at http://redial.test can't be reached: connection refused", "back"},
			31 * time.Second},
		"a rolling upgrade": {60, []string{"redial at http://redial.test can't be reached: connection refused", "back"},
			286 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &streams{parts: append(append([]string{block(1)}, make([]string, test.away)...), block(2)+block(3))}
				var told []string
				client := &api.Client{URL: "http://redial.test", Patience: 10 * time.Minute, Away: func(err error) {
					if err == nil {
						told = append(told, "back")
					} else {
						told = append(told, err.Error())
					}
				}}
				ended := `{"id": "1", "state": "ended", "outcome": "reached", "policy": {}, "attempts": [], ` +
					`"deadline_at": "2026-11-23T09:00:00Z", "created_at": "2026-11-23T09:00:00Z"}`
				tries := 0
				client.HTTP = &http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
					if strings.HasSuffix(req.URL.Path, "/events") {
						return s.RoundTrip(req)
					}
					if tries++; tries < 3 { // it goes down once more just as the call has ended
						return nil, errors.New("connection refused")
					}
					return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(ended)), Request: req}, nil
				})}
				begin, events := time.Now(), 0
				call, err := client.Await(t.Context(), "1", 0, func(api.Event) error { events++; return nil })
				if err != nil || call.Outcome != "reached" || events != 3 {
					t.Errorf("%v, %+v, %d events", err, call, events)
				}
				if diff := cmp.Diff(test.told, told); diff != "" {
					t.Error(diff)
				}
				if took := time.Since(begin); took < test.takes || took > test.takes+5*time.Second {
					t.Errorf("it took %s, not about %s", took, test.takes)
				}
			})
		})
	}
}
