package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/api"
)

// inbox is a script's application, and the messages that it has received.
type inbox struct {
	mu   sync.Mutex
	got  []letter
	came chan struct{} // receives when a message has come
}

type letter struct {
	path   string
	header http.Header
	body   []byte
}

func (x *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	x.mu.Lock()
	x.got = append(x.got, letter{r.URL.Path, r.Header, body})
	x.mu.Unlock()
	select {
	case x.came <- struct{}{}:
	default:
	}
}

// cmdReceive starts an application that takes every message, and sets VAR to its URL: receive VAR.
func cmdReceive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: receive VAR")
	}
	x := &inbox{came: make(chan struct{}, 1)}
	server := httptest.NewServer(x)
	ts.Defer(server.Close)
	inboxes.Store(ts, x)
	ts.Defer(func() { inboxes.Delete(ts) })
	ts.Setenv(args[0], server.URL)
}

var inboxes sync.Map // by script

var secretIn = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`)

// cmdHears waits until a message of a type has come to a path, signed with the secret in a file: hears PATH TYPE
// FILE.
func cmdHears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: hears PATH TYPE FILE")
	}
	wh, err := standardwebhooks.NewWebhook(secretIn.FindString(ts.ReadFile(args[2])))
	ts.Check(err)
	v, _ := inboxes.Load(ts)
	x := v.(*inbox)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		x.mu.Lock()
		for _, l := range x.got {
			var m api.Webhook
			if l.path == args[0] && json.Unmarshal(l.body, &m) == nil && m.Type == args[1] {
				ts.Check(wh.Verify(l.body, l.header))
				x.mu.Unlock()
				return
			}
		}
		x.mu.Unlock()
		select {
		case <-x.came:
		case <-ctx.Done():
			ts.Fatalf("%s never heard of %s", args[0], args[1])
		}
	}
}

// cmdDelivered waits until redial has recorded that a call's message was taken; that is after the receiver took it:
// delivered ID TYPE ENDPOINT.
func cmdDelivered(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: delivered ID TYPE ENDPOINT")
	}
	client := &api.Client{URL: ts.Getenv("REDIAL_URL")}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		list, err := client.CallDeliveries(ctx, args[0])
		ts.Check(err)
		for _, d := range list {
			if d.Type == args[1] && d.Endpoint == args[2] && d.State == "delivered" {
				return
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			ts.Fatalf("%s was never delivered to %s", args[1], args[2])
		}
	}
}

// cmdEndpointID sets VAR to the id of the endpoint whose URL ends with PATH: endpointid VAR PATH.
func cmdEndpointID(ts *testscript.TestScript, neg bool, args []string) {
	client := &api.Client{URL: ts.Getenv("REDIAL_URL")}
	list, err := client.Endpoints(context.Background())
	ts.Check(err)
	for _, e := range list {
		if !neg && len(args) == 2 && strings.HasSuffix(e.URL, args[1]) {
			ts.Setenv(args[0], e.ID)
			return
		}
	}
	ts.Fatalf("usage: endpointid VAR PATH, with such an endpoint")
}
