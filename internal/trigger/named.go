package trigger

import (
	"errors"
	"maps"
	"slices"
)

// ErrNoTrigger is returned for a name that no trigger of the file in force has.
var ErrNoTrigger = errors.New("there is no such trigger")

// noTrigger is an ErrNoTrigger that says which names there are.
type noTrigger string

func (e noTrigger) Error() string        { return string(e) }
func (e noTrigger) Is(target error) bool { return target == ErrNoTrigger }

// Named returns the trigger of a name, or an ErrNoTrigger that says which name is probably meant. A nil File has none.
func (f *File) Named(name string) (*Trigger, error) {
	if f == nil {
		return nil, noTrigger("there is no trigger, as redial has no file of triggers")
	}
	t := f.Triggers[name]
	if t == nil {
		return nil, noTrigger(unknown("trigger", name, slices.Sorted(maps.Keys(f.Triggers))))
	}
	return t, nil
}
