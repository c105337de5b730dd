package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"redial/internal/call"
)

// CallbackPath is the path under HostURL to which Twilio sends its reports on calls.
// The query's "attempt" is the attempt's key.
const CallbackPath = "/twilio_api/callback"

// Place sends the create request of attempt n and returns the call's sid. Every
// error is a *call.PlaceError.
//
// The network gets the form before the attempt's SendBy or never. Place waits for
// the answer until 15 s after SendBy at most. Twilio's create call has no idempotency
// key, so Place never sends a second time.
func (c *Client) Place(ctx context.Context, cl *call.Call, n int) (sid string, err error) {
	a := cl.Attempt(n)
	if a == nil {
		return "", placeError(fmt.Errorf("the call has no attempt %d", n), false)
	}
	params, err := c.form(cl, a)
	if err != nil { // nobody has checked the wish, and a later try would fail, too
		return "", &call.PlaceError{Fate: call.FateRefused, Refusal: call.Refusal{Message: err.Error()}, Err: err}
	}
	g := &gate{sendBy: a.SendBy}
	if g.late() {
		return "", placeError(errTooLate, false)
	}
	ctx, cancel := context.WithDeadline(ctx, a.SendBy.Add(answerWait))
	defer cancel()
	if err := ctx.Err(); err != nil {
		return "", placeError(err, false)
	}
	sid, err = c.create(&exchange{client: c, ctx: ctx, gate: g}, params)
	if sent := g.shut(); err != nil {
		p := placeError(err, sent)
		c.blame(p, params, cl.Message.URL)
		return "", p
	}
	return sid, nil
}

// blame decides whose fault an error about a URL is. Every call has the URLs that redial gives it:
// if one of these is refused, HOST_URL is wrong, and the account pauses. A URL that the request for
// the call brought concerns this call alone, wherever it leads: otherwise anybody who asks for a call
// with a broken URL could pause the account.
func (c *Client) blame(p *call.PlaceError, form *openapi.CreateCallParams, brought string) {
	if p.Fate != fateOurURL {
		return
	}
	own := form.Url != nil && *form.Url == brought
	ours := form.Url != nil && !own
	for _, link := range []*string{
		form.FallbackUrl, form.RecordingStatusCallback, form.AsyncAmdStatusCallback, form.ClientNotificationUrl,
	} {
		own = own || link != nil
	}
	var mine bool
	switch p.Refusal.Code {
	case 21205:
		mine = ours
	case 21609:
		mine = form.StatusCallback != nil
	default:
		mine = !own && (ours || form.StatusCallback != nil)
	}
	p.Fate = call.FateRefused
	if mine {
		p.Fate = call.FateAccount
		p.Setup = "HOST_URL, " + c.host + ", is no address that Twilio takes"
	}
}

func (c *Client) create(x *exchange, params *openapi.CreateCallParams) (string, error) {
	if _, err := x.api().CreateCall(params); err != nil {
		return "", err
	}
	var made callRecord
	if err := x.decode(&made); err != nil {
		return "", err
	}
	if !c.IsSID(string(made.SID)) {
		return "", call.ErrNoSID
	}
	return string(made.SID), nil
}

// form fills the create request: first the Call's options, then everything that redial
// decides itself.
func (c *Client) form(cl *call.Call, a *call.Attempt) (*openapi.CreateCallParams, error) {
	var p openapi.CreateCallParams
	options, err := CheckOptions(cl.Options)
	if err != nil {
		return nil, err
	}
	if options != nil {
		if err := json.Unmarshal(options, &p); err != nil {
			return nil, fmt.Errorf("reading the options: %w", err)
		}
	}
	p.SetPathAccountSid(c.account).SetTo(a.To).SetFrom(cl.From)
	p.SetTimeout(int(cl.Policy.RingTimeout / time.Second))
	if a.TalkLimit > 0 {
		p.SetTimeLimit(a.TalkLimit)
	}
	// Twilio would ignore one of the two.
	if twiml, link := instructions(c.host, cl, a.N); link != "" {
		p.SetUrl(link)
	} else {
		p.SetTwiml(twiml)
	}
	if a.Detects {
		p.SetMethod("POST")
		p.SetMachineDetection(detection(cl.Policy.Machine))
	}
	if c.host != "" {
		p.SetStatusCallback(hook(c.host, CallbackPath, cl, a.N))
		p.SetStatusCallbackMethod("POST")
		p.SetStatusCallbackEvent([]string{"initiated", "ringing", "answered", "completed"})
	}
	return &p, nil
}
