package call

import (
	"maps"
	"slices"
)

// MaxSearchable is by how many entries of its metadata a Call is found.
const MaxSearchable = 8

// The entries of metadata by which a Call is found before any others, as redial itself writes them.
const (
	MetaTrigger  = "trigger"  // the name of the trigger that made the Call
	MetaIncident = "incident" // the id of the incident that it is about
)

// Searchable returns the names of the entries of metadata by which a Call is found, and the names of the others: those
// of redial's own come first, then the rest in the order of their names.
func (w *Wish) Searchable() (names, others []string) {
	for _, own := range []string{MetaTrigger, MetaIncident} {
		if _, has := w.Metadata[own]; has {
			names = append(names, own)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.Metadata)) {
		if name != MetaTrigger && name != MetaIncident {
			names = append(names, name)
		}
	}
	if len(names) > MaxSearchable {
		names, others = names[:MaxSearchable:MaxSearchable], names[MaxSearchable:]
	}
	return names, others
}
