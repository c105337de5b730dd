package source

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// The names by which senders call what an event has, folded, the most telling first. They were taken from the
// documentation of those that send JSON or forms of their own.
var (
	keyNames = []string{"key", "dedupkey", "dedup", "alias", "alertuid", "incidentkey", "incidentid", "fingerprint",
		"ruleid"}
	stateNames = []string{"state", "status", "eventaction", "action", "alertstate"}
	titleNames = []string{"title", "subject", "summary", "alertname", "rulename", "name"}
	textNames  = []string{"text", "message", "msg", "body", "description", "details", "content", "output"}
	levelNames = []string{"severity", "priority", "level"}
	linkNames  = []string{"link", "url", "click", "linktoupstreamdetails", "clienturl", "ruleurl"}
	timeNames  = []string{"at", "timestamp", "time", "startsat", "date"}
)

// appriseTypes are the words of Apprise, which has one field for how bad it is and whether it is over.
var appriseTypes = map[string]string{"failure": "error", "warning": "warning", "info": "info"}

// readFields reads an object or a form by the names of its fields, a list by its objects, and everything else as a
// text. What stands in the URL counts where the body says nothing: many senders can hold a URL alone, one for when
// something is wrong and another for when it is over.
func readFields(c *content) *Event {
	if list, ok := c.raw.([]any); ok {
		if e := readList(list, c.Query); e != nil {
			return e
		}
	}
	if len(c.fields) == 0 {
		return readText(c)
	}
	return alone(memberOf(c.fields, c.Query))
}

// readList reads a list of objects: each is a member.
func readList(list []any, query url.Values) *Event {
	e := &Event{}
	for _, one := range list {
		object, ok := one.(map[string]any)
		switch {
		case !ok:
			continue
		case len(e.Members) == MaxMembers:
			e.More++
			continue
		}
		m := memberOf(object, query)
		m.name()
		e.Members = append(e.Members, m)
	}
	if len(e.Members) == 0 {
		return nil
	}
	e.Fires = firing(e.Members)
	e.Member = groupOf(nil, e)
	return e
}

// memberOf reads an object by the names of its fields.
func memberOf(object fields, query url.Values) Member {
	f := object.folded()
	for name, value := range fieldsOf(query).folded() {
		if f.text(name) == "" {
			f[name] = value
		}
	}
	m := Member{
		Key: f.text(keyNames...), State: stateOf(f.text(stateNames...)), Title: f.text(titleNames...),
		Text: f.text(textNames...), Severity: severityOf(f.text(levelNames...)), Link: f.text(linkNames...),
		At: moment(f.text(timeNames...)), Labels: f.object("labels").labels(),
	}
	kind := strings.ToLower(f.text("type"))
	isMessage := m.Key == "" && f.text(stateNames...) == "" && kind != "success" && appriseTypes[kind] == ""
	where := "" // whoever sends no key may send the same title about another place
	for _, name := range places {
		if text := f.text(strings.ReplaceAll(name, "_", "")); text != "" && m.Labels[name] == "" {
			m.Labels[name] = text
			where = cmp.Or(where, text)
		}
	}
	if m.Key == "" && m.Title != "" && where != "" {
		m.Key = m.Title + ", " + where
	}
	if isMessage {
		m.nameMessage(f)
	}
	if f.text(stateNames...) == "" && kind == "success" {
		m.State = Resolved
	} else {
		m.Severity = cmp.Or(m.Severity, appriseTypes[kind])
	}
	if m.Title == "" && m.Text == "" {
		m.Text = f.described()
	}
	return m
}

// described tells an object none of whose names says what its text is.
func (f fields) described() string {
	known := slices.Concat(keyNames, stateNames, levelNames, linkNames, timeNames)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if len(all) < maxLabels && !slices.Contains(known, name) && scalar(f[name]) != "" {
			all = append(all, name+": "+scalar(f[name]))
		}
	}
	return strings.Join(all, ", ")
}

func fieldsOf(query url.Values) fields {
	all := fields{}
	for name := range query {
		all[name] = query.Get(name)
	}
	return all
}
