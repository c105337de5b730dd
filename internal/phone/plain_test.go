package phone

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

// readAlike fails if the short way to read a text leads elsewhere than the library's parser.
func readAlike(t interface{ Errorf(string, ...any) }, text, region string) {
	got, err := Parse(text, region)
	want, wrong := parseAny(text, region, nil)
	if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wrong) {
		t.Errorf("Parse(%q, %q) = %+v, %v, want %+v, %v", text, region, got, err, want, wrong)
	}
}

func FuzzPlain(f *testing.F) {
	for _, text := range []string{
		"+819012345678", "+8109012345678", "+12125551234", "+112125551234", "+390236618300", "+8613912345678",
		"+5491123456789", "+78005553535", "+80012345678", "+870773111632", "+99912345678", "+0812345678",
		"+81 9012345678",
		"+8190123456789012", "+", "819012345678",
		"+3758104004786", // Belarus: valid as it stands, but the library takes the 8 for the national prefix
	} {
		f.Add(text, "")
		f.Add(text, "JP")
	}
	f.Fuzz(func(t *testing.T, text, region string) { readAlike(t, text, region) })
}

// Numbers of all plans, and others that differ from them in some digits.
func TestPlainReadsWhatTheLibraryReads(t *testing.T) {
	var numbers []string
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := range phonenumbers.UNKNOWN {
			if p := phonenumbers.GetExampleNumberForType(region, kind); p != nil {
				numbers = append(numbers, phonenumbers.Format(p, phonenumbers.E164))
			}
		}
	}
	for _, number := range numbers {
		readAlike(t, number, "")
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(numbers).Draw(t, "number")
		from := rapid.IntRange(1, len(text)).Draw(t, "from")
		to := rapid.IntRange(from, len(text)).Draw(t, "to")
		readAlike(t, text[:from]+rapid.StringMatching(`[0-9]{0,4}`).Draw(t, "digits")+text[to:], "")
	})
}

// Behind the country code the digit of a national prefix, and every other.
func TestPlainLeavesPrefixesToTheLibrary(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		code := fmt.Sprint("+", phonenumbers.GetCountryCodeForRegion(region))
		national := phonenumbers.GetNationalSignificantNumber(phonenumbers.GetExampleNumber(region))
		for digit := range 10 {
			readAlike(t, fmt.Sprint(code, digit, national), region)
		}
	}
}

// Ordinary numbers are read the short way.
func TestPlainReadsOrdinaryNumbers(t *testing.T) {
	for _, text := range []string{
		"+819012345678", "+81312345678", "+12125551234", "+4915123456789", "+447911123456", "+33612345678", "+80012345678",
		"+5511961234567", "+919876543210", "+8613912345678", "+525512345678", "+61412345678", "+821012345678",
	} {
		if p, ok := plain(text); !ok || phonenumbers.Format(p, phonenumbers.E164) != text {
			t.Errorf("plain(%q) = %v, %t", text, p, ok)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{"+819012345678", "+12125551234", "090-1234-5678"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text, "JP"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
