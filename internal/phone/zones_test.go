package phone

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"
)

// A number leaves the zones that its plan does, of several countries with one code too.
func TestZones(t *testing.T) {
	russia := 26
	tests := []struct {
		text string
		some string // zones that must be among them
		most int
	}{
		{"+819012345678", "Asia/Tokyo", 1},
		{"+442079460958", "Europe/London", 1},
		{"+447797712345", "Europe/Jersey", 1},
		{"+80012345678", "", 0},
		// Mobiles that are tied to no place.
		{"+79141234567", "Europe/Kaliningrad Europe/Moscow Asia/Vladivostok Asia/Kamchatka", russia},
		{"+77012345678", "Asia/Almaty", 7},
		{"+61412345678",
			"Australia/Sydney Australia/Perth Australia/Darwin Australia/Brisbane Indian/Christmas Indian/Cocos", 14},
		{"+62812345678", "Asia/Jakarta Asia/Makassar Asia/Jayapura", 4},
		{"+97699123456", "Asia/Ulaanbaatar Asia/Hovd", 2},
		{"+243812345678", "Africa/Kinshasa Africa/Lubumbashi", 2},
		{"+34612345678", "Europe/Madrid Atlantic/Canary", 3},
		{"+351912345678", "Europe/Lisbon Atlantic/Azores", 3},
		{"+56961234567", "America/Santiago Pacific/Easter", 4},
		{"+64211234567", "Pacific/Auckland Pacific/Chatham", 2},
		// Lines that are.
		{"+74951234567", "Europe/Moscow", 1},
		{"+74012123456", "Europe/Kaliningrad", 1},
		{"+78452123456", "Europe/Saratov", 1},
		{"+74112345678", "Asia/Yakutsk Asia/Vladivostok Asia/Srednekolymsk", 5},
		{"+61212345678", "Australia/Sydney", 1},
		{"+61891234567", "Australia/Perth", 1},
		{"+61889123456", "Australia/Darwin", 1},
		{"+61890212345", "Australia/Perth Australia/Eucla", 2},
		{"+61265632123", "Australia/Lord_Howe", 1},
		{"+61891641234", "Indian/Christmas", 1},
		{"+61891621234", "Indian/Cocos", 1},
		{"+5511987654321", "America/Sao_Paulo", 1},
		{"+5592987654321", "America/Manaus", 1},
		{"+5591987654321", "America/Belem", 1},
		{"+5568987654321", "America/Rio_Branco", 1},
		{"+5581987654321", "America/Recife America/Noronha", 2},
		{"+525512345678", "America/Mexico_City", 1},
		{"+526141234567", "America/Chihuahua", 1},
		{"+529981234567", "America/Cancun", 1},
		{"+526641234567", "America/Tijuana", 1},
		{"+60323856789", "Asia/Kuala_Lumpur", 1},
		{"+34928123456", "Atlantic/Canary", 1},
		{"+351292123456", "Atlantic/Azores", 1},
		{"+672106123", "Antarctica/Casey Antarctica/Mawson", 4},
		// North America: by area code, where there is one that says where.
		{"+12125551234", "America/New_York", 1},
		{"+13105551234", "America/Los_Angeles", 1},
		{"+12085551234", "America/Boise America/Los_Angeles", 2},
		{"+18505551234", "America/New_York America/Chicago", 2},
		{"+16795551234", "America/New_York", 1},
		{"+17295551234", "America/New_York America/Chicago", 2},
		{"+18075551234", "America/Toronto America/Winnipeg", 3},
		{"+17095551234", "America/St_Johns America/Goose_Bay", 2},
		{"+18765551234", "America/Jamaica", 1},
		{"+18005551234", "America/New_York America/Los_Angeles Pacific/Honolulu America/Toronto America/Vancouver " +
			"America/Jamaica Pacific/Guam", 90},
	}
	for _, tt := range tests {
		got, err := Parse(tt.text, "")
		if err != nil {
			t.Error(err)
			continue
		}
		for want := range strings.FieldsSeq(tt.some) {
			if !slices.Contains(got.Zones, want) {
				t.Errorf("%s may be in %s, and not only in %v", tt.text, want, got.Zones)
			}
		}
		if len(got.Zones) > tt.most {
			t.Errorf("%s is in %d of %v at most", tt.text, tt.most, got.Zones)
		}
	}
}

