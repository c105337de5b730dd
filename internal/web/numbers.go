package web

import (
	"fmt"

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

// read reads both numbers of a wish, and holds the one to be called against
// where calls may go.
func (n Numbers) read(f *faults, to, from string, w *call.Wish) {
	caller := n.caller(f, from)
	if to == "" {
		f.add("to", "is missing: the number to call, such as +819012345678")
		return
	}
	callee, err := phone.Parse(to, n.DefaultRegion)
	if err != nil {
		f.add("to", err.Error())
		return
	}
	if caller.E164 == "" {
		return // told above; without it nobody knows where calls may go
	}
	allowed := n.AllowedRegions
	if len(allowed) == 0 {
		allowed = []string{caller.Region}
	}
	if err := phone.Allowed(callee, allowed); err != nil {
		f.add("to", err.Error())
	} else if callee.E164 == caller.E164 {
		f.add("to", "is the same number as from")
	}
	w.To, w.From = callee.E164, caller.E164
}

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
