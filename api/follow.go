package api

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxLine  = 1 << 20          // bytes of a line in a stream
	silence  = 60 * time.Second // after which a stream is dead: the server says something every 15 s
	patience = 2 * time.Minute  // with a server that is away, where the Client has no other
	noticed  = 5 * time.Second  // for which a server is away until somebody is told
)

// Follow tells of every event of a call after seq after, in their order and each
// once, until the call has ended. A stream that breaks is taken up where it
// broke, unless the server stays away for as long as the Client has patience.
// An error of tell ends it, and is returned as it is.
func (c *Client) Follow(ctx context.Context, id string, after int, tell func(Event) error) error {
	f := follower{after: after, tell: tell}
	err := c.persist(ctx, func(l *link) error {
		path, header := callPath(id)+"/events", http.Header{"Last-Event-Id": {strconv.Itoa(f.after)}}
		return l.events(ctx, path, header, func(m message) (bool, error) { return f.event(c.Address(), m.data) })
	})
	if _, passing := errors.AsType[*away](err); passing {
		return fmt.Errorf("following call %s: %w", id, err)
	}
	return err
}

// Await follows a call as Follow does, and shows it once it has ended.
func (c *Client) Await(ctx context.Context, id string, after int, tell func(Event) error) (call Call, err error) {
	if err := c.Follow(ctx, id, after, tell); err != nil {
		return call, err
	}
	err = c.persist(ctx, func(*link) error {
		_, err := c.once(ctx, request{method: http.MethodGet, path: callPath(id)}, &call)
		return err
	})
	return call, err
}

// link is how the exchange with a server fares that goes on while the server is away.
type link struct {
	*Client
	heard time.Time // when the server last said anything
	lost  time.Time // since when it is away; zero: it is not
	told  bool      // that it is
}

// persist exchanges something with the server, again as long as that ends with *away and there is
// patience.
func (c *Client) persist(ctx context.Context, exchange func(*link) error) error {
	l := &link{Client: c, heard: time.Now()}
	for try := 1; ; try++ {
		before := l.heard
		err := exchange(l)
		a, passing := errors.AsType[*away](err)
		if !passing {
			l.back()
			return err
		}
		if l.heard.After(before) {
			try = 1
		}
		l.missed(ctx, a.error)
		if time.Since(l.heard) > cmp.Or(c.Patience, patience) || !pause(ctx, try, a.pause) {
			return a
		}
	}
}

// missed notes that the server is away, and tells it once it has been so for a while.
func (l *link) missed(ctx context.Context, err error) {
	if l.lost.IsZero() {
		l.lost = time.Now()
	}
	if l.Away != nil && !l.told && ctx.Err() == nil && time.Since(l.lost) >= noticed {
		l.told = true
		l.Away(err)
	}
}

// back notes that the server is there, and tells it to whoever was told that it was away.
func (l *link) back() {
	l.lost = time.Time{}
	if l.told {
		l.told = false
		l.Away(nil)
	}
}

// follower is how far a Follow has come.
type follower struct {
	after int // the seq of the last event that was told
	tell  func(Event) error
}

// message is one of a stream of server-sent events. Without data, it only has the id at which to go on.
type message struct{ id, kind, data string }

// events reads a stream of server-sent events, and tells of each, until that says that it is over. It keeps when the
// server last said anything.
func (l *link) events(
	ctx context.Context, path string, header http.Header, tell func(message) (over bool, err error),
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dead := time.AfterFunc(silence, cancel)
	defer dead.Stop()
	header.Set("Accept", "text/event-stream")
	res, err := l.send(ctx, request{method: http.MethodGet, path: path, header: header})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "text/event-stream" {
		return fmt.Errorf("%s answered no event stream, and is perhaps no redial", l.Address())
	}
	l.back()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxLine)
	for m := (message{}); lines.Scan(); {
		dead.Reset(silence)
		l.heard = time.Now()
		switch field, value, _ := strings.Cut(lines.Text(), ":"); {
		case field == "id":
			m.id = strings.TrimPrefix(value, " ")
		case field == "event":
			m.kind = strings.TrimPrefix(value, " ")
		case field == "data":
			m.data += strings.TrimPrefix(value, " ")
		case lines.Text() == "": // only now is it known to be whole
			if over, err := tell(m); over || err != nil {
				return err
			}
			m = message{}
		}
	}
	return &away{error: fmt.Errorf("the stream of %s broke off: %w", l.Address(), cmp.Or(lines.Err(), io.EOF))}
}

// event tells of an event, unless that was done before the stream last broke.
func (f *follower) event(server, data string) (ended bool, err error) {
	if data == "" {
		return false, nil
	}
	var e Event
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		return false, fmt.Errorf("an event of %s can't be read: %w", server, err)
	}
	if e.Seq <= f.after {
		return false, nil
	}
	if err := f.tell(e); err != nil {
		return false, err
	}
	f.after = e.Seq
	return e.Type == "call.ended", nil
}
