package web

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"redial/api"
	"redial/internal/call"
	"redial/internal/phone"
)

// Numbers is which numbers may call and be called.
type Numbers struct {
	From           string   // the default caller; may be empty
	DefaultRegion  string   // of numbers in national form; may be empty
	AllowedRegions []string // that may be called; none: the caller's own

	from phone.Number // From, once it was read
}

// prepared has the default caller read once, not for every call.
func (n Numbers) prepared() Numbers {
	if from, err := phone.Parse(n.From, n.DefaultRegion); err == nil {
		n.from = from
	}
	return n
}

// Check returns an error that names the setting which is wrong.
func (n Numbers) Check() error {
	if n.DefaultRegion != "" && !phone.ValidRegion(n.DefaultRegion) {
		return fmt.Errorf("REDIAL_DEFAULT_REGION has %q, which is no region: they look like JP, US, DE", n.DefaultRegion)
	}
	for _, r := range n.AllowedRegions {
		if !phone.ValidRegion(r) {
			return fmt.Errorf("REDIAL_ALLOWED_REGIONS has %q, which is no region: they look like JP, US, DE", r)
		}
	}
	if n.From == "" {
		return nil
	}
	if _, err := phone.Parse(n.From, n.DefaultRegion); err != nil {
		return fmt.Errorf("REDIAL_FROM can't be used: %w", err)
	}
	return nil
}

// read reads the numbers of a wish, and holds those to be called, which it returns,
// against where calls may go.
func (n Numbers) read(f *faults, people []api.Person, from string, w *call.Wish) (callees []phone.Number) {
	caller := n.caller(f, from)
	w.From = caller.E164
	switch {
	case len(people) == 0:
		f.add("to", "is missing: the number to call, such as +819012345678")
	case len(people) == 1 && people[0] == api.Person{Number: people[0].Number}:
		callees = append(callees, n.callee(f, "to", people[0].Number, caller))
		w.To = callees[0].E164
	default:
		callees = n.readPeople(f, people, caller, w)
	}
	return callees
}

func (n Numbers) readPeople(f *faults, people []api.Person, caller phone.Number, w *call.Wish) (callees []phone.Number) {
	seen := map[string]bool{}
	for i, p := range people {
		at := fmt.Sprintf("to[%d]", i)
		q := call.Person(p)
		callee := n.callee(f, at+".number", p.Number, caller)
		callees, q.Number = append(callees, callee), callee.E164
		if q.Number != "" && seen[q.Number] {
			f.add(at+".number", "is there twice")
		}
		seen[q.Number] = true
		if utf8.RuneCountInString(p.Name) > maxName {
			f.add(at+".name", fmt.Sprintf("must have at most %d characters", maxName))
		}
		w.People = append(w.People, q)
	}
	w.To = w.People[0].Number
	return callees
}

// callee is a number to be called; empty when it can't be read.
func (n Numbers) callee(f *faults, field, number string, caller phone.Number) phone.Number {
	callee, err := phone.Parse(number, n.DefaultRegion)
	if err != nil {
		f.add(field, err.Error())
		return phone.Number{}
	}
	if caller.E164 == "" {
		return callee // told above; without it nobody knows where calls may go
	}
	allowed := n.AllowedRegions
	if len(allowed) == 0 {
		allowed = []string{caller.Region}
	}
	if err := phone.Allowed(callee, allowed); err != nil {
		f.add(field, err.Error())
	} else if callee.E164 == caller.E164 {
		f.add(field, "is the same number as from")
	}
	return callee
}

const maxName = 100 // characters

func (n Numbers) caller(f *faults, from string) phone.Number {
	if from == "" && n.from.E164 != "" {
		return n.from
	}
	if from == "" && n.From == "" {
		f.add("from", "is missing, and REDIAL_FROM gives no default")
		return phone.Number{}
	}
	caller, err := phone.Parse(or(from, n.From), n.DefaultRegion)
	if err != nil {
		f.add("from", err.Error())
	}
	return caller
}

// dialable says what keeps numbers from being called in a conversation that a call from
// this one leads to. Twilio dials them as they are written, so they must be in E.164.
func (n Numbers) dialable(from string) func(number string) error {
	return func(number string) error {
		var f faults
		callee := n.callee(&f, "", number, n.caller(&f, from))
		switch {
		case !f.none():
			return errors.New(f.list[0].Detail)
		case callee.E164 != number:
			return errors.New("must be written as " + callee.E164)
		}
		return nil
	}
}
