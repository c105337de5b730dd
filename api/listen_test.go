package api_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/api"
)

// breaking answers each request for a stream with its next part, and then breaks off.
type breaking struct {
	parts []string
	after []string // the Last-Event-ID of each request
}

func (b *breaking) RoundTrip(req *http.Request) (*http.Response, error) {
	part := b.parts[min(len(b.after), len(b.parts)-1)]
	b.after = append(b.after, req.Header.Get("Last-Event-ID"))
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: io.NopCloser(io.MultiReader(strings.NewReader(part), failing{})), Request: req}, nil
}

func ready(id, secret string) string {
	return fmt.Sprintf("id: %s\nevent: ready\ndata: {\"id\":\"str_1\",\"secret\":\"%s\"}\n\n", id, secret)
}

func hook(id, name string) string {
	return fmt.Sprintf("id: %s\nevent: call.ended\ndata: {\"id\":\"%s\",\"type\":\"call.ended\"}\n\n", id, name)
}

// Listen resumes after the last complete message, and keeps the secret that it got first.
func TestListenGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &breaking{parts: []string{
			ready("7", "first") + hook("9", "one") + "id: 11\nevent: call.ended\ndata: {",
			ready("9", "second") + hook("12", "two") + ": still here\nid: 20\n\n",
			ready("evt_x_1", "third") + hook("evt_x_1", "of the version before"),
			hook("21", "three"),
		}}
		enough := errors.New("enough")
		var heard, secrets []string
		client := &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: b}}
		err := client.Listen(t.Context(), nil, func(e api.Endpoint) { secrets = append(secrets, e.Secret) },
			func(m api.Webhook, _ []byte) error {
				if heard = append(heard, m.ID); m.ID == "three" {
					return enough
				}
				return nil
			})
		if !errors.Is(err, enough) {
			t.Error(err)
		}
		for _, diff := range []string{
			cmp.Diff([]string{"one", "two", "of the version before", "three"}, heard),
			cmp.Diff([]string{"first"}, secrets),
			cmp.Diff([]string{"", "9", "20", "20"}, b.after),
		} {
			if diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		}
	})
}

// That the server is away is told at once before the first answer, and after a while later.
func TestListenTellsThatTheServerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, enough := time.Now(), errors.New("enough")
		b := &breaking{parts: []string{ready("7", "first"), hook("9", "one")}}
		var told []string
		tell := func(what string) { told = append(told, fmt.Sprint(time.Since(began).Round(time.Second), " ", what)) }
		tries := 0
		client := &api.Client{URL: "http://redial.test", Away: func(err error) {
			if err == nil {
				tell("back")
				return
			}
			tell("away")
		}}
		client.HTTP = &http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			if tries++; tries <= 3 || tries > 4 && tries < 12 {
				return nil, errors.New("connection refused")
			}
			return b.RoundTrip(req)
		})}
		err := client.Listen(t.Context(), nil, func(api.Endpoint) { tell("ready") },
			func(api.Webhook, []byte) error { return enough })
		if !errors.Is(err, enough) {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0s away", "1s back", "1s ready", "8s away", "23s back"}, told); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
