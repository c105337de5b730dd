package trigger

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// Rota says who of several people is on duty, by turns of equal length on the clock of its zone: a turn that begins at
// nine in the morning does so in summer, too.
type Rota struct {
	People []string // names, in the order of their turns
	Every  time.Duration
	From   time.Time // when the first of them begins, in the rota's zone; the turns before it are taken, too
}

// Duty is who is on duty from one moment to another.
type Duty struct {
	Person      string
	From, Until time.Time
	Override    *store.Override // why it is not whoever's turn it is; nil: it is their turn
}

// String says who is on duty and why, in a sentence.
func (d Duty) String() string {
	said := d.Person
	if d.Override != nil {
		said += " by an override of " + d.Override.By
	}
	return said + " until " + d.Until.UTC().Format(time.RFC3339)
}

// OnDuty is who is on duty at a moment, and for how long.
func (r *Rota) OnDuty(at time.Time, overrides []store.Override) Duty {
	n := r.turn(at)
	duty := Duty{Person: r.People[mod(n, len(r.People))], From: r.begins(n), Until: r.begins(n + 1)}
	chosen := -1
	for i := range overrides {
		if covers(&overrides[i], at) && outranks(overrides, i, chosen) {
			chosen = i
		}
	}
	if chosen >= 0 {
		o := &overrides[chosen]
		duty = Duty{Person: o.Person, From: o.From, Until: o.Until, Override: o}
	}
	for i := range overrides {
		if outranks(overrides, i, chosen) {
			duty.cut(at, &overrides[i])
		}
	}
	return duty
}

// outranks says whether override i counts instead of j, or of the turn, -1: it was made later, or stands behind it.
func outranks(overrides []store.Override, i, j int) bool {
	if j < 0 {
		return true
	}
	order := overrides[i].MadeAt.Compare(overrides[j].MadeAt)
	return order > 0 || order == 0 && i > j
}

func covers(o *store.Override, at time.Time) bool { return !at.Before(o.From) && at.Before(o.Until) }

// cut ends a duty where an override begins, and begins it where one before ended.
func (d *Duty) cut(at time.Time, o *store.Override) {
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

// Duties are the duties from one moment to another, without gaps, but no more than most; more says that there are.
func (r *Rota) Duties(from, until time.Time, overrides []store.Override, most int) (all []Duty, more bool) {
	for at := from; at.Before(until); {
		if len(all) == most {
			return all, true
		}
		duty := r.OnDuty(at, overrides)
		all = append(all, duty)
		at = duty.Until
	}
	return all, false
}

// Turn is the length of a turn as a file has it, such as 1w, 1d or 12h.
func (r *Rota) Turn() string {
	for _, unit := range []string{"w", "d"} {
		if r.Every%turnUnits[unit] == 0 {
			return fmt.Sprint(int(r.Every/turnUnits[unit])) + unit
		}
	}
	return fmt.Sprint(int(r.Every/time.Hour)) + "h"
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
