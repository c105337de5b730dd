package twilio

import (
	"context"
	"net/http"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"
	permissions "github.com/twilio/twilio-go/rest/voice/v1"

	"redial/internal/crashpoint"
)

// These are the questions of somebody who looks whether the set-up is right. Each is asked once.
// Where Twilio answered, the error is or holds a *StatusError.

// AccountState is what Twilio says of the account.
type AccountState struct {
	Status string // active, suspended or closed; empty where a service has none
	Type   string // Trial or Full
	Hidden bool   // the API key may not read the account, but list its calls

	// Ahead is how far the other side's clock is ahead of ours, of which whole seconds are told;
	// Timed says that it was told.
	Ahead time.Duration
	Timed bool
}

// AskAccount reads the account. A standard API key may not do that; AskAccount then finds out whether it
// can list the account's calls.
func (c *Client) AskAccount(ctx context.Context) (state AccountState, err error) {
	var account struct {
		Status text `json:"status"`
		Type   text `json:"type"`
	}
	asked := crashpoint.Now()
	x, err := c.ask(ctx, &account, func(api *openapi.ApiService) error {
		_, err := api.FetchAccount(c.account)
		return err
	})
	e, ok := asStatus(err)
	if ok && c.user != c.account && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) {
		state.Hidden = true
		asked = crashpoint.Now()
		x, err = c.ask(ctx, nil, func(api *openapi.ApiService) error {
			_, err := api.PageCall(&openapi.ListCallParams{PathAccountSid: &c.account, PageSize: new(1)}, "", "")
			return err
		})
	}
	if err != nil {
		return AccountState{}, err
	}
	state.Status, state.Type = string(account.Status), string(account.Type)
	state.Ahead, state.Timed = ahead(x.header, asked)
	return state, nil
}

// ahead is how far the clock of an answer is ahead of ours. The header has whole seconds, so half a
// second more is the best guess. The other side read its clock about halfway between question and answer.
func ahead(header http.Header, asked time.Time) (time.Duration, bool) {
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0, false
	}
	took := crashpoint.Now().Sub(asked)
	return at.Add(time.Second / 2).Sub(asked.Add(took / 2).Round(0)), true
}

// CallerState says whether the account may call from a number.
type CallerState struct {
	Owned    bool // it is one of the account's
	Voice    bool // and can place calls
	Verified bool // it is somebody else's, who has verified that the account may call from it
}

// AskCaller looks for a number, in E.164, among those of the account.
func (c *Client) AskCaller(ctx context.Context, number string) (state CallerState, err error) {
	var owned struct {
		List []struct {
			Number       text `json:"phone_number"`
			Capabilities *struct {
				Voice *bool `json:"voice"`
			} `json:"capabilities"`
		} `json:"incoming_phone_numbers"`
	}
	_, err = c.ask(ctx, &owned, func(api *openapi.ApiService) error {
		params := openapi.ListIncomingPhoneNumberParams{PathAccountSid: &c.account, PhoneNumber: &number}
		_, err := api.PageIncomingPhoneNumber(&params, "", "")
		return err
	})
	if err != nil {
		return state, err
	}
	for _, n := range owned.List { // the filter finds numbers that begin so, too
		if digits(string(n.Number)) == digits(number) {
			state.Owned = true
			state.Voice = n.Capabilities == nil || n.Capabilities.Voice == nil || *n.Capabilities.Voice
			return state, nil
		}
	}
	var verified struct {
		List []struct {
			Number text `json:"phone_number"`
		} `json:"outgoing_caller_ids"`
	}
	_, err = c.ask(ctx, &verified, func(api *openapi.ApiService) error {
		params := openapi.ListOutgoingCallerIdParams{PathAccountSid: &c.account, PhoneNumber: &number}
		_, err := api.PageOutgoingCallerId(&params, "", "")
		return err
	})
	for _, n := range verified.List {
		state.Verified = state.Verified || digits(string(n.Number)) == digits(number)
	}
	return state, err
}

// Permission is which numbers of a region the account may call: those of the ordinary kind, those
// that cost more, and those that fraud is known from.
type Permission struct{ Ordinary, Special, Fraud bool }

// AskPermission reads the account's dialing permission of a region, such as JP.
func (c *Client) AskPermission(ctx context.Context, region string) (Permission, error) {
	var p struct {
		Ordinary bool `json:"low_risk_numbers_enabled"`
		Special  bool `json:"high_risk_special_numbers_enabled"`
		Fraud    bool `json:"high_risk_tollfraud_numbers_enabled"`
	}
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	x := &exchange{client: c, ctx: ctx}
	if _, err := permissions.NewApiServiceWithClient(x).FetchDialingPermissionsCountry(region); err != nil {
		return Permission{}, err
	}
	if err := x.decode(&p); err != nil {
		return Permission{}, err
	}
	return Permission{p.Ordinary, p.Special, p.Fraud}, nil
}

// ask asks one question, and reads the answer into v.
func (c *Client) ask(ctx context.Context, v any, question func(*openapi.ApiService) error) (*exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	x := &exchange{client: c, ctx: ctx}
	if err := question(x.api()); err != nil {
		return nil, err
	}
	if v == nil {
		return x, nil
	}
	return x, x.decode(v)
}
