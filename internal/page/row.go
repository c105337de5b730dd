package page

import (
	"html/template"

	"redial/internal/call"
	"redial/internal/phone"
	"redial/internal/store"
)

// A bar is an attempt, as one sign of a row of signs.
type bar struct {
	Shape, Role string
	Alive       bool
	Title       template.HTML
}

// mostBars are the newest attempts of which each has a bar.
const mostBars = 20

var barOf = map[call.Result]bar{
	call.NoAnswer:    {Shape: "hollow", Role: "missed"},
	call.Busy:        {Shape: "half", Role: "missed"},
	call.Failed:      {Shape: "cross", Role: "bad"},
	call.Refused:     {Shape: "cross", Role: "bad"},
	call.Unplaced:    {Shape: "cross", Role: "still"},
	call.Canceled:    {Shape: "cross", Role: "still"},
	call.Machine:     {Shape: "hatched", Role: "doubt"},
	call.Unconfirmed: {Shape: "hatched", Role: "doubt"},
	call.Ambiguous:   {Shape: "hatched", Role: "doubt"},
	call.Completed:   {Shape: "solid", Role: "ok"},
}

// bars are the attempts of a Call, the oldest first.
func (v viewer) bars(c *call.Call) (list []bar, err error) {
	for i := max(0, len(c.Attempts)-mostBars); i < len(c.Attempts); i++ {
		a := &c.Attempts[i]
		b := bar{Shape: "solid", Role: "live", Alive: true}
		if a.Over() {
			b = barOf[a.Result()]
		}
		said, bad := v.say(wordOf(a))
		if bad != nil {
			return nil, bad
		}
		if b.Title, err = v.say("bar", "Number", a.N, "Said", said); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// A row is a Call in a list.
type row struct {
	state
	ID     string
	Link   string
	Name   string // of the person who is rung, or was reached; may be empty
	Number template.HTML
	Says   template.HTML
	Bars   []bar
	When   template.HTML
}

// row shows a Call in a list. q is what all Calls wait for.
func (v viewer) row(c *call.Call, q call.Queue) (r row, err error) {
	p := whoOf(c)
	r = row{state: stateOf(c), ID: c.ID, Link: v.Root + "calls/" + c.ID, Name: p.Name}
	if r.Number, err = v.number(p.Number); err != nil {
		return r, err
	}
	if r.Says, err = v.doing(c, q); err != nil {
		return r, err
	}
	if r.Bars, err = v.bars(c); err != nil {
		return r, err
	}
	switch {
	case c.State == call.Ended:
		r.When = v.at(c.EndedAt, p.Number)
	case c.State == call.Waiting && !c.NextAttemptAt.IsZero():
		r.When = v.at(c.NextAttemptAt, p.Number)
	default:
		r.When = v.at(c.CreatedAt, p.Number)
	}
	return r, nil
}

// whoOf is the person whom a Call has to do with just now: who was reached, whose phone rings, or who is first.
func whoOf(c *call.Call) call.Person {
	if e := c.Evidence(); e != nil {
		return e.Person
	}
	if a := liveAttempt(c); a != nil {
		return c.Person(a.Person)
	}
	return c.Person(0)
}

// number is a number as the viewer may see it. Of a call whose personal data is gone there is none.
func (v viewer) number(n string) (template.HTML, error) {
	switch {
	case n == "":
		return v.say("calls.forgotten")
	case v.Asker.May(store.Numbers):
		return template.HTML(template.HTMLEscapeString(n)), nil
	}
	return template.HTML(template.HTMLEscapeString(phone.Mask(n))), nil
}
