package phone

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// maxText is far more than any way to write a number needs: 15 digits and punctuation.
const maxText = 64

// Parse reads a number as people write it: in E.164, or in the national form of
// defaultRegion ("JP"; empty for none), with the usual punctuation, full-width digits
// and a "tel:" in front. A trunk zero left behind the country code (+81 090-…) is
// dropped where the numbering plan has no such number.
//
// Letters and extensions are refused rather than guessed at: a mistyped O would ring a
// stranger. Errors say what to write instead and show the number masked, if at all.
func Parse(text, defaultRegion string) (Number, error) {
	text = strings.TrimSpace(text)
	if rest, ok := cutTel(text); ok {
		text = rest
	}
	if err := checkText(text); err != nil {
		return Number{}, err
	}
	if !international(text) && !ValidRegion(defaultRegion) {
		return Number{}, fmt.Errorf("%s has no country code: write + and the country code in front (%s), or set REDIAL_DEFAULT_REGION",
			Mask(text), example(defaultRegion))
	}
	p, err := phonenumbers.Parse(text, defaultRegion)
	if err != nil {
		return Number{}, unreadable(text, defaultRegion, err)
	}
	if !phonenumbers.IsValidNumber(p) {
		fixed, ok := withoutTrunkZero(text, p)
		if !ok {
			return Number{}, invalid(text, p)
		}
		p = fixed
	}
	return describe(p), nil
}

func cutTel(text string) (string, bool) {
	const scheme = "tel:"
	if len(text) < len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
		return text, false
	}
	return text[len(scheme):], true
}

// checkText refuses what the library would read too generously.
func checkText(text string) error {
	if text == "" {
		return fmt.Errorf("the phone number is empty: write it in E.164, %s", example(""))
	}
	if len(text) > maxText {
		return fmt.Errorf("a phone number is at most %d bytes long, this text has %d", maxText, len(text))
	}
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			return errors.New("a phone number has no letters: write every digit, and no extension (the option SendDigits dials one after the answer)")
		case strings.ContainsRune("*#,;＊＃，；", r):
			return fmt.Errorf("a phone number has no %q: digits to dial after the answer go into the option SendDigits", r)
		}
	}
	return nil
}

// international tells whether the writer gave the country code.
func international(text string) bool {
	digit := strings.IndexFunc(text, unicode.IsDigit)
	return digit >= 0 && strings.ContainsAny(text[:digit], "+＋")
}

// withoutTrunkZero mends +1 0212…: a zero that is dialed inside some countries and
// belongs to no number there. Only behind an explicit country code, since a national
// number that does not fit may be one of another country.
func withoutTrunkZero(text string, p *phonenumbers.PhoneNumber) (*phonenumbers.PhoneNumber, bool) {
	national, hasZero := strings.CutPrefix(phonenumbers.GetNationalSignificantNumber(p), "0")
	if !hasZero || !international(text) {
		return nil, false
	}
	fixed, err := phonenumbers.Parse(fmt.Sprintf("+%d%s", p.GetCountryCode(), national), "")
	return fixed, err == nil && phonenumbers.IsValidNumber(fixed)
}

func unreadable(text, region string, err error) error {
	why := "is not a phone number"
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		why = "begins with a country code that does not exist"
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		why = "has too many digits"
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		why = "has too few digits"
	}
	return fmt.Errorf("%s %s: write it in E.164, %s", Mask(text), why, example(region))
}

func invalid(text string, p *phonenumbers.PhoneNumber) error {
	region := phonenumbers.GetRegionCodeForCountryCode(int(p.GetCountryCode()))
	why := "fits no range of numbers"
	switch phonenumbers.IsPossibleNumberWithReason(p) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		why = "has too few digits for a number"
	case phonenumbers.TOO_LONG:
		why = "has too many digits for a number"
	}
	return fmt.Errorf("%s %s of country code +%d: write it in E.164, %s",
		Mask(text), why, p.GetCountryCode(), example(region))
}

// example is a number that nobody has, in the form we would like to see.
func example(region string) string {
	if p := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE); p != nil {
		return "such as " + phonenumbers.Format(p, phonenumbers.E164)
	}
	return "such as +819012345678"
}
