package edge

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"redial/api"
	"redial/internal/call"
	"redial/internal/phone"
)

// Numbers says which numbers may call and be called.
type Numbers struct {
	From           string   // the default caller; may be empty
	DefaultRegion  string   // of numbers in national form; may be empty
	AllowedRegions []string // that may be called; if there are none, that of From
	Prefixes       []string // in service, and known to neither the library nor redial's supplement

	from     phone.Number // From, as a number
	prefixes []phone.Prefix
}

// prepared reads the settings once, instead of for every call, and returns an error for each that is wrong. An error
// begins with the setting's name.
func (n Numbers) prepared() (_ Numbers, wrong []error) {
	fault := func(text string, args ...any) { wrong = append(wrong, fmt.Errorf(text, args...)) }
	if n.DefaultRegion != "" && !phone.ValidRegion(n.DefaultRegion) {
		fault("REDIAL_DEFAULT_REGION has %q, which is no region: they look like JP, US, DE", n.DefaultRegion)
	}
	for _, r := range n.AllowedRegions {
		if !phone.ValidRegion(r) {
			fault("REDIAL_ALLOWED_REGIONS has %q, which is no region: they look like JP, US, DE", r)
		}
	}
	for _, text := range n.Prefixes {
		p, err := phone.ParsePrefix(text)
		if err != nil {
			fault("REDIAL_NUMBER_PREFIXES can't be used: %w", err)
			continue
		}
		n.prefixes = append(n.prefixes, p)
	}
	if n.From == "" {
		return n, wrong
	}
	var err error
	if n.from, err = n.Parse(n.From); err != nil {
		fault("REDIAL_FROM can't be used: %s", Text(err))
	}
	return n, wrong
}

// Parse reads a number by the settings.
func (n Numbers) Parse(text string) (phone.Number, error) {
	return phone.Parse(text, n.DefaultRegion, n.prefixes...)
}

// Check returns an error for each setting that is wrong. An error begins with the setting's name.
func (n Numbers) Check() []error {
	_, wrong := n.prepared()
	return wrong
}

// Warning says what the settings lack so that a number can be called. It is empty if they lack nothing. The caller's
// number in a request allows no region: the user of an API key could choose a number of any country.
func (n Numbers) Warning() string {
	if n.From == "" && len(n.AllowedRegions) == 0 {
		return "no number can be called: " +
			"set REDIAL_FROM, whose region may be called, or REDIAL_ALLOWED_REGIONS, such as JP,US"
	}
	return ""
}

// Shown returns the default caller's number, and the regions that may be called.
func (n Numbers) Shown() (from string, regions []string) {
	n, _ = n.prepared() // Check has seen what is wrong
	return n.from.E164, n.allowed()
}

// Example is a number that may be called, as an example in a sentence or a file.
func (n Numbers) Example() string {
	n, _ = n.prepared()
	const first = "JP"
	allowed := n.allowed()
	if len(allowed) > 0 && !slices.Contains(allowed, first) {
		return phone.Example(allowed[0])
	}
	return phone.Example(first)
}

func (n Numbers) allowed() []string {
	if len(n.AllowedRegions) == 0 && n.from.E164 != "" {
		return []string{n.from.Region}
	}
	return n.AllowedRegions
}

// read reads the numbers of a wish, checks whether they may be called, and returns those to be called.
func (n Numbers) read(f *Faults, people []api.Person, from string, w *call.Wish) (callees []phone.Number) {
	caller := n.caller(f, from)
	w.From = caller.E164
	switch {
	case len(people) == 0:
		f.Add("to", "is missing: the number to call, such as +819012345678")
	case len(people) == 1 && people[0] == api.Person{Number: people[0].Number}:
		callees = append(callees, n.callee(f, "to", people[0].Number, caller))
		w.To = callees[0].E164
	default:
		callees = n.readPeople(f, people, caller, w)
	}
	return callees
}

func (n Numbers) readPeople(
	f *Faults, people []api.Person, caller phone.Number, w *call.Wish,
) (callees []phone.Number) {
	seen := map[string]bool{}
	for i, p := range people {
		at := fmt.Sprintf("to[%d]", i)
		q := call.Person(p)
		callee := n.callee(f, at+".number", p.Number, caller)
		callees, q.Number = append(callees, callee), callee.E164
		if q.Number != "" && seen[q.Number] {
			f.Add(at+".number", "is there twice")
		}
		seen[q.Number] = true
		if utf8.RuneCountInString(p.Name) > maxName {
			f.Add(at+".name", fmt.Sprintf("must have at most %d characters", maxName))
		}
		w.People = append(w.People, q)
	}
	w.To = w.People[0].Number
	return callees
}

// callee reads a number to be called. It is empty if it can't be read.
func (n Numbers) callee(f *Faults, field, number string, caller phone.Number) phone.Number {
	callee, err := n.Parse(number)
	if err != nil {
		f.Wrong(field, err)
		return phone.Number{}
	}
	if err := phone.Allowed(callee, n.allowed()); err != nil {
		f.Wrong(field, err)
	} else if callee.E164 == caller.E164 {
		f.Add(field, "is the same number as from")
	}
	return callee
}

const maxName = 100 // characters

func (n Numbers) caller(f *Faults, from string) phone.Number {
	if from == "" && n.from.E164 != "" {
		return n.from
	}
	if from == "" && n.From == "" {
		f.Add("from", "is missing, and REDIAL_FROM gives no default")
		return phone.Number{}
	}
	caller, err := n.Parse(cmp.Or(from, n.From))
	f.Wrong("from", err)
	return caller
}

// dialable returns a function that says why a number in TwiML may not be dialed in a call from this number. Twilio
// dials it as it is written, so it must be in E.164.
func (n Numbers) dialable(from string) func(number string) error {
	return func(number string) error {
		var f Faults
		callee := n.callee(&f, "", number, n.caller(&f, from))
		switch {
		case !f.None():
			return errors.New(f.list[0].Detail)
		case callee.E164 != number:
			return errors.New("must be written as " + callee.E164)
		}
		return nil
	}
}
