package phone

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// zoneTab is tzdata's table of zones by country, as it is in release 2025b (2025-03-22).
// Its first lines place it in the public domain.
//
//go:embed zone.tab
var zoneTab string

// zonesByRegion has the zones of each region, in the table's order.
var zonesByRegion = sync.OnceValue(func() map[string][]string {
	zones := map[string][]string{}
	for line := range strings.Lines(zoneTab) {
		if fields := strings.Fields(line); !strings.HasPrefix(line, "#") && len(fields) >= 3 {
			zones[fields[0]] = append(zones[fields[0]], fields[2])
		}
	}
	// Regions that ISO knows as parts of others.
	zones["AC"], zones["TA"], zones["XK"] = zones["SH"], zones["SH"], zones["RS"]
	for region, all := range zones {
		slices.SortStableFunc(all, func(a, b string) int { return rank(region, a) - rank(region, b) })
	}
	return zones
})

// foremost are zones that people look for, but that stand behind a smaller place in the table or in the library.
var foremost = []string{"America/Nuuk", "Asia/Kuala_Lumpur", "Australia/Sydney"}

// rank orders the zones of a region, so that the first of several with the same clock can stand for them: the foremost,
// then those that the library knows, then all others.
func rank(region, zone string) int {
	if slices.Contains(foremost, zone) {
		return -1
	}
	known, _ := phonenumbers.GetTimezonesForPrefix(fmt.Sprint(phonenumbers.GetCountryCodeForRegion(region)))
	if slices.Contains(known, zone) {
		return 0
	}
	return 1
}

// zonesOf returns the zones of all regions, each once.
func zonesOf(regions ...string) (zones []string) {
	for _, r := range regions {
		for _, z := range zonesByRegion()[r] {
			if !slices.Contains(zones, z) {
				zones = append(zones, z)
			}
		}
	}
	return zones
}

// zones returns the zones in which a valid number may be, whose other fields are known. If the plan ties it to no
// place, these are all zones of its region. If several regions share the number, these are the zones of all of them:
// mobiles of Australia and its islands, toll-free numbers of North America.
func zones(p *phonenumbers.PhoneNumber, n Number) []string {
	if tied(n.Kind, n.Region) {
		return placed(n.E164, n.Region)
	}
	regions := []string{n.Region}
	for _, r := range phonenumbers.GetRegionCodesForCountryCode(int(p.GetCountryCode())) {
		if r != n.Region && phonenumbers.IsValidNumberForRegion(p, r) {
			regions = append(regions, r)
		}
	}
	return zonesOf(regions...)
}

// tied says whether the plan ties lines of this kind to a place. Brazil ties its mobiles, too: their area code is
// that of the contract, and stays when they are ported.
func tied(k Kind, region string) bool {
	return k == Fixed || k == FixedOrMobile || k == Mobile && region == "BR"
}

// placed returns the zones of the place that a number belongs to, by redial's own table, or else by the library's, if
// that names zones of the region. If neither knows the place, these are all zones of the region.
func placed(e164, region string) []string {
	all := zonesOf(region)
	if len(all) < 2 && region != "NF" { // stations in Antarctica have numbers of Norfolk Island
		return all
	}
	for n := len(e164); n > 1; n-- {
		if known, ok := places()[e164[:n]]; ok {
			return known
		}
	}
	found, err := phonenumbers.GetTimezonesForPrefix(e164)
	if err != nil {
		return all
	}
	var known []string
	for _, z := range found {
		if now, renamed := renamedZones[z]; renamed {
			z = now
		}
		if !slices.Contains(all, z) {
			return all
		}
		known = append(known, z)
	}
	return known
}

// renamedZones are old names in the library's table (tzdata's file backward).
var renamedZones = map[string]string{
	"America/Buenos_Aires": "America/Argentina/Buenos_Aires",
	"America/Godthab":      "America/Nuuk",
	"Asia/Choibalsan":      "Asia/Ulaanbaatar",
	"Pacific/Ponape":       "Pacific/Pohnpei",
	"Pacific/Truk":         "Pacific/Chuuk",
}
