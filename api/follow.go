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
	patience = 2 * time.Minute  // with a server that is away
)

// Follow tells of every event of a call after seq after, in their order and each
// once, until the call has ended. A stream that breaks is taken up where it
// broke, unless the server stays away for two minutes. An error of tell ends it,
// and is returned as it is.
func (c *Client) Follow(ctx context.Context, id string, after int, tell func(Event) error) error {
	f := follower{Client: c, id: id, after: after, tell: tell, heard: time.Now()}
	for try := 1; ; try++ {
		before := f.heard
		err := f.stream(ctx)
		a, passing := errors.AsType[*away](err)
		if !passing {
			return err
		}
		if f.heard.After(before) {
			try = 1
		}
		if time.Since(f.heard) > patience || !pause(ctx, try, a.pause) {
			return fmt.Errorf("following call %s: %w", id, a.error)
		}
	}
}

// follower is how far a Follow has come.
type follower struct {
	*Client
	id    string
	after int // the seq of the last event that was told
	tell  func(Event) error
	heard time.Time // when the server last said anything
}

// stream follows until the call has ended, which is nil, or the stream breaks,
// which is *away, or something else goes wrong.
func (f *follower) stream(ctx context.Context) error {
	path, header := callPath(f.id)+"/events", http.Header{"Last-Event-Id": {strconv.Itoa(f.after)}}
	return f.events(ctx, path, header, &f.heard, func(_, data string) (bool, error) { return f.event(data) })
}

// events reads a stream of server-sent events, and tells of each by its kind and data,
// until that says that it is over. It keeps when the server last said anything.
func (c *Client) events(ctx context.Context, path string, header http.Header, heard *time.Time, tell func(kind, data string) (over bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dead := time.AfterFunc(silence, cancel)
	defer dead.Stop()
	header.Set("Accept", "text/event-stream")
	res, err := c.send(ctx, request{method: http.MethodGet, path: path, header: header})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "text/event-stream" {
		return fmt.Errorf("%s answered no event stream, and is perhaps no redial", c.Address())
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxLine)
	for kind, data := "", ""; lines.Scan(); {
		dead.Reset(silence)
		*heard = time.Now()
		switch field, value, _ := strings.Cut(lines.Text(), ":"); {
		case field == "event":
			kind = strings.TrimPrefix(value, " ")
		case field == "data":
			data += strings.TrimPrefix(value, " ")
		case lines.Text() == "" && data != "": // only now is it known to be whole
			if over, err := tell(kind, data); over || err != nil {
				return err
			}
			kind, data = "", ""
		}
	}
	return &away{error: fmt.Errorf("the stream of %s broke off: %w", c.Address(), cmp.Or(lines.Err(), io.EOF))}
}

// event tells of an event, unless that was done before the stream last broke.
func (f *follower) event(data string) (ended bool, err error) {
	var e Event
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		return false, fmt.Errorf("an event of %s can't be read: %w", f.URL, err)
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
