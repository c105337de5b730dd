package phone

import (
	"cmp"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Prefix is a range of numbers that the operator knows to be in service, and that neither the library nor the
// supplement knows.
type Prefix struct {
	digits  string // "+1679"
	region  string
	lengths []int32 // of its numbers, behind the country code
}

var prefixForm = regexp.MustCompile(`^\+[1-9][0-9]{2,11}$`)

// ParsePrefix reads a prefix such as +1273, or +1273=CA with the region, where several share the country code. It
// refuses ranges with costly numbers.
func ParsePrefix(text string) (Prefix, error) {
	digits, region, hasRegion := strings.Cut(clean(text), "=")
	if !prefixForm.MatchString(digits) {
		return Prefix{}, fmt.Errorf("%q is no prefix: they look like +1273, or +1273=CA", text)
	}
	code, regions := countryOf(digits)
	if len(regions) == 0 || !ValidRegion(regions[0]) {
		return Prefix{}, fmt.Errorf("%s begins with the country code of no country", digits)
	}
	known := areaRegion(digits)
	if !hasRegion {
		region = cmp.Or(known, regions[0])
	}
	plans := plansOf(regions)
	switch {
	case !slices.Contains(regions, region):
		return Prefix{}, fmt.Errorf("%s can't be in %s: country code +%s is that of %s",
			digits, region, code, strings.Join(regions, ", "))
	case len(digits) < len(code)+3 || code == "1" && len(digits) < len("+1212"):
		return Prefix{}, fmt.Errorf("%s is too short: behind the country code it needs two digits at least, "+
			"in North America the area code", digits)
	case known != "" && known != region:
		return Prefix{}, fmt.Errorf("%s is a prefix of %s, not of %s", digits, known, region)
	case costlyPrefix(digits, code, plans):
		return Prefix{}, fmt.Errorf("%s has premium-rate, shared-cost, pager, personal or satellite numbers, "+
			"which redial never calls: give a longer prefix without them", digits)
	}
	return Prefix{digits, region, lengths(plans[region])}, nil
}

// countryOf returns the country code that digits begin with, and its regions.
func countryOf(digits string) (code string, regions []string) {
	for n := 2; n <= 4 && n <= len(digits); n++ {
		code, number := digits[1:n], 0
		_, _ = fmt.Sscan(code, &number) // digits
		if regions := phonenumbers.GetRegionCodesForCountryCode(number); len(regions) > 0 {
			return code, regions
		}
	}
	return "", nil
}

// areaRegion is the region of an area code of North America, if the library knows one.
func areaRegion(digits string) string {
	if !strings.HasPrefix(digits, "+1") || len(digits) < len("+1212") {
		return ""
	}
	for exchange := 200; exchange < 1000; exchange++ {
		p, err := phonenumbers.Parse(fmt.Sprintf("%s%d0123", digits[:len("+1212")], exchange), "")
		if err == nil && phonenumbers.IsValidNumber(p) {
			return phonenumbers.GetRegionCodeForNumber(p)
		}
	}
	return ""
}

// plansOf returns the numbering plans of regions.
func plansOf(regions []string) map[string]*phonenumbers.PhoneMetadata {
	plans := map[string]*phonenumbers.PhoneMetadata{}
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		panic(fmt.Errorf("reading the library's own data: %w", err)) // it is part of the program
	}
	for _, m := range all.GetMetadata() {
		if slices.Contains(regions, m.GetId()) {
			plans[m.GetId()] = m
		}
	}
	return plans
}

// lengths are how many digits the telephones of a plan have.
func lengths(plan *phonenumbers.PhoneMetadata) (all []int32) {
	for _, d := range []*phonenumbers.PhoneNumberDesc{plan.GetFixedLine(), plan.GetMobile()} {
		if all = append(all, d.GetPossibleLength()...); len(d.GetPossibleLength()) == 0 {
			all = append(all, plan.GetGeneralDesc().GetPossibleLength()...)
		}
	}
	return all
}

// costlyPrefix says whether a costly number may begin with digits.
func costlyPrefix(digits, code string, plans map[string]*phonenumbers.PhoneMetadata) bool {
	if _, costly := costlyRange(digits); costly {
		return true
	}
	for _, m := range plans {
		for _, d := range []*phonenumbers.PhoneNumberDesc{
			m.GetPremiumRate(), m.GetSharedCost(), m.GetPager(), m.GetPersonalNumber(),
		} {
			if canBegin(d.GetNationalNumberPattern(), digits[1+len(code):]) {
				return true
			}
		}
	}
	return false
}

// canBegin says whether some text that matches pattern begins with digits, or digits begin with such a text. It walks
// the pattern's automaton, as package regexp does.
func canBegin(pattern, digits string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || pattern == "" || pattern == "NA" {
		return false
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return false
	}
	states := follow(prog, nil, uint32(prog.Start))
	for _, digit := range digits {
		var next []uint32
		for _, s := range states {
			switch in := prog.Inst[s]; {
			case in.Op == syntax.InstMatch:
				return true
			case in.MatchRune(digit):
				next = follow(prog, next, in.Out)
			}
		}
		states = next
	}
	return len(states) > 0
}

// follow adds to states all states that s leads to and that read a rune or match.
func follow(prog *syntax.Prog, states []uint32, s uint32) []uint32 {
	switch in := prog.Inst[s]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return follow(prog, follow(prog, states, in.Out), in.Arg)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		return follow(prog, states, in.Out)
	case syntax.InstFail:
		return states
	}
	if slices.Contains(states, s) {
		return states
	}
	return append(states, s)
}

// prefixed is a number of one of the prefixes, if it has as many digits as the plan's telephones.
func prefixed(p *phonenumbers.PhoneNumber, prefixes []Prefix) (Number, bool) {
	e164, long := phonenumbers.Format(p, phonenumbers.E164), len(phonenumbers.GetNationalSignificantNumber(p))
	for _, known := range prefixes {
		if strings.HasPrefix(e164, known.digits) && slices.Contains(known.lengths, int32(long)) && exchange(e164) {
			return Number{E164: e164, Region: known.region, Kind: Other, Zones: zonesOf(known.region)}, true
		}
	}
	return Number{}, false
}

// suggestPrefix is a prefix for a number of an unknown range: in North America the area code, elsewhere the first three
// digits behind the country code.
func suggestPrefix(p *phonenumbers.PhoneNumber) string {
	e164 := phonenumbers.Format(p, phonenumbers.E164)
	return e164[:min(len(e164), len(fmt.Sprint("+", p.GetCountryCode()))+3)]
}
