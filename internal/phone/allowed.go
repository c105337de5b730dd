package phone

import (
	"fmt"
	"slices"
	"strings"

	"redial/internal/permit"
)

// costly are the kinds of numbers that earn money for their owner, or cost many times an ordinary call. Whoever steals
// an API key calls these first, so no setting allows them.
var costly = map[Kind]string{
	Premium:    "a premium-rate number",
	SharedCost: "a shared-cost number",
	Pager:      "a pager",
	Personal:   "a personal number, which costs as much as a premium-rate one",
	Satellite:  "a satellite or worldwide-network number",
}

// Allowed returns nil if n may be called where calls to these regions are allowed. The error says why not, with the
// number masked.
func Allowed(n Number, regions []string) error {
	if what, ok := costly[n.Kind]; ok {
		return fmt.Errorf("%s is %s; redial never calls those", Mask(n.E164), what)
	}
	if slices.Contains(regions, n.Region) {
		return nil
	}
	if !ValidRegion(n.Region) {
		return permit.Errorf("%s belongs to no country, and only countries can be allowed (%s)", Mask(n.E164), permit.Regions)
	}
	if len(regions) == 0 {
		return permit.Errorf("%s is a number in region %s, and without %s no region may be called but those of %s, "+
			"which is empty: set it, such as to %s",
			Mask(n.E164), n.Region, permit.Caller, permit.Regions, n.Region)
	}
	return permit.Errorf("%s is a number in region %s, which %s (%s) does not list",
		Mask(n.E164), n.Region, permit.Regions, strings.Join(regions, ","))
}
