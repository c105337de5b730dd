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

// fateOurURL is the fate of a code about a URL of the request. Either the request for the call brought
// the URL, or redial gives it to every call. Place tells the two apart.
const fateOurURL call.Fate = "our URL"

// fates says what Twilio's error codes mean for a create request, whatever the HTTP status
// that they come with. A code that is not listed is call.FateUnlisted.
// Source: https://www.twilio.com/docs/api/errors
var fates = map[int]call.Fate{
	// No call of this account is taken, until somebody changes the account or our set-up.
	401:   call.FateAccount, // this and the next three are used as codes, too
	403:   call.FateAccount, // forbidden: wrong credentials
	404:   call.FateAccount, // only the account in the path can be what was not found
	410:   call.FateAccount, // this API is no more
	10001: call.FateAccount, // the account is not active
	10002: call.FateAccount, // not allowed to a trial account
	10003: call.FateAccount, // the account is not active
	10005: call.FateAccount, // voice calls are disabled for the account
	20003: call.FateAccount, // wrong credentials or region, or the account is suspended
	20004: call.FateAccount, // the URL does not take this method: no Twilio under the base URL
	20005: call.FateAccount, // the account is not active
	20006: call.FateAccount, // access denied
	20008: call.FateAccount, // not allowed with test credentials
	20010: call.FateAccount, // the action is disabled for the account
	20011: call.FateAccount, // TLS is too old
	20012: call.FateAccount, // TLS has the wrong ciphers
	20101: call.FateAccount, // 20101 to 20107, 20151 to 20160: the token that signs in
	20102: call.FateAccount, //
	20103: call.FateAccount, //
	20104: call.FateAccount, //
	20105: call.FateAccount, //
	20106: call.FateAccount, //
	20107: call.FateAccount, //
	20151: call.FateAccount, //
	20152: call.FateAccount, //
	20153: call.FateAccount, //
	20154: call.FateAccount, //
	20155: call.FateAccount, //
	20156: call.FateAccount, //
	20157: call.FateAccount, //
	20159: call.FateAccount, //
	20160: call.FateAccount, //
	20403: call.FateAccount, // the account may not use the API: suspended or closed
	20404: call.FateAccount, // only the account in the path can be what was not found
	20410: call.FateAccount, // this API is no more
	20426: call.FateAccount, // the protocol is too old
	30002: call.FateAccount, // the account is suspended
	70004: call.FateAccount, // unauthorized
	70051: call.FateAccount, // the API key lacks the permission, or the account is suspended
	70052: call.FateAccount, // the account takes only requests that a public key signs
	70053: call.FateAccount, // the account takes no such requests
	90010: call.FateAccount, // the account is not active

	// A URL is not one that Twilio takes.
	11100: fateOurURL, // some URL
	21205: fateOurURL, // Url
	21502: fateOurURL, // some callback
	21609: fateOurURL, // StatusCallback

	// The account has as many calls at once as it may.
	10004: call.FateFull,
	86008: call.FateFull,

	// Twilio says that it did nothing, and that the request is to be repeated later.
	429:   call.FateNotProcessed, //
	20429: call.FateNotProcessed, // too many requests
	22005: call.FateNotProcessed, // the account's queue is full
	31429: call.FateNotProcessed, // too many requests

	// These don't tell whether a call was created.
	500:   call.FateUnknown, // this and the next are used as codes, too
	503:   call.FateUnknown, //
	15009: call.FateUnknown, // internal error
	17008: call.FateUnknown, // internal error
	17009: call.FateUnknown, // internal error
	20162: call.FateUnknown, // a conflict with another request
	20409: call.FateUnknown, // a conflict
	20500: call.FateUnknown, // internal error
	20503: call.FateUnknown, // unavailable
	21204: call.FateUnknown, // the call is initiated already

	// This call.
	400:    call.FateRefused, // malformed
	12100:  call.FateRefused, // Twiml can't be parsed
	12200:  call.FateRefused, // Twiml is against its schema
	13223:  call.FateRefused, // 13223 to 13227: To can't be dialed
	13224:  call.FateRefused, //
	13225:  call.FateRefused, //
	13226:  call.FateRefused, //
	13227:  call.FateRefused, //
	14111:  call.FateRefused, // a trial account calls verified numbers only
	20001:  call.FateRefused, // a parameter is malformed
	20023:  call.FateRefused, // a number is malformed
	20413:  call.FateRefused, // the request is too large
	20422:  call.FateRefused, // a parameter is malformed
	21200:  call.FateRefused, // the request is malformed
	21201:  call.FateRefused, // To is missing
	21202:  call.FateRefused, // To is a premium number
	21203:  call.FateRefused, // international calling is not enabled
	21206:  call.FateRefused, // SendDigits is malformed
	21207:  call.FateRefused, // IfMachine is malformed
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
	21221:  call.FateRefused, // 21221 to 21229: SIP
	21222:  call.FateRefused, //
	21223:  call.FateRefused, //
	21224:  call.FateRefused, //
	21225:  call.FateRefused, //
	21226:  call.FateRefused, //
	21227:  call.FateRefused, //
	21228:  call.FateRefused, //
	21229:  call.FateRefused, //
	21234:  call.FateRefused, // MachineDetection is malformed
	21262:  call.FateRefused, // AsyncAmdStatusCallback is missing
	21263:  call.FateRefused, // a parameter of MachineDetection is malformed
	21608:  call.FateRefused, // a trial account calls verified numbers only
	21626:  call.FateRefused, // StatusCallbackEvent is malformed
	32009:  call.FateRefused, // the SIP user is not registered
	32017:  call.FateRefused, // the carrier blocks the caller's number
	32018:  call.FateRefused, // Twiml is too long
	32019:  call.FateRefused, // both Twiml and Url
	32203:  call.FateRefused, // To is blocked by Twilio
	32205:  call.FateRefused, // To's country is not permitted
	32224:  call.FateRefused, // regulations keep To from being reached
	573002: call.FateRefused, // a trial account: not the number assigned for this recipient
	573005: call.FateRefused, // a trial account: the verification is unfinished
}

