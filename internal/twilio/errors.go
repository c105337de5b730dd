package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"redial/internal/call"
)

// fates says what Twilio's error codes mean for a create request that was
// answered with a 4xx; a code that is not listed refuses the one call.
// Source: https://www.twilio.com/docs/api/errors
var fates = map[int]call.Fate{
	10001: call.FateAccount, // the account is not active
	10002: call.FateAccount, // not allowed to a trial account
	20003: call.FateAccount, // wrong credentials or region, or the account is suspended
	20005: call.FateAccount, // the account is not active
	20008: call.FateAccount, // not allowed with test credentials
	20403: call.FateAccount, // the account may not use the API
	20404: call.FateAccount, // only the account in the path can be what was not found
	70051: call.FateAccount, // the key lacks the permission

	10004: call.FateNotProcessed, // too many calls at the same time
	20429: call.FateNotProcessed, // too many requests; says itself that it did nothing

	17009: call.FateUnknown, // internal error
	20500: call.FateUnknown, // internal error
	20503: call.FateUnknown, // unavailable

	11100:  call.FateRefused, // a URL is malformed
	20001:  call.FateRefused, // a parameter is malformed
	21201:  call.FateRefused, // To is missing
	21202:  call.FateRefused, // To is a premium number
	21203:  call.FateRefused, // international calling is not enabled
	21205:  call.FateRefused, // Url is malformed
	21206:  call.FateRefused, // SendDigits is malformed
	21208:  call.FateRefused, // Timeout is malformed
	21209:  call.FateRefused, // Method is malformed
	21210:  call.FateRefused, // From is neither owned nor verified
	21211:  call.FateRefused, // To is malformed
	21212:  call.FateRefused, // From is malformed, or must not originate calls
	21213:  call.FateRefused, // From is missing
	21214:  call.FateRefused, // To can't be reached
	21215:  call.FateRefused, // To's country is not permitted
	21216:  call.FateRefused, // To is blocked by Twilio
	21217:  call.FateRefused, // To is no valid number
	21218:  call.FateRefused, // ApplicationSid is malformed
	21219:  call.FateRefused, // a trial account calls verified numbers only
	21221:  call.FateRefused, // 21221 to 21225: SIP credentials
	21222:  call.FateRefused, //
	21223:  call.FateRefused, //
	21224:  call.FateRefused, //
	21225:  call.FateRefused, //
	21626:  call.FateRefused, // StatusCallbackEvent is malformed
	32009:  call.FateRefused, // the SIP user is not registered
	32017:  call.FateRefused, // the carrier blocks the caller's number
	32018:  call.FateRefused, // Twiml is too long
	573002: call.FateRefused, // a trial account: not the number assigned for this recipient
	573005: call.FateRefused, // a trial account: the verification is unfinished
}

// bareFates is for answers without a code of Twilio's: something else answered,
// a proxy or a server that is no Twilio. Those listed surely created nothing, and
// concern every call alike; of any other it can't be told.
var bareFates = map[int]call.Fate{
	http.StatusUnauthorized:       call.FateAccount,
	http.StatusForbidden:          call.FateAccount,
	http.StatusProxyAuthRequired:  call.FateAccount,
	http.StatusNotFound:           call.FateAccount, // no Twilio under this URL
	http.StatusMethodNotAllowed:   call.FateAccount,
	http.StatusGone:               call.FateAccount,
	http.StatusMisdirectedRequest: call.FateAccount,
}

// StatusError is an answer other than 2xx. Its text leaves Twilio's words out:
// they quote phone numbers.
type StatusError struct {
	Status     int           // of HTTP
	Code       int           // Twilio's, 0 when there is none
	Message    string        // Twilio's words, may be empty
	RetryAfter time.Duration // what the answer asked for, 0 if nothing
}

func (e *StatusError) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("HTTP status %d without an error code", e.Status)
	}
	return fmt.Sprintf("HTTP status %d, error %d", e.Status, e.Code)
}

const maxWords = 500 // runes kept of Twilio's words

func newStatusError(res *http.Response, body []byte) *StatusError {
	e := &StatusError{Status: res.StatusCode, RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	var told struct {
		Code    text `json:"code"`
		Message text `json:"message"`
	}
	if json.Unmarshal(body, &told) != nil {
		return e
	}
	e.Code, _ = strconv.Atoi(string(told.Code))
	words := []rune(string(told.Message))
	e.Message = string(words[:min(len(words), maxWords)])
	return e
}

const retryCeiling = time.Hour // whatever the answer says

// retryAfter reads the header's two forms, seconds and a date.
func retryAfter(v string) time.Duration {
	var d time.Duration
	if secs, err := strconv.Atoi(v); err == nil {
		d = time.Duration(min(secs, int(retryCeiling/time.Second))) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		d = time.Until(at)
	}
	return max(0, min(d, retryCeiling))
}

// fate says what the answer means for a create request. No 5xx and no 3xx tells
// whether a call was created: a gateway may have lost the answer of a Twilio
// that did its work.
func (e *StatusError) fate() call.Fate {
	switch {
	case e.Status == http.StatusTooManyRequests:
		return call.FateNotProcessed
	case e.Status < 400 || e.Status > 499:
		return call.FateUnknown
	case e.Code == 0:
		if f, ok := bareFates[e.Status]; ok {
			return f
		}
		return call.FateUnknown
	}
	if f, ok := fates[e.Code]; ok {
		return f
	}
	if e.Status == http.StatusUnauthorized {
		return call.FateAccount
	}
	return call.FateRefused
}

// asStatus finds the answer in an error.
func asStatus(err error) (*StatusError, bool) { return errors.AsType[*StatusError](err) }

// placeError classifies what a create request failed with; sent says whether any
// of it may have reached the network.
func placeError(err error, sent bool) *call.PlaceError {
	p := &call.PlaceError{Fate: call.FateUnknown, Err: err}
	if e, ok := asStatus(err); ok {
		p.Fate = e.fate()
		p.RetryAfter = e.RetryAfter
		p.Refusal = call.Refusal{Code: e.Code, Message: e.Message, Status: e.Status}
	}
	if p.Fate == call.FateUnknown && !sent {
		p.Fate = call.FateNotProcessed
	}
	return p
}
