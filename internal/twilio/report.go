package twilio

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"redial/internal/call"
)

// ErrNoReport is returned for a callback that tells nothing about a call.
var ErrNoReport = errors.New("not a report about a call")

// ParseReport reads the form of a status callback; numbers that can't be read
// are left out. It returns an ErrNoReport when the form names no call, or has no
// status. A status that Twilio has invented since is returned as it is, and is not Known.
// Client.IsSID says whether the sid can be a call's.
// Source: https://www.twilio.com/docs/voice/api/call-resource#statuscallback
func ParseReport(form url.Values) (call.Report, error) {
	r := call.Report{
		SID:        form.Get("CallSid"),
		Status:     status(form.Get("CallStatus")),
		Duration:   seconds(form.Get("CallDuration")),
		SIPCode:    sipCode(form.Get("SipResponseCode")),
		AnsweredBy: answeredBy(form.Get("AnsweredBy")),
		ErrorCode:  errorCode(form.Get("ErrorCode")),
	}
	switch {
	case !idForm.MatchString(r.SID):
		return call.Report{}, fmt.Errorf("%w: CallSid is missing or malformed", ErrNoReport)
	case r.Status == "":
		return call.Report{}, fmt.Errorf("%w: CallStatus is missing", ErrNoReport)
	}
	return r, nil
}

// status reads Twilio's word. Some services send the event's name in its place.
func status(s string) call.Status {
	if s == "answered" {
		return call.InProgress
	}
	return call.Status(s)
}

// warnings are codes of calls that went on: something in the TwiML was passed over, or
// redial did not like a callback.
// Source: https://www.twilio.com/docs/api/errors, as of 2026-11-26.
var warnings = []int{12200, 15003}

// errorCode reads the code that some callbacks have if a call could not do what it was
// told, such as 11200: its URL could not be fetched. Twilio does not document it.
func errorCode(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 999999 || slices.Contains(warnings, n) {
		return 0
	}
	return n
}

func answeredBy(s string) string {
	if !call.KnownAnswer(s) || !answerForm.MatchString(s) {
		return ""
	}
	return s
}

// answerForm is wider than what Twilio's detection says today, and nothing but text.
var answerForm = regexp.MustCompile(`^[a-z_]{1,40}$`)

// seconds reads a duration, which some services send with a fraction.
func seconds(s string) int {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0) {
		return 0
	}
	return int(min(f, math.MaxInt32))
}

func sipCode(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 100 || n > 699 {
		return 0
	}
	return n
}

// LookUp asks Twilio about a call. An answer other than 2xx is a *StatusError, and 404 a
// call.ErrNoSuchSID, too. Soon after the create that proves nothing: Twilio's reads lag.
func (c *Client) LookUp(ctx context.Context, sid string) (call.Report, error) {
	r, err := c.lookUp(ctx, sid)
	if e, ok := asStatus(err); ok && e.Status == http.StatusNotFound {
		err = errors.Join(call.ErrNoSuchSID, err)
	}
	if err != nil {
		return call.Report{}, fmt.Errorf("looking up call %.40q: %w", sid, err)
	}
	return r, nil
}

func (c *Client) lookUp(ctx context.Context, sid string) (call.Report, error) {
	if !c.IsSID(sid) {
		return call.Report{}, errors.New("this is no sid")
	}
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	x := &exchange{client: c, ctx: ctx}
	if _, err := x.api().FetchCall(sid, &openapi.FetchCallParams{PathAccountSid: &c.account}); err != nil {
		return call.Report{}, err
	}
	var found callRecord
	if err := x.decode(&found); err != nil {
		return call.Report{}, err
	}
	return found.report(sid)
}

// report is what a record says about the call that was asked for.
func (r callRecord) report(sid string) (call.Report, error) {
	found := r.facts()
	if found.SID != sid || !found.Status.Known() {
		return call.Report{}, errors.New("the answer is not about this call, or its status is unknown")
	}
	return found, nil
}

func (r callRecord) facts() call.Report {
	return call.Report{
		SID: string(r.SID), Status: status(string(r.Status)), Duration: seconds(string(r.Duration)),
		Asked: true, Begun: r.StartTime != "", AnsweredBy: answeredBy(string(r.AnsweredBy)),
	}
}

// alreadyOver is Twilio's error code for a call that can't be ended: it is over,
// or was answered.
const alreadyOver = 21220

// HangUp ends a call that is queued or rings, and no other: a call that was
// answered in the same moment goes on. It returns what Twilio says of the call
// now. If the call could not be ended, HangUp asks for that.
// Source: https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
func (c *Client) HangUp(ctx context.Context, sid string) (call.Report, error) {
	if !c.IsSID(sid) {
		return call.Report{}, errors.New("ending a call: this is no sid")
	}
	return c.update(ctx, sid, openapi.UpdateCallParams{Status: new("canceled")})
}

// End ends a call, answered or not, and returns how Twilio says it is then.
func (c *Client) End(ctx context.Context, sid string) (call.Report, error) {
	if !c.IsSID(sid) {
		return call.Report{}, errors.New("ending a call: this is no sid")
	}
	return c.update(ctx, sid, openapi.UpdateCallParams{Status: new("completed")})
}

// Tell breaks into the conversation of the Call's attempt n: the listener hears that
// somebody else was reached, and then the call ends.
func (c *Client) Tell(ctx context.Context, cl *call.Call, n int) (call.Report, error) {
	sid := cl.Attempt(n).SID
	if !c.IsSID(sid) {
		return call.Report{}, errors.New("redirecting a call: this is no sid")
	}
	return c.update(ctx, sid, openapi.UpdateCallParams{Twiml: new(taken(cl, n))})
}

func (c *Client) update(ctx context.Context, sid string, p openapi.UpdateCallParams) (call.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	x := &exchange{client: c, ctx: ctx}
	_, err := x.api().UpdateCall(sid, p.SetPathAccountSid(c.account))
	if e, ok := asStatus(err); ok && e.Code == alreadyOver {
		return c.LookUp(ctx, sid)
	}
	if err != nil {
		return call.Report{}, fmt.Errorf("updating call %.40q: %w", sid, err)
	}
	var ended callRecord
	if err := x.decode(&ended); err != nil {
		return call.Report{}, fmt.Errorf("updating call %.40q: %w", sid, err)
	}
	return ended.report(sid)
}

// CheckAccount returns nil when the account works. While it does not, the error
// is a *call.PlaceError of FateAccount; any other error proves nothing.
func (c *Client) CheckAccount(ctx context.Context) error {
	account, err := c.AskAccount(ctx)
	if err == nil {
		return account.ill()
	}
	if e, ok := asStatus(err); ok && (e.fate() == call.FateAccount || e.fate() == call.FateUnlisted) {
		p := placeError(err, true)
		p.Fate = call.FateAccount // whatever the code: the request was about the account
		return p
	}
	return fmt.Errorf("checking the account: %w", err)
}

// ill is why the account takes no calls. Some services have accounts without a status.
func (a AccountState) ill() error {
	if a.Status == "" || a.Status == "active" {
		return nil
	}
	why := fmt.Sprintf("the account is %.20s", a.Status)
	return &call.PlaceError{Fate: call.FateAccount, Refusal: call.Refusal{Message: why, Status: 200}, Err: errors.New(why)}
}
