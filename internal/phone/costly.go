package phone

import (
	"github.com/nyaruka/phonenumbers"
)

// costlyRanges are ranges that cost many times an ordinary call, and that the library does not know, or takes for
// another kind. A dot is any digit; the first that matches counts. As of 2026-11-26.
var costlyRanges = []struct {
	pattern string
	kind    Kind
	source  string
}{
	{"+1...976", Premium, "pay-per-call in every area code: ATIS-0300051, central office codes set aside"},
	{"+1600", Satellite, "Canada, satellite and caller-pays services: Canadian Non-Geographic Code Assignment Guideline"},
	{"+1538", Personal, "5XX personal communications: NANPA, in service 2025-10-28 (PL-631)"},
	{"+1700", Premium, "carriers' own services, priced by each: NANPA, NPA 700"},
	{"+56600", SharedCost, "600, complementary services: Subtel's numbering plan"},
	{"+56700", Premium, "700, audiotext: the same plan"},
	{"+6114", Satellite, "014, satellite services: Telecommunications Numbering Plan 2015 (ACMA), " +
		"compilation 3 of 2023-04-17"},
	{"+6119", Premium, "190 to 197, premium services: the same plan"},
	{"+62868", Satellite, "PSN (ByRU): Indonesia's Fundamental Technical Plan (KM 4 of 2001), as amended"},
	{"+7751", Satellite, "satellite and dial-up networks: Kazakhstan's plan as the ITU publishes it"},
	{"+7760", Satellite, "Kulan: the same plan"},
	{"+7954", Satellite, "GlobalTel (Globalstar): DEF code 954 in Russia's register of numbering"},
	{"+81170", Premium, "0170, message services: Japan's numbering plan (MIC notice 6 of 2019)"},
	{"+81180", Premium, "0180, Teledome and mass calling: the same plan"},
	{"+81570", SharedCost, "0570, Navi Dial, outside all flat rates: the same plan"},
	{"+81990", Premium, "0990, information services: the same plan"},
	{"+861349", Satellite, "China Satcom: MIIT, network numbers of mobile satellite services"},
	{"+861740", Satellite, "Tiantong, China Telecom: the same"},
	{"+861749", Satellite, "Inmarsat in China: the same"},
}

// costlyRange is the kind of the costly range that an E.164 number lies in.
func costlyRange(e164 string) (Kind, bool) {
	for _, r := range costlyRanges {
		if within(e164, r.pattern) {
			return r.kind, true
		}
	}
	return "", false
}

// within says whether digits begin with a pattern.
func within(digits, pattern string) bool {
	if len(digits) < len(pattern) {
		return false
	}
	for i := range pattern {
		if pattern[i] != '.' && pattern[i] != digits[i] {
			return false
		}
	}
	return true
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

func kind(p *phonenumbers.PhoneNumber, t phonenumbers.PhoneNumberType, e164 string) Kind {
	// The library takes these for mobile or VoIP. ITU-T E.164 gives the codes 870 and 881 to satellite systems, and 882
	// and 883 to worldwide networks, some of them of satellites. All cost many times what a mobile phone costs.
	switch p.GetCountryCode() {
	case 870, 881, 882, 883:
		return Satellite
	}
	if k, ok := costlyRange(e164); ok {
		return k
	}
	if k, ok := kinds[t]; ok {
		return k
	}
	return Other
}
