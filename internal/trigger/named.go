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

// ErrNoRota is returned for a name that no rota of the file in force has.
var ErrNoRota = errors.New("there is no such rota")

// noRota is an ErrNoRota that says which names there are.
type noRota string

func (e noRota) Error() string        { return string(e) }
func (e noRota) Is(target error) bool { return target == ErrNoRota }

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

// Rota returns the rota of a name, or an ErrNoRota that says which name is probably meant. A nil File has none.
func (f *File) Rota(name string) (*Rota, error) {
	if f == nil {
		return nil, noRota("there is no rota, as redial has no file of people, rotas and triggers")
	}
	r := f.Rotas[name]
	if r == nil {
		return nil, noRota(unknown("rota", name, slices.Sorted(maps.Keys(f.Rotas))))
	}
	return r, nil
}

// CheckPerson says that somebody is not in the file, and who is probably meant.
func (f *File) CheckPerson(name string) error {
	if _, known := f.People[name]; known {
		return nil
	}
	return errors.New(unknown("person", name, slices.Sorted(maps.Keys(f.People))))
}
