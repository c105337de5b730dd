package phone

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"redial/internal/permit"
)

// maxText is more than any way to write a number needs: 15 digits, punctuation, and characters that can't be seen.
const maxText = 256 // bytes

// Parse reads a number as people write it: in E.164, or in the national form of defaultRegion ("JP"; empty for none).
// Usual punctuation, full-width digits and a "tel:" in front are allowed. A prefix that is dialed inside the country
// only is dropped behind the country code (+81 090-…, +52 1 55…), if the plan has no such number.
//
// A number is valid if the library or the supplement knows it, or if it begins with one of the further prefixes.
//
// Letters and extensions are refused: with a mistyped O, a guess would ring a stranger. An error says what to write
// instead. It shows the number masked, or not at all.
func Parse(text, defaultRegion string, further ...Prefix) (Number, error) {
	if p, ok := plain(text); ok {
		if n, ok := readable(p); ok {
			return n, nil
		}
	}
	return parseAny(text, defaultRegion, further)
}

// parseAny does what Parse does, without the fast way for plain numbers.
func parseAny(text, defaultRegion string, further []Prefix) (Number, error) {
	if len(text) > maxText {
		return Number{}, fmt.Errorf("a phone number is at most %d bytes long, this text has %d", maxText, len(text))
	}
	n, err := parse(clean(text), defaultRegion, further)
	if err != nil && lostPlus(text) {
		err = fmt.Errorf("%w; it begins with a space, which is what becomes of a + in a URL or a form: "+
			"write it as %%2B there", err)
	}
	return n, err
}

// lostPlus says whether a text begins as E.164 does once its + was taken for an escaped space.
func lostPlus(text string) bool {
	rest := strings.TrimLeft(text, " ")
	return rest != text && rest != "" && rest[0] >= '1' && rest[0] <= '9'
}

func parse(text, defaultRegion string, further []Prefix) (Number, error) {
	if rest, ok := cutTel(text); ok {
		text = rest
	}
	if err := checkText(text); err != nil {
		return Number{}, err
	}
	if !international(text) && !ValidRegion(defaultRegion) {
		return Number{}, permit.Errorf("%s has no country code: write + and the country code in front (%s), or set %s",
			Mask(text), example(defaultRegion), permit.DefaultRegion)
	}
	p, err := phonenumbers.Parse(text, defaultRegion)
	if err != nil {
		return Number{}, unreadable(text, defaultRegion, err)
	}
	if n, ok := readable(p); ok {
		return n, nil
	}
	if n, ok := withoutTrunkPrefix(text, p); ok {
		return n, nil
	}
	if n, ok := prefixed(p, further); ok {
		return n, nil
	}
	return Number{}, invalid(text, p)
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
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			return errors.New("a phone number has no letters: write every digit, and no extension " +
				"(the option SendDigits dials one after the answer)")
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

// trunkPrefixes are prefixes that are, or once were, dialed inside a country only. No number of the plan contains them.
// Mexico gave up its 1 and 044 for mobiles, and its 01 for long distance, on 2019-08-03 (IFT).
func trunkPrefixes(countryCode int32) []string {
	if countryCode == 52 {
		return []string{"1", "01", "044", "045"}
	}
	return []string{"0"}
}

// withoutTrunkPrefix reads +1 0212… and +52 1 55… without the prefix. It does so only behind an explicit country
// code: a national number that does not fit the plan may be one of another country.
func withoutTrunkPrefix(text string, p *phonenumbers.PhoneNumber) (Number, bool) {
	if !international(text) {
		return Number{}, false
	}
	for _, prefix := range trunkPrefixes(p.GetCountryCode()) {
		national, has := strings.CutPrefix(phonenumbers.GetNationalSignificantNumber(p), prefix)
		if !has {
			continue
		}
		fixed, err := phonenumbers.Parse(fmt.Sprintf("+%d%s", p.GetCountryCode(), national), "")
		if err != nil {
			continue
		}
		if n, ok := readable(fixed); ok {
			return n, true
		}
	}
	return Number{}, false
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
	problem := func(why string) string {
		return fmt.Sprintf("%s %s of country code +%d: write it in E.164, %s",
			Mask(text), why, p.GetCountryCode(), example(region))
	}
	switch phonenumbers.IsPossibleNumberWithReason(p) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return errors.New(problem("has too few digits for a number"))
	case phonenumbers.TOO_LONG:
		return errors.New(problem("has too many digits for a number"))
	}
	return permit.Errorf("%s; if the range is newer than redial's own supplement (%s), list its prefix in %s, such as %s",
		problem("fits no range of numbers"), supplementDate, permit.NumberPrefixes, suggestPrefix(p))
}

// example is a number in E.164 that nobody has.
func example(region string) string {
	if p := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE); p != nil {
		return "such as " + phonenumbers.Format(p, phonenumbers.E164)
	}
	return "such as +819012345678"
}
