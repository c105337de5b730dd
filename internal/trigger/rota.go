package trigger

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"redial/internal/call"
)

// Rota says who of several people is on duty, by turns of equal length on the clock of its zone: a turn that begins at
// nine in the morning does so in summer, too.
type Rota struct {
	People []string // names, in the order of their turns
	Every  time.Duration
	From   time.Time // when the first of them begins, in the rota's zone; the turns before it are taken, too
}

// Override puts somebody else on duty for a while. It comes from outside the file.
type Override struct {
	Rota, Person string
	From, Until  time.Time
	Made         time.Time // the one that was made last counts
}

// Duty is who is on duty from one moment to another.
type Duty struct {
	Person      string
	From, Until time.Time
	Override    bool // instead of whose turn it is
}

// OnDuty is who is on duty at a moment, and for how long.
func (r *Rota) OnDuty(at time.Time, overrides []Override) Duty {
	n := r.turn(at)
	duty := Duty{Person: r.People[mod(n, len(r.People))], From: r.begins(n), Until: r.begins(n + 1)}
	chosen := -1
	for i, o := range overrides {
		if o.covers(at) && outranks(overrides, i, chosen) {
			chosen = i
		}
	}
	if chosen >= 0 {
		o := overrides[chosen]
		duty = Duty{Person: o.Person, From: o.From, Until: o.Until, Override: true}
	}
	for i, o := range overrides {
		if outranks(overrides, i, chosen) {
			duty.cut(at, o)
		}
	}
	return duty
}

// outranks says whether override i counts instead of j, or of the turn, -1: it was made later, or stands behind it.
func outranks(overrides []Override, i, j int) bool {
	if j < 0 {
		return true
	}
	order := overrides[i].Made.Compare(overrides[j].Made)
	return order > 0 || order == 0 && i > j
}

func (o Override) covers(at time.Time) bool { return !at.Before(o.From) && at.Before(o.Until) }

// cut ends a duty where an override begins, and begins it where one before ended.
func (d *Duty) cut(at time.Time, o Override) {
	if !o.From.Before(o.Until) {
		return
	}
	if o.From.After(at) && o.From.Before(d.Until) {
		d.Until = o.From
	}
	if !o.Until.After(at) && o.Until.After(d.From) {
		d.From = o.Until
	}
}

// Duties are all duties from one moment to another, without gaps.
func (r *Rota) Duties(from, until time.Time, overrides []Override) (all []Duty) {
	for at := from; at.Before(until); {
		duty := r.OnDuty(at, overrides)
		all = append(all, duty)
		at = duty.Until
	}
	return all
}

// turn is the number of the turn at a moment; the first one that begins at From is 0.
func (r *Rota) turn(at time.Time) int {
	n := floorDiv(wall(at.In(r.From.Location())).Sub(wall(r.From)), r.Every)
	for r.begins(n).After(at) { // the clock was put back, and shows a time for the second time
		n--
	}
	for !r.begins(n + 1).After(at) {
		n++
	}
	return n
}

// begins is when a turn begins: when the clock shows so for the first time, or has skipped it.
func (r *Rota) begins(turn int) time.Time {
	return firstShown(wall(r.From).Add(time.Duration(turn)*r.Every), r.From.Location())
}

// wall is what the clock shows, as if it stood in UTC.
func wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// firstShown is the first moment at which the clock of a zone shows a time, or a later one.
func firstShown(shown time.Time, loc *time.Location) time.Time {
	for at := shown.Add(-26 * time.Hour).In(loc); ; { // no clock is as far ahead of UTC
		_, offset := at.Zone()
		_, end := at.ZoneBounds()
		found := shown.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || found.Before(end) {
			if found.Before(at) {
				found = at // what the clock skips: it shows a later time from at on
			}
			return found.In(loc)
		}
		at = end.In(loc)
	}
}

func floorDiv(a, b time.Duration) int {
	n := a / b
	if a%b < 0 {
		n--
	}
	return int(n)
}

func mod(n, by int) int { return ((n % by) + by) % by }

// The length of a turn, such as 1w, 1d or 12h.
var (
	turnForm  = regexp.MustCompile(`^([1-9][0-9]{0,3})([hdw])$`)
	turnUnits = map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
)

const longestTurn = 53 * 7 * 24 * time.Hour

func parseEvery(text string) (time.Duration, error) {
	parts := turnForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, errors.New("must be hours, days or weeks, such as 12h, 1d or 1w")
	}
	n, _ := strconv.Atoi(parts[1]) // four digits at most
	every := time.Duration(n) * turnUnits[parts[2]]
	if every > longestTurn {
		return 0, errors.New("must be at most 53w")
	}
	return every, nil
}

const fromForm = "2006-01-02 15:04"

// parseFrom reads when a rota begins: a date, a time and a zone.
func parseFrom(text string) (time.Time, error) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return time.Time{}, errors.New(`must be a date, a time and a zone, such as "2026-11-30 09:00 Asia/Tokyo"`)
	}
	loc, err := call.Zone(fields[2])
	if err != nil {
		return time.Time{}, fmt.Errorf("has %.60q, which is no zone: they look like Asia/Tokyo", fields[2])
	}
	shown, err := time.Parse(fromForm, fields[0]+" "+fields[1])
	if err != nil {
		return time.Time{}, fmt.Errorf("has %.60q, which is no date and time: they look like 2026-11-30 09:00",
			fields[0]+" "+fields[1])
	}
	if shown.Year() < 1970 || shown.Year() > 2200 {
		return time.Time{}, errors.New("must be from 1970 to 2200")
	}
	return firstShown(shown, loc), nil
}
