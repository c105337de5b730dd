package sim

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Account is how the account is set up. The zero value may do everything.
type Account struct {
	Status   string   `json:"status,omitempty"`   // active, suspended or closed; empty: active
	Type     string   `json:"type,omitempty"`     // Full or Trial; empty: Full
	Verified []string `json:"verified,omitempty"` // numbers of others that it may call from

	// Numbers are the account's own numbers, each with what it can do, such as "voice,sms". nil: any number is its
	// own, and has voice.
	Numbers map[string]string `json:"numbers,omitempty"`

	// Permissions say for each region what may be called: none, ordinary, special, all, or unlisted. A region that is
	// left out has ordinary.
	Permissions map[string]string `json:"permissions,omitempty"`

	KeysReadNone bool `json:"keys_read_none,omitzero"` // API keys may not read the account
	ClockMS      int  `json:"clock_ms,omitzero"`       // how far its clock is ahead
}

func (a Account) check() error {
	if a.Status != "" && !slices.Contains([]string{"active", "suspended", "closed"}, a.Status) {
		return fmt.Errorf("the account's status %q is none", a.Status)
	}
	for region, permission := range a.Permissions {
		if !slices.Contains([]string{"none", "ordinary", "special", "all", "unlisted"}, permission) {
			return fmt.Errorf("the permission of %s must be none, ordinary, special, all or unlisted", region)
		}
	}
	return nil
}

// SetAccount changes how the account is set up from now on.
func (s *Sim) SetAccount(a Account) error {
	if err := a.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = a
	return nil
}

func (s *Sim) currentAccount() Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account
}

// clock is the time by the account's clock, which may be wrong.
func (s *Sim) clock() time.Time { return time.Now().Add(ms(s.currentAccount().ClockMS)) }

func (s *Sim) showAccount(r *http.Request) answer {
	a := s.currentAccount()
	if user, _, _ := r.BasicAuth(); a.KeysReadNone && user != s.conf.AccountSID {
		return refuse(fault(401, 20003, "Authenticate"))
	}
	return answer{status: 200, body: map[string]any{
		"sid": s.conf.AccountSID, "status": cmp.Or(a.Status, "active"), "type": cmp.Or(a.Type, "Full"),
		"friendly_name": "sim",
	}}
}

// listNumbers lists the account's own numbers that contain the text of the filter.
func (s *Sim) listNumbers(u *url.URL) answer {
	a, filter := s.currentAccount(), u.Query().Get("PhoneNumber")
	numbers := a.Numbers
	if numbers == nil && filter != "" {
		numbers = map[string]string{filter: "voice,sms,mms"}
	}
	found := []map[string]any{}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		if !strings.Contains(number, strings.TrimPrefix(filter, "+")) {
			continue
		}
		can := map[string]bool{"voice": false, "sms": false, "mms": false, "fax": false}
		for what := range strings.SplitSeq(numbers[number], ",") {
			can[what] = true
		}
		found = append(found, map[string]any{
			"sid": fmt.Sprintf("PN%032x", len(found)), "phone_number": number, "capabilities": can, "status": "in-use",
		})
	}
	return answer{status: 200, body: map[string]any{"incoming_phone_numbers": found, "next_page_uri": nil}}
}

func (s *Sim) listVerified(u *url.URL) answer {
	found := []map[string]any{}
	for _, number := range s.currentAccount().Verified {
		if filter := u.Query().Get("PhoneNumber"); filter == "" || filter == number {
			found = append(found, map[string]any{"sid": fmt.Sprintf("PN%032x", len(found)), "phone_number": number})
		}
	}
	return answer{status: 200, body: map[string]any{"outgoing_caller_ids": found, "next_page_uri": nil}}
}

// showPermission answers as voice.twilio.com does, whatever host the request names.
func (s *Sim) showPermission(region string) answer {
	p := cmp.Or(s.currentAccount().Permissions[region], "ordinary")
	if len(region) != 2 || strings.ToUpper(region) != region || p == "unlisted" {
		return refuse(fault(404, 20404, "The requested resource /DialingPermissions/Countries/%s was not found", region))
	}
	return answer{status: 200, body: map[string]any{
		"iso_code": region, "low_risk_numbers_enabled": p != "none",
		"high_risk_special_numbers_enabled": p == "special" || p == "all", "high_risk_tollfraud_numbers_enabled": p == "all",
	}}
}

// mayCall refuses a create request that the account's set-up does not allow.
func (s *Sim) mayCall(form url.Values) *apiError {
	a, from := s.currentAccount(), form.Get("From")
	switch {
	case cmp.Or(a.Status, "active") != "active":
		return fault(401, 20005, "The account is %s", a.Status)
	case a.Numbers == nil || slices.Contains(a.Verified, from) ||
		slices.Contains(strings.Split(a.Numbers[from], ","), "voice"):
		return nil
	}
	return fault(400, 21210, "The number %s is not a verified or voice-capable number of the account", from)
}
