// Package phone is the edge around telephone numbers: text in, a checked number out.
//
// It knows numbering plans (by way of github.com/nyaruka/phonenumbers, a port of
// Google's libphonenumber and its data) and nothing else of redial. It does no I/O.
package phone

import (
	"slices"

	"github.com/nyaruka/phonenumbers"
)

// Kind is the kind of line that a number belongs to, as far as the numbering plan tells.
type Kind string

// The kinds. Some plans do not keep fixed and mobile lines apart (all of North America):
// there it is FixedOrMobile.
const (
	Fixed         Kind = "fixed"
	Mobile        Kind = "mobile"
	FixedOrMobile Kind = "fixed-or-mobile"
	VoIP          Kind = "voip"
	TollFree      Kind = "toll-free"
	Premium       Kind = "premium"
	SharedCost    Kind = "shared-cost"
	Satellite     Kind = "satellite"
	Pager         Kind = "pager"
	Personal      Kind = "personal" // follows a person about, at the caller's expense
	UAN           Kind = "uan"      // one number for a whole company
	Other         Kind = "other"
)

// Number is a number that its numbering plan knows as valid. Whether a phone is
// connected to it, only a call can tell.
type Number struct {
	E164   string   // "+819012345678"
	Region string   // ISO 3166-1 alpha-2, "JP"; "001" where the number belongs to no country
	Kind   Kind     // kind of line
	Zones  []string // IANA time zones it may be in, sorted by name; empty when unknown
}

// ValidRegion tells whether code is a region that can be called, such as "JP".
// Codes are upper case.
func ValidRegion(code string) bool {
	return phonenumbers.GetCountryCodeForRegion(code) != 0
}

// describe turns a valid number into what the rest of redial works with.
func describe(p *phonenumbers.PhoneNumber) Number {
	return Number{
		E164:   phonenumbers.Format(p, phonenumbers.E164),
		Region: phonenumbers.GetRegionCodeForNumber(p),
		Kind:   kind(p),
		Zones:  zones(p),
	}
}

var kinds = map[phonenumbers.PhoneNumberType]Kind{
	phonenumbers.FIXED_LINE:           Fixed,
	phonenumbers.MOBILE:               Mobile,
	phonenumbers.FIXED_LINE_OR_MOBILE: FixedOrMobile,
	phonenumbers.VOIP:                 VoIP,
	phonenumbers.TOLL_FREE:            TollFree,
	phonenumbers.PREMIUM_RATE:         Premium,
	phonenumbers.SHARED_COST:          SharedCost,
	phonenumbers.PAGER:                Pager,
	phonenumbers.PERSONAL_NUMBER:      Personal,
	phonenumbers.UAN:                  UAN,
}

func kind(p *phonenumbers.PhoneNumber) Kind {
	// The library files these under mobile or VoIP. They are the codes that ITU-T E.164
	// gives to satellite systems (870, 881) and to worldwide networks, satellite ones
	// among them (882, 883): all of them cost many times what a mobile phone does.
	switch p.GetCountryCode() {
	case 870, 881, 882, 883:
		return Satellite
	}
	if k, ok := kinds[phonenumbers.GetNumberType(p)]; ok {
		return k
	}
	return Other
}

func zones(p *phonenumbers.PhoneNumber) []string {
	found, err := phonenumbers.GetTimezonesForNumber(p)
	if err != nil || slices.Contains(found, phonenumbers.UNKNOWN_TIMEZONE) {
		return nil
	}
	// A copy: the library hands out its own table.
	return slices.Sorted(slices.Values(found))
}
