package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"redial/api"
)

var (
	idInPage = regexp.MustCompile(`\b(?:ID|CALL)\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	filledIn = strings.NewReplacer(
		"TWILIO_ACCOUNT_SID=AC…", "TWILIO_ACCOUNT_SID="+simAccount,
		"TWILIO_AUTH_TOKEN=…", "TWILIO_AUTH_TOKEN="+simToken,
		"REDIAL_API_KEY=…", `REDIAL_API_KEY="$REDIAL_API_KEYS"`,
		"+8190…", "+819012345678",
		"+8150…", demoFrom,
	)
)

// inward replaces in a command what its reader would replace: addresses, and the placeholders … and ID.
func (r *reader) inward(command string) (_ string, err error) {
	command = strings.ReplaceAll(command, "bin/redial", "redial")
	command = r.addresses(filledIn.Replace(command))
	command = soon(command, time.Now())
	if idInPage.MatchString(command) {
		of := r.call
		if strings.HasPrefix(command, "redial webhooks ") {
			of = r.endpoint
		}
		id, err := of()
		if err != nil {
			return "", fmt.Errorf("looking for the ID that is meant: %w", err)
		}
		command = idInPage.ReplaceAllString(command, id)
	}
	if strings.Contains(command, "evt_…") {
		message, err := r.message()
		if err != nil {
			return "", fmt.Errorf("looking for the message that is meant: %w", err)
		}
		command = strings.ReplaceAll(command, "evt_…", message)
	}
	if strings.Contains(command, gap) {
		return "", fmt.Errorf("what does %s stand for?", gap)
	}
	return command, nil
}

// addresses replaces the page's addresses by the reader's own.
func (r *reader) addresses(text string) string {
	return strings.NewReplacer(
		"127.0.0.1:8080", r.redial, "127.0.0.1:4010", r.twilio, "localhost:3000", r.hook, "127.0.0.1:3000", r.hook,
		"https://….example.com", "http://"+r.redial, "https://shop.example.com", "http://"+r.hook,
		"https://redial.example.com", "http://"+r.redial,
	).Replace(text)
}

// outward replaces the reader's addresses in an answer by the page's.
func (r *reader) outward(said string) string {
	return strings.NewReplacer(r.redial, "127.0.0.1:8080", r.twilio, "127.0.0.1:4010", r.hook,
		"localhost:3000").Replace(said)
}

// http sends a request to redial.
func (r *reader) http(method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.redial+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if key := r.variable("REDIAL_API_KEYS"); key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s %s %w", method, path, res.Status, said, err)
	}
	return json.Unmarshal(said, answer)
}

// call is the id of the newest call. If there is none, it makes one.
func (r *reader) call() (string, error) {
	var list api.CallList
	if err := r.http("GET", "/v1/calls?limit=1", nil, &list); err != nil {
		return "", err
	}
	if len(list.Calls) > 0 {
		return list.Calls[0].ID, nil
	}
	var call api.Call
	err := r.http("POST", "/v1/calls", map[string]string{"to": "+819012345678", "say": "Hello."}, &call)
	return call.ID, err
}

// endpoint is the id of the newest endpoint that was added.
func (r *reader) endpoint() (string, error) {
	var list api.EndpointList
	if err := r.http("GET", "/v1/webhooks", nil, &list); err != nil {
		return "", err
	}
	for _, e := range list.Endpoints {
		if strings.HasPrefix(e.ID, "we_") {
			return e.ID, nil
		}
	}
	return "", errors.New("there is no endpoint")
}

// message is the id of the newest message to that endpoint. The server is a process with a clock of its own: the
// sleep is a pause between two looks.
func (r *reader) message() (string, error) {
	id, err := r.endpoint()
	if err != nil {
		return "", err
	}
	for limit := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var list api.DeliveryList
		if err := r.http("GET", "/v1/webhooks/"+id+"/deliveries", nil, &list); err != nil || time.Now().After(limit) {
			return "", fmt.Errorf("nothing was sent to %s: %w", id, err)
		}
		if len(list.Deliveries) > 0 {
			return list.Deliveries[0].Event, nil
		}
	}
}

var date = regexp.MustCompile(`\b20\d\d-\d\d-\d\d`)

// soon moves all dates of a text by the same number of weeks, so that the first of them is in the future. The days of
// the week, and the times between the dates, stay the same. So a page stays true when its dates are over.
func soon(text string, now time.Time) string {
	dates := slices.Sorted(slices.Values(date.FindAllString(text, -1)))
	if len(dates) == 0 {
		return text
	}
	first, err := time.Parse(time.DateOnly, dates[0])
	if err != nil {
		return text
	}
	days := 0
	for ; first.AddDate(0, 0, days).Before(now); days += 7 {
	}
	return date.ReplaceAllStringFunc(text, func(of string) string {
		day, err := time.Parse(time.DateOnly, of)
		if err != nil {
			return of
		}
		return day.AddDate(0, 0, days).Format(time.DateOnly)
	})
}
