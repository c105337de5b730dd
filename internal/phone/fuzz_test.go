package phone_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"redial/internal/phone"
)

// FuzzParse feeds Parse any text: it must not panic, and what it accepts must be a
// number that reads as itself and ends like the text did (nothing cut off, nothing
// taken out of the middle of a longer text).
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"+819012345678", "+8109012345678", "090-1234-5678", "０９０１２３４５６７８", "tel:+81-90-1234-5678",
		"+39 02 3661 8300", "+1 (212) 555-1234", "+870773111632", "010 1 212 555 1234", "+5491123456789",
		"011 15 2345 6789", "8 (800) 555-35-35", "+81 ext 5", "+", "+0", "110", "~", "+81/+81",
	} {
		for _, region := range []string{"", "JP", "US", "AR", "RU", "IT"} {
			f.Add(text, region)
		}
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		n, err := phone.Parse(text, region)
		if err != nil {
			return
		}
		checkFixedPoint(t, n)
		if got, want := lastDigits(n.E164), lastDigits(text); got != want {
			t.Errorf("Parse(%q, %q) = %s: ends in %s, want %s", text, region, n.E164, got, want)
		}
	})
}

// TestExamples takes the example numbers of every numbering plan there is, in several
// ways of writing them.
func TestExamples(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		if !phone.ValidRegion(region) {
			t.Errorf("ValidRegion(%q) = false", region)
		}
		for kind := range phonenumbers.UNKNOWN {
			p := phonenumbers.GetExampleNumberForType(region, kind)
			if p == nil || !phonenumbers.IsValidNumber(p) {
				continue
			}
			want := phonenumbers.Format(p, phonenumbers.E164)
			for _, form := range []phonenumbers.PhoneNumberFormat{
				phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.RFC3966,
			} {
				text := phonenumbers.Format(p, form)
				n, err := phone.Parse(text, region)
				if err != nil || n.E164 != want {
					t.Errorf("Parse(%q, %q) = %s, %v, want %s", text, region, n.E164, err, want)
				}
			}
		}
	}
}

// TestMaskHidesEnough holds for every number: at least five digits are hidden, and the
// length stays.
func TestMaskHidesEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`\+[1-9][0-9]{7,14}`).Draw(t, "number")
		masked := phone.Mask(number)
		if len(masked) != len(number) || strings.Count(masked, "*") < 5 {
			t.Fatalf("Mask(%q) = %q", number, masked)
		}
	})
}

func checkFixedPoint(t *testing.T, n phone.Number) {
	t.Helper()
	again, err := phone.Parse(n.E164, "")
	if err != nil || again.E164 != n.E164 || again.Region != n.Region || again.Kind != n.Kind {
		t.Errorf("Parse(%q) = %+v, %v, want %+v", n.E164, again, err, n)
	}
}

// lastDigits are the last four digits of text as ASCII.
func lastDigits(text string) string {
	digits := phonenumbers.NormalizeDigitsOnly(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text))
	return digits[max(0, len(digits)-4):]
}
