package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"redial/internal/twilio"
)

const hostTime = 10 * time.Second // for an answer over HOST_URL; Twilio waits no longer

// strange is an answer that no redial with the same token gave.
type strange struct {
	status int
	header http.Header
	body   []byte
}

func (s *strange) Error() string { return fmt.Sprintf("HTTP status %d", s.status) }

// probe sends a request to the redial behind a URL, as Twilio would, and returns what arrived there and what was
// changed on the way. If another program answers, the error is a *strange.
func (e *Examination) probe(
	ctx context.Context, way http.RoundTripper, at string,
) (a twilio.Arrival, changed string, err error) {
	ctx, cancel := context.WithTimeout(ctx, hostTime)
	defer cancel()
	p := twilio.NewProbe(e.Config.AuthTokens[0])
	r, err := p.Request(ctx, cmp.Or(e.Config.HostURL, at), at)
	if err != nil {
		return a, "", err
	}
	status, header, body, err := exchange(way, r)
	if err != nil {
		return a, "", err
	}
	if a, err = p.Read(header, body); err != nil {
		return a, "", &strange{status, header, body}
	}
	return a, p.Changed(a), nil
}

const mostAnswer, maxHeader = 64 << 10, 64 << 10 // bytes that are read of an answer

// exchange sends one request, and follows no redirect.
func exchange(t http.RoundTripper, r *http.Request) (status int, header http.Header, body []byte, err error) {
	res, err := t.RoundTrip(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	return res.StatusCode, res.Header, body, err
}
