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
	silence  = 60 * time.Second // without a line, after which a stream is dead: the server writes one every 15 s
	patience = 2 * time.Minute  // the default of Client.Patience
	noticed  = 5 * time.Second  // how long a server is away before Client.Away is called
)

// Follow calls tell for every event of a call after seq after, in order and once each, until the call has ended. It
// resumes a broken stream where it broke, and gives up when the server is away for longer than Patience. If tell
// returns an error, Follow ends and returns it unchanged.
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

// Await follows a call as Follow does, and returns the call once it has ended.
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

// link is the state of an exchange that is repeated while the server is away.
type link struct {
	*Client
	heard time.Time // when the server last sent something
	lost  time.Time // since when it is away; zero: it is not
	told  bool      // Away was called
	early bool      // Away is called at the first failure
}

// persist runs an exchange, and runs it again while it fails with *away and Patience lasts.
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

// missed notes that the server is away, and calls Away once that has lasted for a while, or early.
func (l *link) missed(ctx context.Context, err error) {
	if l.lost.IsZero() {
		l.lost = time.Now()
	}
	if l.Away != nil && !l.told && ctx.Err() == nil && (l.early || time.Since(l.lost) >= noticed) {
		l.told = true
		l.Away(err)
	}
}

// back notes that the server answers, and calls Away if it was told the opposite.
func (l *link) back() {
	l.lost = time.Time{}
	if l.told {
		l.told = false
		l.Away(nil)
	}
}

// follower is the position of a Follow.
type follower struct {
	after int // the seq of the last event that was told
	tell  func(Event) error
}

// message is one server-sent event. Without data it only has the id at which to resume.
type message struct{ id, kind, data string }

// events reads a stream of server-sent events and calls tell for each, until tell returns over. It notes when the
// server last sent something.
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
		case lines.Text() == "": // the end of the message: it is complete
			if over, err := tell(m); over || err != nil {
				return err
			}
			m = message{}
		}
	}
	return &away{error: fmt.Errorf("the stream of %s broke off: %w", l.Address(), cmp.Or(lines.Err(), io.EOF))}
}

// event tells an event, unless it was told before the stream broke.
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
