package phone

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// supplementDate is when the supplement was last held against its sources.
const supplementDate = "2026-11-26"

// supplement has ranges in service that the library's metadata (libphonenumber 9.0.32, June 2026) does not know. For
// North America it has those of NANPA's report of area codes (file of 2025-11-26) that are in service by
// supplementDate, with the number of the planning letter. TestTheSupplementIsNeeded fails for an entry that the
// library knows by now.
var supplement = []struct {
	prefix string // a dot is any digit
	digits int    // of the whole number, with its country code
	region string
	kind   Kind
	like   string // a prefix that serves the same place; empty: the whole region
	since  string
	source string
}{
	// Of these three the library knows some exchanges.
	{"+1274", 11, "US", FixedOrMobile, "+1920", "2023-05-05", "Wisconsin, PL-593"},
	{"+1472", 11, "US", FixedOrMobile, "+1910", "2022-10-07", "North Carolina, PL-569"},
	{"+1983", 11, "US", FixedOrMobile, "+1303", "2022-06-17", "Colorado, PL-563"},
	{"+1357", 11, "US", FixedOrMobile, "+1559", "2025-03-26", "California, PL-624"},
	{"+1436", 11, "US", FixedOrMobile, "+1440", "2024-03-01", "Ohio, PL-610"},
	{"+1457", 11, "US", FixedOrMobile, "+1318", "2025-09-25", "Louisiana, PL-617"},
	{"+1465", 11, "US", FixedOrMobile, "+1718", "2026-06-18", "New York, PL-630"},
	{"+1471", 11, "US", FixedOrMobile, "+1662", "2026-01-30", "Mississippi, PL-627"},
	{"+1483", 11, "US", FixedOrMobile, "+1334", "2026-02-23", "Alabama, PL-626"},
	{"+1621", 11, "US", FixedOrMobile, "+1713", "2025-01-23", "Texas, PL-623"},
	{"+1624", 11, "US", FixedOrMobile, "+1716", "2023-11-16", "New York, PL-607"},
	{"+1679", 11, "US", FixedOrMobile, "+1313", "2025-11-07", "Michigan, PL-618"},
	{"+1729", 11, "US", FixedOrMobile, "+1423", "2025-09-05", "Tennessee, PL-619 and PL-629"},
	{"+1837", 11, "US", FixedOrMobile, "+1530", "2025-01-31", "California, PL-621"},
	{"+1861", 11, "US", FixedOrMobile, "+1309", "2023-02-24", "Illinois, PL-577"},
	{"+1924", 11, "US", FixedOrMobile, "+1507", "2024-08-30", "Minnesota, PL-616"},
	// 060-1 to 060-9: MIC notice 441 of 2024-12-20; the carriers began in July 2026.
	{"+81601", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81602", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81603", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81604", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81605", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81606", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81607", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81608", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
	{"+81609", 12, "JP", Mobile, "", "2026-07-01", "Japan, mobile"},
}

// supplemented is a number in a range of the supplement.
func supplemented(e164 string) (Number, bool) {
	for _, s := range supplement {
		if !within(e164, s.prefix) || len(e164) != 1+s.digits || !exchange(e164) {
			continue
		}
		n := Number{E164: e164, Region: s.region, Kind: s.kind, Zones: zonesOf(s.region)}
		if s.like != "" {
			n.Zones = placed(s.like+e164[len(s.like):], s.region)
		}
		return n, true
	}
	return Number{}, false
}

// exchange says whether the three digits behind the area code of a North American number can exist. It is true of all
// other numbers.
func exchange(e164 string) bool {
	return !strings.HasPrefix(e164, "+1") || e164[5] >= '2'
}

// readable is a number that the library or the supplement knows. Costly ranges come before the supplement, so that no
// entry there makes a costly number an ordinary one.
func readable(p *phonenumbers.PhoneNumber) (Number, bool) {
	if t := phonenumbers.GetNumberType(p); t != phonenumbers.UNKNOWN { // so the library defines a valid number
		return describe(p, t), true
	}
	e164 := phonenumbers.Format(p, phonenumbers.E164)
	if k, ok := costlyRange(e164); ok && phonenumbers.IsPossibleNumber(p) {
		region := phonenumbers.GetRegionCodeForCountryCode(int(p.GetCountryCode()))
		return Number{E164: e164, Region: region, Kind: k, Zones: zonesOf(region)}, true
	}
	return supplemented(e164)
}
