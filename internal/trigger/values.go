package trigger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"redial/api"
)

// fileReader reads the nodes of a file, and collects what is wrong with them.
type fileReader struct {
	Mistakes
	Settings
	file *File
}

// part is a field that an object may have, and what reads it.
type part struct {
	name string
	read func(*node)
}

// object reads an object by its parts. Every other name in it is a mistake.
func (r *fileReader) object(n *node, what string, parts ...part) {
	if !r.is(n, what, anObj) {
		return
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	for _, e := range n.entries {
		i := slices.Index(names, e.name)
		if i < 0 {
			r.add(e.place, "%s has no field %s%s; it may have: %s", what, brief(e.name), meant(e.name, names),
				strings.Join(names, ", "))
			continue
		}
		parts[i].read(e.value)
	}
}

// aName is also what an API key is called, and what its scope trigger:NAME has.
var aName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// named reads an object whose names are up to the writer.
func (r *fileReader) named(n *node, what string, read func(e entry)) {
	if n == nil || !r.is(n, what, anObj) {
		return
	}
	for _, e := range n.entries {
		if !aName.MatchString(e.name) {
			r.add(e.place, "%s can't be a name: use at most 63 of a-z, 0-9, and . _ - behind the first", brief(e.name))
			continue
		}
		read(e)
	}
}

// is holds a value against the kind that it must have.
func (r *fileReader) is(n *node, what string, want kind) bool {
	switch {
	case n.kind == want:
		return true
	case n.kind == nothing:
		r.add(n.place, "%s is empty: write %s, or leave it out", what, want)
	case want == aText && (n.kind == aNumber || n.kind == aBool):
		r.add(n.place, `%s must be a text, and YAML reads %s: put it in quotes, "%s"`, what, n.kind, impersonal(n.text))
	default:
		r.add(n.place, "%s must be %s, not %s", what, want, n.kind)
	}
	return false
}

// text reads a text; empty if it is none.
func (r *fileReader) text(n *node, what string) string {
	if !r.is(n, what, aText) {
		return ""
	}
	if strings.TrimSpace(n.text) == "" {
		r.add(n.place, "%s is empty: leave it out", what)
	}
	return n.text
}

// texts reads a list of texts, or one alone, and returns those that are.
func (r *fileReader) texts(n *node, what string, most int) (nodes []*node) {
	list := []*node{n}
	if n.kind == aList {
		list = n.items
	}
	if len(list) == 0 {
		r.add(n.place, "%s is empty: leave it out", what)
	}
	if len(list) > most {
		r.add(n.place, "%s has %d parts, and may have %d", what, len(list), most)
	}
	for _, one := range list {
		if r.text(one, what) != "" {
			nodes = append(nodes, one)
		}
	}
	return nodes
}

// template reads a text that may be a template; nil if it can't be one.
func (r *fileReader) template(n *node, what string) *Template {
	text := r.text(n, what)
	if text == "" {
		return nil
	}
	t, err := NewTemplate(text)
	if err != nil {
		r.add(n.place, "%s can't be used: %v", what, err)
		return nil
	}
	return t
}

// boolean reads true or false.
func (r *fileReader) boolean(n *node, what string) bool {
	return r.is(n, what, aBool) && n.scalar == true
}

// duration returns a part that reads a duration within bounds.
func (r *fileReader) duration(name string, to *time.Duration, least, most time.Duration) part {
	return part{name, func(n *node) {
		if n.kind == aNumber {
			r.add(n.place, "%s must have its unit, such as %ss or %sm", name, n.text, n.text)
			return
		}
		text := r.text(n, name)
		if text == "" {
			return
		}
		d, err := api.ParseDuration(text)
		switch {
		case err != nil:
			r.add(n.place, "%s %v", name, err)
		case d.Std() < least || d.Std() > most:
			r.add(n.place, "%s must be from %v to %v", name, api.Duration(least), api.Duration(most))
		default:
			*to = d.Std()
		}
	}}
}

// unknown says that there is no such name.
func unknown(what, name string, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("%s is no %s: there are none", brief(name), what)
	}
	const most = 20
	list := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		list += ", …"
	}
	return fmt.Sprintf("%s is no %s%s; there are: %s", brief(name), what, meant(name, names), list)
}
