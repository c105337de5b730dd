package sim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// ask sends a request to the REST API, signed in as user, and returns the status, the header and the decoded body.
func ask(t *testing.T, s *Sim, method, path, user, form string) (int, http.Header, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form))
	r.SetBasicAuth(user, "x")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return w.Code, w.Header(), v
}

// The API shows the account as it was set up, and takes or refuses create requests accordingly.
func TestAnAccountIsAsItIsSetUp(t *testing.T) {
	s, err := New(Config{AccountSID: "AC1", AuthToken: "x", APIKeys: map[string]string{"SK1": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const (
		account  = "/2010-04-01/Accounts/AC1.json"
		numbers  = "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json?PhoneNumber=%2B8150"
		verified = "/2010-04-01/Accounts/AC1/OutgoingCallerIds.json?PhoneNumber=%2B8199"
	)
	if _, _, v := ask(t, s, "GET", account, "AC1", ""); v["status"] != "active" || v["type"] != "Full" {
		t.Errorf("%v", v)
	}
	if err := s.SetAccount(Account{
		Status: "closed", Type: "Trial", KeysReadNone: true, ClockMS: 3_600_000, Verified: []string{"+8199"},
		Numbers:     map[string]string{"+8150": "voice", "+81501": "sms"},
		Permissions: map[string]string{"US": "none", "GB": "all"},
	}); err != nil {
		t.Fatal(err)
	}
	_, header, v := ask(t, s, "GET", account, "AC1", "")
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil || v["status"] != "closed" || v["type"] != "Trial" || time.Until(at) < 59*time.Minute {
		t.Errorf("%v, %v, %v", v, at, err)
	}
	if status, _, v := ask(t, s, "GET", account, "SK1", ""); status != 401 || v["code"] != 20003.0 {
		t.Errorf("a key reads %d %v", status, v)
	}
	if _, _, v := ask(t, s, "GET", numbers, "SK1", ""); len(v["incoming_phone_numbers"].([]any)) != 2 {
		t.Errorf("%v", v)
	}
	if _, _, v := ask(t, s, "GET", verified, "AC1", ""); len(v["outgoing_caller_ids"].([]any)) != 1 {
		t.Errorf("%v", v)
	}
	for region, want := range map[string]bool{"US": false, "JP": true, "GB": true} {
		_, _, v := ask(t, s, "GET", "/v1/DialingPermissions/Countries/"+region, "AC1", "")
		if v["low_risk_numbers_enabled"] != want || v["high_risk_tollfraud_numbers_enabled"] != (region == "GB") {
			t.Errorf("%s: %v", region, v)
		}
	}
	if status, _, _ := ask(t, s, "GET", "/v1/DialingPermissions/Countries/Japan", "AC1", ""); status != 404 {
		t.Errorf("of no region: %d", status)
	}
	create := func(from string) any {
		_, _, v := ask(t, s, "POST", "/2010-04-01/Accounts/AC1/Calls.json", "AC1",
			"To=%2B819012345678&Twiml=%3CResponse/%3E&From="+strings.ReplaceAll(from, "+", "%2B"))
		return v["code"]
	}
	if code := create("+815012345678"); code != 20005.0 {
		t.Errorf("a closed account places: %v", code)
	}
	err = s.SetAccount(Account{
		Numbers: map[string]string{"+815012345678": "sms,voice", "+815012345679": "sms"}, Verified: []string{"+819011112222"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]any{
		"+815012345678": nil, "+819011112222": nil, "+815012345679": 21210.0, "+815000000000": 21210.0,
	} {
		if code := create(from); code != want {
			t.Errorf("from %s: %v", from, code)
		}
	}
	for _, odd := range []Account{{Status: "asleep"}, {Permissions: map[string]string{"JP": "some"}}} {
		if s.SetAccount(odd) == nil {
			t.Errorf("%+v is taken", odd)
		}
	}
}
