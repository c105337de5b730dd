package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"redial/api"
)

// teller prints a line for each event of a Call. The line has the time, and also the time at the phone if that
// differs.
type teller struct {
	call    *api.Call
	people  map[int]int // whose phone an attempt rings: the position in the call's people, from 1
	alike   bool        // all phones are in one place, so that its date can stand in the line with the date
	columns int         // of the terminal; 0: no terminal
	day     string      // of the last line; at first, today
}

func newTeller(c *api.Call, columns int) *teller {
	alike := len(c.People) == 0 || commonPlace(c) != nil
	return &teller{
		call: c, people: map[int]int{}, columns: columns, alike: alike, day: local(time.Now()).Format(time.DateOnly),
	}
}

// event prints an event.
func (t *teller) event(w io.Writer, e api.Event) {
	if e.Person > 0 {
		t.people[e.Attempt] = e.Person
	}
	at := t.place(e.Attempt)
	t.line(w, e.At, at, storyAt(e, t.call.People, at))
}

// line prints a line. If the date differs from that of the last line, here or at the phone, it prints the date before
// it.
func (t *teller) line(w io.Writer, at time.Time, where place, text string) {
	own := local(at)
	there := where.beside(at)
	day := own.Format(time.DateOnly)
	if t.alike {
		there, day = where.hour(at, at), day+where.day(at)
	}
	if day != t.day {
		t.day = day
		printf(w, "%s\n", day)
	}
	printBehind(w, t.columns, zoned(own, exactTime)+there+"  ", text)
}

// place is the place of the phone that an attempt rings. For an event about the whole call, it is the place of all
// phones, if there is only one.
func (t *teller) place(attempt int) place {
	if len(t.call.People) == 0 {
		return placeOf(t.call.To, t.call.Policy.Window)
	}
	if n := t.people[attempt]; n > 0 && n <= len(t.call.People) {
		return placeOf(t.call.People[n-1].Number, t.call.Policy.Window)
	}
	return commonPlace(t.call)
}

// timeline prints events and deliveries in the order of their times.
func (t *teller) timeline(w io.Writer, events []api.Event, deliveries []api.Delivery) {
	type moment struct {
		at   time.Time
		tell func()
	}
	var all []moment
	for _, e := range events {
		all = append(all, moment{e.At, func() { t.event(w, e) }})
	}
	for _, d := range deliveries {
		for _, try := range d.Tries {
			all = append(all, moment{try.At, func() {
				t.line(w, try.At, t.place(0),
					fmt.Sprintf("webhook %s of event %d to %s: %s after %s", d.Type, d.Seq, d.Endpoint,
						outcomeOfTry(try), try.Duration))
			}})
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range all {
		m.tell()
	}
}

// outcomeOfTry is the result of a try in a word or two.
func outcomeOfTry(t api.Try) string {
	if t.Error == "" {
		return fmt.Sprint(t.Status)
	}
	return t.Error
}
