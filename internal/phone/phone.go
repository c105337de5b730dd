package phone

import (
	"maps"
	"slices"

	"github.com/nyaruka/phonenumbers"
)

// Kind is the kind of line that a number belongs to, as far as the numbering plan tells.
type Kind string

// The kinds. FixedOrMobile is for plans that don't tell fixed from mobile lines, such as North America's.
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

// Number is a number that is valid in its numbering plan. Only a call can tell whether a phone is connected to it.
type Number struct {
	E164   string   // "+819012345678"
	Region string   // ISO 3166-1 alpha-2, "JP"; "001" where the number belongs to no country
	Kind   Kind     // kind of line
	Zones  []string // IANA time zones it may be in, those of equal clock too; empty when unknown
}

// ValidRegion says whether code is a region that can be called, such as "JP". Codes are upper case.
func ValidRegion(code string) bool {
	return phonenumbers.GetCountryCodeForRegion(code) != 0
}

// Regions are all that ValidRegion knows.
func Regions() []string { return slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())) }

// describe turns a valid number, and the library's type of it, into what the rest of redial works with.
func describe(p *phonenumbers.PhoneNumber, t phonenumbers.PhoneNumberType) Number {
	n := Number{E164: phonenumbers.Format(p, phonenumbers.E164), Region: phonenumbers.GetRegionCodeForNumber(p)}
	n.Kind = kind(p, t, n.E164)
	n.Zones = zones(p, n)
	return n
}
