package twilio

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answering is a network on which somebody answers whatever is asked.
type answering func(*http.Request) (status int, date, body string)

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	status, date, body := a(r)
	return &http.Response{StatusCode: status, Header: http.Header{"Date": {date}},
		Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestAskAccount(t *testing.T) {
	const none = `{"code": 20003, "message": "Authenticate"}`
	now := func(ahead time.Duration) string { return time.Now().Add(ahead).UTC().Format(http.TimeFormat) }
	isAccount := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, accountSID+".json") }
	for what, test := range map[string]struct {
		cfg    Config
		answer answering
		want   AccountState
		fails  bool
	}{
		"active": {Config{}, func(*http.Request) (int, string, string) {
			return 200, now(0), `{"status": "active", "type": "Full"}`
		}, AccountState{Status: "active", Type: "Full", Timed: true}, false},
		"suspended": {Config{}, func(*http.Request) (int, string, string) {
			return 200, now(time.Hour), `{"status": "suspended"}`
		}, AccountState{Status: "suspended", Ahead: time.Hour, Timed: true}, false},
		"no time": {Config{}, func(*http.Request) (int, string, string) { return 200, "", `{}` }, AccountState{}, false},
		"refused": {Config{}, func(*http.Request) (int, string, string) {
			return 401, now(0), none
		}, AccountState{}, true},
		"not Twilio": {Config{}, func(*http.Request) (int, string, string) {
			return 200, now(0), "<html>"
		}, AccountState{}, true},
		"a standard API key": {Config{APIKey: "SK1", APISecret: "s"}, func(r *http.Request) (int, string, string) {
			if isAccount(r) {
				return 401, now(0), none
			}
			return 200, now(-time.Minute), `{"calls": []}`
		}, AccountState{Hidden: true, Ahead: -time.Minute, Timed: true}, false},
		"a deleted API key": {Config{APIKey: "SK1", APISecret: "s"}, func(*http.Request) (int, string, string) {
			return 401, now(0), none
		}, AccountState{}, true},
	} {
		test.cfg.Transport = test.answer
		got, err := client(t, test.cfg).AskAccount(t.Context())
		off := (got.Ahead - test.want.Ahead).Abs()
		got.Ahead = test.want.Ahead
		if (err != nil) != test.fails || got != test.want || off > 2*time.Minute/3 { // a loaded machine may take long
			t.Errorf("%s: %+v, %v, off by %s", what, got, err, off)
		}
	}
}

// A number is the account's if it is that very one, whatever else the filter finds.
func TestAskCaller(t *testing.T) {
	number := func(text, more string) string { return `{"phone_number": "` + text + `"` + more + `}` }
	for what, test := range map[string]struct {
		owned, verified string
		want            CallerState
	}{
		"owned": {number(from, `, "capabilities": {"voice": true, "SMS": false}`), "",
			CallerState{Owned: true, Voice: true}},
		"without voice": {number(from, `, "capabilities": {"voice": false}`), "", CallerState{Owned: true}},
		"who knows":     {number(from, ``), "", CallerState{Owned: true, Voice: true}},
		"a longer one":  {number(from+"9", ``), "", CallerState{}},
		"verified":      {"", number(from, ""), CallerState{Verified: true}},
		"none":          {"", "", CallerState{}},
	} {
		got, err := client(t, Config{Transport: answering(func(r *http.Request) (int, string, string) {
			if r.URL.Query().Get("PhoneNumber") != from {
				t.Errorf("%s: asked for %s", what, r.URL)
			}
			if strings.HasSuffix(r.URL.Path, "/IncomingPhoneNumbers.json") {
				return 200, "", `{"incoming_phone_numbers": [` + test.owned + `]}`
			}
			return 200, "", `{"outgoing_caller_ids": [` + test.verified + `]}`
		})}).AskCaller(t.Context(), from)
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// Dialing permissions are asked of Twilio alone: the credentials go to nobody else.
func TestAskPermission(t *testing.T) {
	asked := ""
	network := answering(func(r *http.Request) (int, string, string) {
		asked = r.URL.String()
		return 200, "", `{"low_risk_numbers_enabled": true, "high_risk_tollfraud_numbers_enabled": true}`
	})
	c := client(t, Config{Transport: network})
	got, err := c.AskPermission(t.Context(), "JP")
	if err != nil || !c.HasPermissions() || got != (Permission{Ordinary: true, Fraud: true}) ||
		asked != "https://voice.twilio.com/v1/DialingPermissions/Countries/JP" {
		t.Errorf("%+v, %v, asked was %s", got, err, asked)
	}
	for _, base := range []string{
		"http://127.0.0.1:4010", "https://api.dublin.ie1.twilio.com", "https://voice.twilio.com.example.com",
	} {
		asked = ""
		c := client(t, Config{Transport: network, BaseURL: base})
		if _, err := c.AskPermission(t.Context(), "JP"); err == nil || asked != "" || c.HasPermissions() {
			t.Errorf("under %s: %v, asked was %s", base, err, asked)
		}
	}
}
