package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// groupOf is the event as a whole. What the alerts have in common is found in them: the group's own common labels are
// those of firing and resolved alerts together.
func groupOf(f fields, e *Event) Member {
	m := Member{
		Key: f.text("groupKey"), State: stateOf(f.text("status")), Title: f.text("title"), Text: f.text("message"),
		Link: f.text("externalURL"), Labels: f.object("commonLabels").labels(),
	}
	maps.Copy(m.Labels, f.object("groupLabels").labels())
	about := e.about()
	switch {
	case e.Fires > 0:
		m.State = Firing
	case f.text("status") == "" && len(about) > 0:
		m.State = about[0].State
	}
	for i, member := range about {
		if i == 0 || member.At.Before(m.At) {
			m.At = member.At
		}
		if member.Ended.After(m.Ended) {
			m.Ended = member.Ended
		}
	}
	m.Severity = same(about, func(m *Member) string { return m.Severity })
	if m.Title == "" {
		m.Title = titleOf(about, e.More)
	}
	if m.Text == "" && len(about) == 1 {
		m.Text = about[0].Text
	}
	return m
}

// about are the members that the event speaks of: those that fire or, where none does, all.
func (e *Event) about() (all []Member) {
	for i := range e.Members {
		if e.Members[i].State == Firing {
			all = append(all, e.Members[i])
		}
	}
	if len(all) == 0 {
		return e.Members
	}
	return all
}

// same is the text that all members have, empty if they differ.
func same(all []Member, of func(*Member) string) string {
	for i := range all {
		if of(&all[i]) != of(&all[0]) {
			return ""
		}
	}
	if len(all) == 0 {
		return ""
	}
	return of(&all[0])
}

// titleOf names up to three members, and counts the others.
func titleOf(all []Member, more int) string {
	var names []string
	for i := range all {
		if title := all[i].Title; title != "" && !slices.Contains(names, title) {
			names = append(names, title)
		}
	}
	left := more
	if len(names) > 3 {
		left, names = left+len(names)-3, names[:3]
	}
	title := strings.Join(names, "; ")
	if left > 0 {
		title += fmt.Sprintf("; and %d more", left)
	}
	return title
}

// Of is the event as it is told of some of its members: one of them alone is the event.
func (e *Event) Of(members []Member) Event {
	if len(members) == len(e.Members) || len(members) == 0 {
		told := *e
		told.Members = members
		return told
	}
	return e.Later(members, 0)
}

// Later is the event as it is told of members that fire, which need not be its own, and of more that are not named.
func (e *Event) Later(members []Member, more int) Event {
	told := *e
	told.Members, told.More, told.Fires = members, more, len(members)+more
	if len(members) == 1 && more == 0 {
		told.Member = members[0]
		return told
	}
	told.Member = Member{Key: e.Key, State: members[0].State, Link: e.Link, Labels: common(members)}
	told.Title = titleOf(members, more)
	told.Severity = same(members, func(m *Member) string { return m.Severity })
	for i, m := range members {
		if i == 0 || m.At.Before(told.At) {
			told.At = m.At
		}
	}
	return told
}

// common are the labels that all members have.
func common(members []Member) map[string]string {
	labels := maps.Clone(members[0].Labels)
	maps.DeleteFunc(labels, func(name, value string) bool {
		return slices.ContainsFunc(members, func(m Member) bool { return m.Labels[name] != value })
	})
	if labels == nil {
		labels = map[string]string{}
	}
	return labels
}

func firing(members []Member) (n int) {
	for i := range members {
		if members[i].State == Firing {
			n++
		}
	}
	return n
}
