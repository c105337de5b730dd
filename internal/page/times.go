package page

import (
	"fmt"
	"html/template"
	"time"

	"redial/internal/phone"
)

// How the clock, the date, both and all of a time are written, by language.
var forms = map[string]struct{ clock, date, day, full string }{
	"en": {"15:04", "2 Jan", "2 Jan 15:04", "Mon 2 Jan 2006, 15:04:05 MST"},
	"ja": {"15:04", "1月2日", "1月2日 15:04", "2006年1月2日 15:04:05 MST"},
}

// zoneOf is the zone in which times about a number are shown to the viewer.
func (v viewer) zoneOf(number string) *time.Location {
	switch v.Zone {
	case "utc":
		return time.UTC
	case "callee":
		if there := calleeZone(number); there != nil {
			return there
		}
	}
	return v.place
}

// calleeZone is the zone of a number's clock, nil if it is not known: it may be in zones whose clocks differ.
func calleeZone(number string) (zone *time.Location) {
	n, err := phone.Parse(number, "")
	if err != nil {
		return nil
	}
	for _, name := range n.Zones {
		other, err := time.LoadLocation(name)
		if err != nil || zone != nil && offset(zone) != offset(other) {
			return nil
		}
		if zone == nil {
			zone = other
		}
	}
	return zone
}

func offset(zone *time.Location) int {
	_, seconds := time.Now().In(zone).Zone()
	return seconds
}

// at shows a time: by the clock, with the day if it is another one. The full time, also by the clock of a number, is
// there for who asks.
func (v viewer) at(t time.Time, number string) template.HTML {
	form := forms[v.Language].day
	here := t.In(v.zoneOf(number))
	if here.Format(time.DateOnly) == v.now.In(here.Location()).Format(time.DateOnly) {
		form = forms[v.Language].clock
	}
	return v.timeTag(t, number, here.Format(form))
}

// second shows a time to the second, with the day if it is another one.
func (v viewer) second(t time.Time, number string) template.HTML { return v.finely(t, number, ":05") }

// exactly shows a time to the millisecond, with the day if it is another one.
func (v viewer) exactly(t time.Time, number string) template.HTML {
	return v.finely(t, number, ":05.000")
}

func (v viewer) finely(t time.Time, number, seconds string) template.HTML {
	here, form := t.In(v.zoneOf(number)), forms[v.Language].day
	if here.Format(time.DateOnly) == v.now.In(here.Location()).Format(time.DateOnly) {
		form = forms[v.Language].clock
	}
	return v.timeTag(t, number, here.Format(form+seconds))
}

func (v viewer) timeTag(t time.Time, number, text string) template.HTML {
	full := forms[v.Language].full
	title := t.In(v.zoneOf(number)).Format(full)
	if there := calleeZone(number); there != nil && there.String() != v.zoneOf(number).String() {
		title += " · " + t.In(there).Format(full)
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`,
		t.UTC().Format(time.RFC3339Nano), template.HTMLEscapeString(title), template.HTMLEscapeString(text)))
}

// running shows the time since a time. The page's script lets it run.
func (v viewer) running(since time.Time) template.HTML { return v.clock(since, "") }

// left shows the time that is left until a time.
func (v viewer) left(until time.Time) template.HTML { return v.clock(until, ` data-until=""`) }

func (v viewer) clock(t time.Time, until string) template.HTML {
	text := span(v.now.Sub(t).Abs())
	if v.bare {
		text = ""
	}
	return template.HTML(fmt.Sprintf(`<span class="num" data-clock="%d"%s>%s</span>`, t.UnixMilli(), until, text))
}

// span writes a length of time as a clock does: 0:12, 4:10, 1:02:03.
func span(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// soon is for how long the time that is left is shown, rather than the clock.
const soon = time.Hour