// bareFates are the fates of answers without a code of Twilio's: a proxy answered, or
// a server that is no Twilio. An answer with a listed status surely created nothing, and
// concerns every call alike. Of any other status nobody can tell.
var bareFates = map[int]call.Fate{
	http.StatusUnauthorized:       call.FateAccount,
	http.StatusForbidden:          call.FateAccount,
	http.StatusProxyAuthRequired:  call.FateAccount,
	http.StatusNotFound:           call.FateAccount, // no Twilio under this URL
	http.StatusMethodNotAllowed:   call.FateAccount,
	http.StatusGone:               call.FateAccount,
	http.StatusMisdirectedRequest: call.FateAccount,
	http.StatusTooManyRequests:    call.FateNotProcessed,
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

const (
	maxWords = 500         // runes kept of Twilio's words
	maxCode  = 999_999_999 // Twilio's have six digits at most, so far
)

func newStatusError(res *http.Response, body []byte) *StatusError {
	e := &StatusError{Status: res.StatusCode, RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	var told struct {
		Code    text `json:"code"`
		Message text `json:"message"`
	}
	if json.Unmarshal(body, &told) != nil {
		return e
	}
	if code, err := strconv.Atoi(string(told.Code)); err == nil && code > 0 && code <= maxCode {
		e.Code = code
	}
	words := []rune(string(told.Message))
	e.Message = string(words[:min(len(words), maxWords)])
	return e
}

const retryCeiling = time.Hour // whatever the answer says

// retryAfter reads the header's two forms, seconds and a date.
func retryAfter(v string) time.Duration {
	var d time.Duration
	if secs, err := strconv.Atoi(v); err == nil {
		d = time.Duration(max(0, min(secs, int(retryCeiling/time.Second)))) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		d = time.Until(at)
	}
	return max(0, min(d, retryCeiling))
}

// fate says what the answer means for a create request. A known code decides: it says what
// Twilio made of the request. A 5xx without a code does not tell whether a call was created: a
// gateway may have lost Twilio's answer. A 3xx is not Twilio's, whatever it says.
func (e *StatusError) fate() call.Fate {
	known, listed := fates[e.Code]
	bare, ok := bareFates[e.Status]
	switch {
	case e.Status < 400:
		return call.FateUnknown
	case listed:
		return known
	case e.Status > 499:
		return call.FateUnknown
	case e.Code != 0 && e.Status != http.StatusUnauthorized && e.Status != http.StatusTooManyRequests:
		return call.FateUnlisted
	case ok:
		return bare
	}
	return call.FateUnknown
}

// asStatus finds the answer in an error.
func asStatus(err error) (*StatusError, bool) { return errors.AsType[*StatusError](err) }

// placeError classifies the error of a create request. sent says whether any of the
// request may have reached the network.
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
