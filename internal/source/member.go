package source

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
)

// group is an event that is its only member, and stands for others that its sender hides.
func group(e *Event, hidden int) *Event {
	e.More = hidden
	if e.State == Firing {
		e.Fires += hidden
	}
	return e
}

// alone is an event that is its only member. Without a key its title names it: most senders say there what is wrong,
// and what differs from one time to the next in the text.
func alone(m Member) *Event {
	m.name()
	return unnamed(m)
}

func (m *Member) name() {
	if m.Key == "" {
		m.Key = m.Title
	}
}

// nameMessage names what a sender tells that says no state, and so never that something is over: whatever differs from
// another message makes it another thing. The same, sent again or by two at once, is one.
func (m *Member) nameMessage(all any) {
	if m.name(); m.Key == "" {
		return
	}
	if text, err := json.Marshal(all); err == nil {
		sum := sha256.Sum256(text)
		m.Key += " " + hex.EncodeToString(sum[:messageHash/2])
	}
}

// messageHash is how many hexadecimal digits end the key of a message.
const messageHash = 12

// IsMessage says whether a key is that of a message with this title. Who says that it is over says so by the title.
func IsMessage(key, title string) bool {
	hash, found := strings.CutPrefix(key, title+" ")
	return found && len(hash) == messageHash && strings.Trim(hash, "0123456789abcdef") == ""
}

// unnamed is an event that is its only member, with no other key than its sender's.
func unnamed(m Member) *Event {
	e := &Event{Member: m, Members: []Member{m}}
	if m.State == Firing {
		e.Fires = 1
	}
	return e
}

// places are the labels that say where something is wrong, the most telling first.
var places = []string{"instance", "host", "hostname", "node", "server", "deployment", "statefulset", "daemonset",
	"job_name", "pod", "service", "app", address, "device", "job", "entity", "component", "monitor", "site", "cluster",
	"namespace", "region", "source"}

// address is the label instance where that is an IP address, which tells less than the name of a part.
const address = "instance:address"

// place is the value of a label if it says where something is wrong. It may say where the metric came from instead:
// of what Kubernetes is asked about, all instances are the one that asks.
func (m *Member) place(name string) string {
	value := m.Labels[strings.TrimSuffix(name, ":address")]
	host, _, _ := strings.Cut(value, ":")
	_, err := netip.ParseAddr(host)
	isAddress := err == nil
	switch name {
	case "instance", address:
		if isAddress != (name == address) || m.Labels["job"] == "kube-state-metrics" {
			return ""
		}
	case "pod", "service", "app", "job":
		if strings.Contains(value, "exporter") || value == "kube-state-metrics" || value == "blackbox" {
			return ""
		}
	case "source":
		if strings.Contains(value, "://") || value == "Alertmanager" {
			return ""
		}
	}
	return value
}

// listed is a line of the list that Alertmanager's default templates make of an alert.
var listed = regexp.MustCompile(`^-\s+([a-zA-Z_][a-zA-Z0-9_]*)\s+=\s(.*)$`)

// bare is a title that names nothing: [FIRING:2], and perhaps values in parentheses.
var bare = regexp.MustCompile(`^\s*\[(FIRING|RESOLVED)(:\d+)?\]\s*(\(.*\))?\s*$`)

// unhide reads the first alert of such a list, and counts the others. Alertmanager's receivers for Opsgenie and
// PagerDuty send nothing else about the members of a group, and with the default route their title is "[FIRING:2]":
// nobody would hear what is wrong.
func (m *Member) unhide(text string) (others int) {
	about := map[string]string{} // annotations
	into, alerts := m.Labels, 0
	for line := range strings.Lines(text) {
		head := strings.TrimSpace(line)
		switch {
		case head == "Alerts Resolved:" && alerts > 0:
			text = "" // what follows is over
		case head == "Labels:" && text != "":
			alerts++
			into = m.Labels
		case head == "Annotations:":
			into = about
		}
		if found := listed.FindStringSubmatch(head); found != nil && alerts == 1 && text != "" {
			into[found[1]] = found[2]
		}
	}
	if alerts == 0 {
		return 0
	}
	m.Text = about["description"]
	if bare.MatchString(m.Title) {
		m.Title = cmp.Or(about["summary"], about["title"], m.Labels["alertname"], m.Title)
	}
	return alerts - 1
}
