package phone_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redial/internal/phone"
)

func TestParse(t *testing.T) {
	tests := []struct{ name, text, region, e164, wantRegion string }{
		{"E.164", "+819012345678", "", "+819012345678", "JP"},
		{"spaces and hyphens", " +81 90-1234-5678 ", "", "+819012345678", "JP"},
		{"a link", "tel:+81-90-1234-5678", "", "+819012345678", "JP"},
		{"national", "090-1234-5678", "JP", "+819012345678", "JP"},
		{"full width", "０９０－１２３４－５６７８", "JP", "+819012345678", "JP"},
		{"full-width plus", "＋８１９０１２３４５６７８", "", "+819012345678", "JP"},
		{"international prefix", "010 1 212 555 1234", "JP", "+12125551234", "US"},
		{"region overruled by the country code", "+1 212 555 1234", "JP", "+12125551234", "US"},

		{"trunk zero, mobile", "+8109012345678", "", "+819012345678", "JP"},
		{"trunk zero, IP phone", "+8105012345678", "", "+815012345678", "JP"},
		{"trunk zero in parentheses", "(+81)090-1234-5678", "", "+819012345678", "JP"},
		{"trunk zero, Britain", "+44 (0)20 7946 0958", "", "+442079460958", "GB"},
		{"trunk zero, Germany", "+49 (0)30 123456", "", "+4930123456", "DE"},
		{"trunk zero where the plan has none", "+1 0212 555 1234", "", "+12125551234", "US"},
		{"a zero that belongs, Italy", "+39 02 3661 8300", "", "+390236618300", "IT"},
		{"a zero that does not, Italy", "+39 0347 1234567", "", "+393471234567", "IT"},
		{"a zero that belongs, Ivory Coast", "+2250123456789", "", "+2250123456789", "CI"},

		{"behind Mexico's code, the 1 of mobiles", "+52 1 55 1234 5678", "", "+525512345678", "MX"},
		{"behind Mexico's code, 01", "+52 01 55 1234 5678", "", "+525512345678", "MX"},
		{"behind Mexico's code, 044", "+52 (044) 55 1234 5678", "", "+525512345678", "MX"},
		{"behind Russia's code, 8", "+7 8 912 345 67 89", "", "+79123456789", "RU"},
		{"behind Hungary's code, 06", "+36 06 20 123 4567", "", "+36201234567", "HU"},

		{"isolates", "\u2066+81 90-1234-5678\u2069", "", "+819012345678", "JP"},
		{"embeddings", "\u202a+819012345678\u202c", "", "+819012345678", "JP"},
		{"an override", "\u202d090-1234-5678\u202c", "JP", "+819012345678", "JP"},
		{"a byte order mark", "\ufeff+819012345678", "", "+819012345678", "JP"},
		{"a mark in front of a link", "\u200etel:+819012345678", "", "+819012345678", "JP"},
		{"joiners within", "+81\u200b90\u200d1234\u2060\u00ad5678", "", "+819012345678", "JP"},
		{"emoji digits", "+8\ufe0f\u20e31\ufe0f\u20e39\ufe0f\u20e3012345678", "", "+819012345678", "JP"},
		{"variation selectors", "０\ufe00９０\U000e0100１２３４５６７８", "JP", "+819012345678", "JP"},
		{"long vowels for dashes", "０９０ー１２３４ー５６７８", "JP", "+819012345678", "JP"},
		{"half-width ones", "090ｰ1234ｰ5678", "JP", "+819012345678", "JP"},
		{"wave dashes, as Windows writes them", "090～1234～5678", "JP", "+819012345678", "JP"},
		{"dashes of all kinds", "090‐1234—5678", "JP", "+819012345678", "JP"},
		{"minus signs and wide spaces", "+81\u300090−1234\u20075678", "", "+819012345678", "JP"},

		{"newer than the library, Detroit", "+1 679 555 0123", "", "+16795550123", "US"},
		{"newer, Illinois, national", "(861) 555-0123", "US", "+18615550123", "US"},
		{"newer, Japan", "+81 60 1234 5678", "", "+816012345678", "JP"},
		{"newer, Japan, trunk zero", "+81 060-9123-4567", "", "+816091234567", "JP"},
		{"newer, Japan, national", "060-5123-4567", "JP", "+816051234567", "JP"},

		{"Canada", "+14165551234", "", "+14165551234", "CA"},
		{"Jamaica", "+18765551234", "US", "+18765551234", "JM"},
		{"Kazakhstan", "+77012345678", "", "+77012345678", "KZ"},
		{"worldwide", "+80012345678", "", "+80012345678", "001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := phone.Parse(tt.text, tt.region)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{tt.e164, tt.wantRegion}
			if diff := cmp.Diff(want, []string{got.E164, got.Region}); diff != "" {
				t.Errorf("Parse(%q, %q) -want +got:\n%s", tt.text, tt.region, diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, text, region, want string }{
		{"nothing", " ", "JP", "empty"},
		{"words", "the doctor", "JP", "letters"},
		{"a letter for a digit", "+819O87654321", "", "letters"},
		{"an extension", "+819087654321 ext 5", "", "SendDigits"},
		{"digits after a pause", "+819087654321,,12", "", "SendDigits"},
		{"digits after a wave dash", "+819087654321～12", "", "no range"},
		{"digits after a tilde", "+819087654321~12", "", "no range"},
		{"a hash", "+819087654321＃1", "", "SendDigits"},
		{"national without a region", "09087654321", "", "or set the default region"},
		{"national with a wrong region", "09087654321", "jp", "or set the default region"},
		{"no such country", "+999123456789", "JP", "country code that does not exist"},
		{"too long", "+12125551234999", "", "too many digits"},
		{"much too long", "+8190" + strings.Repeat("1", 40), "", "too many digits"},
		{"a page of text", strings.Repeat("1", 1<<20), "JP", "at most"},
		{"too short", "+81908765", "", "too few digits"},
		{"an emergency number", "110", "JP", "too few digits"},
		{"another emergency number", "+1 911", "", "too few digits"},
		{"an unused range", "+811087654321", "", "no range of numbers of country code +81"},
		{"one, and what to do about it", "+12735550123", "",
			"own supplement (2026-11-26), list its prefix in the list of further prefixes, such as +1273"},
		{"Mexico's 1 before too few digits", "+52 1 55 1234", "", "too few digits"},
		{"a kanji for a dash", "090一1234一5678", "JP", "letters"},
		{"two numbers", "+819087654321 / +819087654322", "", "not a phone number"},
		{"a control character", "090-8765-4321\x00", "JP", "not a phone number"},
		// Without its country code a London number looks like a trunk zero and a number in Maine.
		{"another country's national form", "020 7946 0958", "US", "too many digits"},
		{"the same with a stray plus", "020 7946 0958+", "US", "not a phone number"},
		{"a number as Britain's are", "+4420", "", "such as +447400123456"},
		{"the same, in the default region", "012", "GB", "such as +447400123456"},
		{"a country that has none", "+999123456789", "", "such as +819012345678"},
		{"Italy without the zero that belongs", "+39 2 3661 8300", "", "no range"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := phone.Parse(tt.text, tt.region)
			if err == nil {
				t.Fatalf("Parse(%q, %q) = %+v, want an error", tt.text, tt.region, got)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if s := strings.TrimSpace(tt.text); len(s) > 6 && strings.Contains(err.Error(), s) {
				t.Errorf("error %q shows the whole number", err)
			}
		})
	}
}

func TestKind(t *testing.T) {
	tests := map[string]phone.Kind{
		"+81312345678":   phone.Fixed,
		"+819012345678":  phone.Mobile,
		"+815012345678":  phone.VoIP,
		"+81120123456":   phone.TollFree,
		"+81990123456":   phone.Premium,
		"+12125551234":   phone.FixedOrMobile,
		"+18005551234":   phone.TollFree,
		"+19005551234":   phone.Premium,
		"+4930123456":    phone.Fixed,
		"+4915123456789": phone.Mobile,
		"+499001234567":  phone.Premium,
		"+491801234567":  phone.SharedCost,
		"+390236618300":  phone.Fixed,
		"+393471234567":  phone.Mobile,
		"+39899123456":   phone.Premium,
		"+442079460958":  phone.Fixed,
		"+443012345678":  phone.UAN,
		"+447640123456":  phone.Pager,
		"+447012345678":  phone.Personal,
		"+80012345678":   phone.TollFree,
		"+80812345678":   phone.SharedCost,
		"+979123456789":  phone.Premium,
		"+61147101234":   phone.Satellite,
		"+56600123456":   phone.SharedCost,
		"+61145101234":   phone.Satellite,
		"+81570123456":   phone.SharedCost,
		"+81180991234":   phone.Premium,
		"+81170123456":   phone.Premium,
		"+12129761234":   phone.Premium,
		"+14169761234":   phone.Premium,
		"+18769761234":   phone.Premium,
		"+16799761234":   phone.Premium,
		"+16002345678":   phone.Satellite,
		"+15382345678":   phone.Personal,
		"+62868123456":   phone.Satellite,
		"+79541234567":   phone.Satellite,
		"+77601234567":   phone.Satellite,
		"+8613491234567": phone.Satellite,
		"+8617401234567": phone.Satellite,
		"+81601234567":   phone.Personal,
		"+816012345678":  phone.Mobile,
		"+870773111632":  phone.Satellite,
		"+881612345678":  phone.Satellite,
		"+883510012345":  phone.Satellite,
	}
	for text, want := range tests {
		got, err := phone.Parse(text, "")
		if err != nil {
			t.Error(err)
		}
		if got.Kind != want {
			t.Errorf("%s is %q, want %q", text, got.Kind, want)
		}
	}
}

func TestAllowed(t *testing.T) {
	jp := []string{"JP", "GB"}
	tests := []struct {
		name, text string
		regions    []string
		want       string // part of the error; empty: allowed
	}{
		{"own region", "+819087654321", jp, ""},
		{"second region", "+442079460958", jp, ""},
		{"toll-free", "+81120123456", jp, ""},
		{"foreign", "+12125551234", jp, "region US, which the list of regions that may be called (JP,GB)"},
		{"neighbour with the same country code", "+18765551234", []string{"US"}, "region JM"},
		{"nothing allowed", "+819087654321", nil,
			"the list of regions that may be called, which is empty: set it, such as to JP"},
		{"premium", "+81990123456", jp, "premium-rate"},
		{"pager", "+447640123456", jp, "pager"},
		{"personal", "+447012345678", []string{"GB"}, "personal number"},
		{"shared cost", "+80812345678", jp, "shared-cost"},
		{"satellite", "+870773111632", jp, "satellite"},
		{"satellite, all regions asked for", "+881612345678", []string{"001"}, "satellite"},
		{"no country", "+80012345678", jp, "belongs to no country"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := phone.Parse(tt.text, "")
			if err != nil {
				t.Fatal(err)
			}
			err = phone.Allowed(n, tt.regions)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %q shows the whole number", err)
			}
		})
	}
}

func TestValidRegion(t *testing.T) {
	for code, want := range map[string]bool{
		"JP": true, "US": true, "JM": true, "jp": false, "": false, "001": false, "ZZ": false, "JPN": false,
	} {
		if got := phone.ValidRegion(code); got != want {
			t.Errorf("ValidRegion(%q) = %v, want %v", code, got, want)
		}
	}
}

func TestMask(t *testing.T) {
	tests := map[string]string{
		"":               "",
		"1":              "*",
		"110":            "1**",
		"+81110":         "+8***0",
		"+12125551234":   "+121******34",
		"+819012345678":  "+8190******78",
		"０９０１２３４５６７８":    "０９０１******８",
		"+4915123456789": "+4915*******89",

		"+861391234567890": "+8613*********90",
	}
	for text, want := range tests {
		if diff := cmp.Diff(want, phone.Mask(text)); diff != "" {
			t.Errorf("Mask(%q) -want +got:\n%s", text, diff)
		}
	}
}
