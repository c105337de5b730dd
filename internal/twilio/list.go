package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"redial/internal/call"
	"redial/internal/crashpoint"
)

const (
	pageSize  = 200 // so that a page stays well below bodyLimit
	pageLimit = 100

	// dateSlack allows for dates in whole seconds: those of the records, and the
	// header by which clockOffset compares the clocks.
	dateSlack = 3 * time.Second
)

// page is one page of Twilio's list of calls.
type page struct {
	Calls []callRecord `json:"calls"`
	Next  text         `json:"next_page_uri"`
}

// Search lists the calls that may be attempt n, whose create answer was lost:
// between its two numbers, created since it was dialed by Twilio's own clock,
// and not known as another attempt. Every page is read, as the order of the list
// is not promised: an attempt must not count as absent because the look was cut
// short. If the list can't be read whole, Search returns an error.
func (c *Client) Search(ctx context.Context, cl *call.Call, n int) ([]call.Report, error) {
	a := cl.Attempt(n)
	if a == nil {
		return nil, fmt.Errorf("searching: the call has no attempt %d", n)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*answerWait)
	defer cancel()
	x := &exchange{client: c, ctx: ctx}
	var found []call.Report
	var since time.Time
	next := ""
	for i := range pageLimit {
		p, err := x.page(cl.From, a.To, next)
		if err != nil {
			return nil, fmt.Errorf("searching for attempt %d: %w", n, err)
		}
		if i == 0 {
			since = a.DialedAt.Add(clockOffset(x.header) - dateSlack)
		}
		for _, r := range p.Calls {
			if !mayBe(r, cl, a, since) {
				continue
			}
			if !c.IsSID(string(r.SID)) { // and so can't be told from the attempt
				return nil, fmt.Errorf("searching for attempt %d: the list has a call with %.40q for a sid", n, string(r.SID))
			}
			found = append(found, r.facts())
		}
		if next = string(p.Next); next == "" {
			return found, nil
		}
	}
	return nil, fmt.Errorf("searching for attempt %d: more than %d pages of calls", n, pageLimit)
}

// page reads the first page, or the page whose URI the page before it gave. Clients are
// to follow that URI as it is, for which the SDK has no method.
func (x *exchange) page(from, to, next string) (page, error) {
	var err error
	if next == "" {
		params := &openapi.ListCallParams{PathAccountSid: &x.client.account, From: &from, To: &to, PageSize: new(pageSize)}
		_, err = x.api().PageCall(params, "", "")
	} else {
		_, err = x.SendRequest(http.MethodGet, next, nil, nil)
	}
	if err != nil {
		return page{}, err
	}
	p := page{}
	if err := x.decode(&p); err != nil {
		return page{}, err
	}
	if p.Calls == nil {
		return page{}, errors.New("the answer holds no list of calls")
	}
	return p, nil
}

// mayBe says whether the record can be the attempt. A field that is missing never
// speaks against it.
func mayBe(r callRecord, cl *call.Call, a *call.Attempt, since time.Time) bool {
	if r.ParentSID != "" || r.Direction == "inbound" || r.Direction == "outbound-dial" {
		return false
	}
	if !sameNumber(string(r.To), a.To) || !sameNumber(string(r.From), cl.From) {
		return false
	}
	known := func(b call.Attempt) bool { return b.N != a.N && b.SID == string(r.SID) }
	if slices.ContainsFunc(cl.Attempts, known) {
		return false
	}
	created, ok := date(string(r.DateCreated))
	return !ok || !created.Before(since)
}

// date reads a record's date: RFC 2822 from Twilio, RFC 3339 from some others.
func date(s string) (time.Time, bool) {
	at, err := mail.ParseDate(s)
	if err != nil {
		at, err = time.Parse(time.RFC3339, s)
	}
	return at, err == nil
}

// clockOffset is how far the answer's clock is ahead of ours, 0 when it has none.
func clockOffset(header http.Header) time.Duration {
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return at.Sub(crashpoint.Now())
}

// sameNumber compares digits alone: some services leave the plus sign out.
func sameNumber(listed, ours string) bool {
	return listed == "" || digits(listed) == digits(ours)
}