// Wherever the example numbers of all plans may be is in their country, and is a zone; a
// number that says nothing of its place leaves as many zones as the country has.
func TestZonesAreOfTheCountry(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := range phonenumbers.UNKNOWN {
			p := phonenumbers.GetExampleNumberForType(region, kind)
			if p == nil || !phonenumbers.IsValidNumber(p) {
				continue
			}
			n := describe(p, phonenumbers.GetNumberType(p))
			if len(n.Zones) == 0 {
				t.Errorf("nobody knows where %s of %s is", n.E164, n.Region)
			}
			all := zonesOf(append(phonenumbers.GetRegionCodesForCountryCode(int(p.GetCountryCode())), "AQ", "AU")...)
			for _, z := range n.Zones {
				if !slices.Contains(all, z) {
					t.Errorf("%s of %s is in %s", n.E164, n.Region, z)
				}
			}
			if own := zonesOf(n.Region); !tied(n.Kind, n.Region) && cmp.Diff(own, n.Zones[:min(len(own), len(n.Zones))]) != "" {
				t.Errorf("%s of %s is in %v only", n.E164, n.Region, n.Zones)
			}
		}
	}
}

// Zones that people know come first, since the first of equal clock is the one that they are
// shown: for each country those that the library names, but for the zone of Kuala Lumpur.
func TestZonesThatPeopleKnowComeFirst(t *testing.T) {
	for region, zones := range zonesByRegion() {
		for i := 1; i < len(zones) && region != "MY"; i++ {
			if rank(region, zones[i]) < rank(region, zones[i-1]) {
				t.Errorf("%s: %s comes before %s", region, zones[i-1], zones[i])
			}
		}
	}
	for known, others := range map[string][]string{
		"Australia/Sydney": {"Australia/Melbourne", "Australia/Hobart"}, "Asia/Kuala_Lumpur": {"Asia/Kuching"},
		"America/New_York": {"America/Detroit", "America/Indiana/Vevay"}, "Asia/Almaty": {"Asia/Qyzylorda"},
	} {
		zones := zonesOf("AU", "MY", "US", "KZ")
		for _, other := range others {
			if i, j := slices.Index(zones, known), slices.Index(zones, other); i < 0 || j < i {
				t.Errorf("%s is number %d, %s number %d", known, i, other, j)
			}
		}
	}
}

// Every zone of our tables is one that this program can tell the time of.
func TestZonesAreKnown(t *testing.T) {
	check := func(where string, names []string) {
		for _, z := range names {
			if _, err := time.LoadLocation(z); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		}
	}
	for region, names := range zonesByRegion() {
		check(region, names)
	}
	for prefix, names := range places() {
		check(prefix, names)
		_, regions := countryOf(prefix + "00000000")
		for _, z := range names {
			if !slices.Contains(zonesOf(append(regions, "AQ", "AU")...), z) {
				t.Errorf("%s is in %s, which %v have not", prefix, z, regions)
			}
		}
	}
}

// The supplement has nothing that the library knows by now, nothing of the future and
// nothing costly.
func TestTheSupplementIsNeeded(t *testing.T) {
	for _, s := range supplement {
		e164 := s.prefix + strings.Repeat("5", 1+s.digits-len(s.prefix))
		p, err := phonenumbers.Parse(e164, "")
		if err != nil || phonenumbers.IsValidNumber(p) {
			t.Errorf("%s: the library knows it, %v", e164, err)
		}
		if phonenumbers.IsPossibleNumberWithReason(p) != phonenumbers.IS_POSSIBLE {
			t.Errorf("%s: the plan has no numbers of so many digits", e164)
		}
		got, err := Parse(e164, "")
		if err != nil || got.Region != s.region || got.Kind != s.kind || len(got.Zones) == 0 {
			t.Errorf("%s is %+v, %v", e164, got, err)
		}
		if s.since > supplementDate || s.source == "" {
			t.Errorf("%s is in service since %q, says %q", s.prefix, s.since, s.source)
		}
		if code, regions := countryOf(s.prefix); costlyPrefix(s.prefix, code, plansOf(regions)) && s.region != "JP" {
			t.Errorf("%s has costly numbers", s.prefix)
		}
		for _, wrong := range []string{e164[:len(e164)-1], e164 + "9"} { // a digit too few, or too many
			if n, err := Parse(wrong, ""); err == nil && n.Kind == s.kind {
				t.Errorf("%s is taken for %+v", wrong, n)
			}
		}
	}
	if n, err := Parse("+16791550123", ""); err == nil {
		t.Errorf("no exchange begins with 1, but %+v", n)
	}
}

