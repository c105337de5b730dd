package call

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones of machines that have none installed
)

var zones sync.Map // of *time.Location by name; zones don't change while redial runs

// Zone is an IANA zone by its name, the same on every machine.
func Zone(name string) (*time.Location, error) { return zone(name) }

// zone is an IANA zone by its name.
func zone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	if !zoneName(name) {
		return nil, fmt.Errorf("unknown time zone %s", name)
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, loc)
	}
	return loc, err
}

// zoneName says whether a name can be a zone's. All zones begin with a capital. Other files that a machine keeps beside
// them (localtime, posixrules, or right/Asia/Tokyo, which counts leap seconds) are another clock on the next machine.
// Local is Go's name for such a file, and Factory is tzdata's name for no zone.
func zoneName(name string) bool {
	return name != "" && name[0] >= 'A' && name[0] <= 'Z' && !slices.Contains([]string{"Local", "Factory"}, name)
}

// clocks returns the first name of each group of zones whose clocks show the same time from one moment to another. It
// returns all names that it does not know.
func clocks(names []string, from, to time.Time) (different []string) {
	shown := map[string]bool{}
	for _, name := range names {
		key := name
		if loc, err := zone(name); err == nil {
			key = offsets(loc, from, to)
		}
		if !shown[key] {
			shown[key] = true
			different = append(different, name)
		}
	}
	return different
}

// offsets lists how far a zone's clock is from UTC, and when that changes.
func offsets(loc *time.Location, from, to time.Time) string {
	var b strings.Builder
	for at := from; at.Before(to); {
		_, offset := at.In(loc).Zone()
		_, end := at.In(loc).ZoneBounds()
		fmt.Fprintf(&b, "%d ", offset)
		if end.IsZero() || !end.Before(to) {
			break
		}
		fmt.Fprintf(&b, "until %d ", end.Unix())
		at = end
	}
	return b.String()
}
