package phone

import (
	"regexp"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// plain reads a number in E.164 as programs write it, a plus and digits, and finds what the library's parser would
// find. The parser first looks for extensions and for other ways of writing, with regular expressions that take
// longer than all the rest of Parse. plain returns false for all other text, and for numbers that are short, long, or
// begin with a zero or a national prefix.
func plain(text string) (*phonenumbers.PhoneNumber, bool) {
	if len(text) < len("+123456") || len(text) > len("+123456789012345") || text[0] != '+' {
		return nil, false
	}
	for n := 1; n <= 3; n++ {
		code, national := text[1:1+n], text[1+n:]
		prefix, known := nationalPrefixes()[code]
		if !known {
			continue
		}
		digits, err := strconv.ParseUint(national, 10, 64)
		if err != nil || national[0] == '0' || prefix != nil && prefix.MatchString(national) {
			return nil, false
		}
		country, _ := strconv.Atoi(code) // a key of the table
		return &phonenumbers.PhoneNumber{CountryCode: new(int32(country)), NationalNumber: &digits}, true
	}
	return nil, false
}

// nationalPrefixes has, for each country code, what the library drops from the beginning of a number, such as
// 0, which is dialed inside the country only; nil if nothing. Where regions share a country code, the library
// reads numbers by the plan of the first.
var nationalPrefixes = sync.OnceValue(func() map[string]*regexp.Regexp {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		panic(err) // the data is part of the program
	}
	prefixes, compiled := map[string]*regexp.Regexp{}, map[string]*regexp.Regexp{"": nil}
	for _, plan := range all.GetMetadata() {
		code := int(plan.GetCountryCode())
		if plan.GetId() != phonenumbers.GetRegionCodeForCountryCode(code) {
			continue
		}
		prefix := plan.GetNationalPrefixForParsing()
		if _, done := compiled[prefix]; !done {
			compiled[prefix] = regexp.MustCompile("^(?:" + prefix + ")")
		}
		prefixes[strconv.Itoa(code)] = compiled[prefix]
	}
	return prefixes
})