// Whatever prefix of a costly number is listed as in service, it is refused: not only as
// it stands, since what follows may make it costly.
func TestPrefixesOpenNothingCostly(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		for k := range phonenumbers.UNKNOWN {
			p := phonenumbers.GetExampleNumberForType(region, k)
			if p == nil || !phonenumbers.IsValidNumber(p) {
				continue
			}
			n := describe(p, phonenumbers.GetNumberType(p))
			if _, own := costlyRange(n.E164); own || costly[n.Kind] == "" || n.Kind == Satellite {
				continue // found out number by number, or of no country
			}
			for end := len("+123"); end <= len(n.E164); end++ {
				if prefix, err := ParsePrefix(n.E164[:end]); err == nil {
					t.Errorf("%s of a number that is %s is taken: %+v", n.E164[:end], n.Kind, prefix)
				}
			}
		}
	}
	for _, r := range costlyRanges {
		if !strings.Contains(r.pattern, ".") {
			if _, err := ParsePrefix(r.pattern + "0"); err == nil {
				t.Errorf("%s0 is taken", r.pattern)
			}
		}
	}
	all, _ := ParsePrefix("+1679")
	if n, err := Parse("+16799761234", "", all); err != nil || n.Kind != Premium {
		t.Errorf("976 in a new area code is %+v, %v", n, err)
	}
}

func TestPrefixes(t *testing.T) {
	for text, want := range map[string]string{
		"+1273=CA": "+12735550123 CA", "+1273": "+12735550123 US", "+8110": "+81101234567 JP",
	} {
		p, err := ParsePrefix(text)
		if err != nil {
			t.Error(err)
			continue
		}
		number, region, ok := strings.Cut(want, " ")
		if !ok {
			continue
		}
		if n, err := Parse(number, ""); err == nil {
			t.Errorf("%s is %+v without a prefix", number, n)
		}
		n, err := Parse(number, "", p)
		if err != nil || n.Region != region || cmp.Diff(zonesOf(region), n.Zones) != "" {
			t.Errorf("%s is %+v, %v", number, n, err)
		}
		for _, wrong := range []string{number[:len(number)-3], number + "999999999", "+16995550123"} {
			if n, err := Parse(wrong, "", p); err == nil {
				t.Errorf("%s is taken for %+v", wrong, n)
			}
		}
	}
	if p, err := ParsePrefix("+1876"); err != nil || p.region != "JM" {
		t.Errorf("Jamaica's area code is taken for %+v, %v", p, err)
	}
	for text, want := range map[string]string{
		"1679": "no prefix", "+1679=": "can't be in", "+1 679": "no prefix", "+1679=ZZ": "can't be in",
		"+1679=JP": "country code +1 is that of US",
		"+449":     "too short", "+16": "no prefix", "+816": "too short", "+1876=US": "prefix of JM", "+999123": "no country",
		"+870773": "no country", "+": "no prefix", "": "no prefix",
		"+1900": "premium-rate", "+81990": "premium-rate", "+61147": "satellite",
	} {
		if _, err := ParsePrefix(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzPrefix(f *testing.F) {
	for _, seed := range []string{"+1273=CA", "+1679", "+8160", "+4470", "+61147", "+1=US", "+１２７３"} {
		f.Add(seed, "5550123")
	}
	f.Fuzz(func(t *testing.T, text, rest string) {
		p, err := ParsePrefix(text)
		if err != nil {
			return
		}
		n, err := Parse(p.digits+rest, "", p)
		if err != nil {
			return
		}
		if again, err := Parse(n.E164, "", p); err != nil || fmt.Sprint(again) != fmt.Sprint(n) {
			t.Errorf("%s is %+v, and read again %+v, %v", p.digits+rest, n, again, err)
		}
	})
}

// Of the zones whose clocks show the same, the first stands for all in what people read.
func TestTheZonesThatPeopleKnowComeFirst(t *testing.T) {
	for text, first := range map[string]string{
		"+61412345678": "Australia/Sydney",
		"+299221234":   "America/Nuuk",
		"+60123456789": "Asia/Kuala_Lumpur",
		"+79141234567": "Europe/Moscow",
	} {
		n, err := Parse(text, "")
		if err != nil || n.Zones[0] != first {
			t.Errorf("%s: %v (%v), want %s first", text, n.Zones, err, first)
		}
	}
}
