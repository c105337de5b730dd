package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"redial/api"
)

// inPlainWords explains a Call's policy: one line for each question that a person may have.
func inPlainWords(c *api.Call) (lines []string) {
	p := &c.Policy
	lines = append(lines, howOften(p, len(c.People)))
	for _, text := range []string{pauses(p), atMost(p), hours(p.Window), whoIsReached(p), meets(p.Machine)} {
		if text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

func howOften(p *api.Policy, people int) string {
	var b strings.Builder
	if p.Preset != "" {
		b.WriteString(p.Preset + ": ")
	}
	whom := "the phone"
	if people > 1 {
		whom = fmt.Sprintf("each of %d phones", people)
	}
	fmt.Fprintf(&b, "rings %s up to %s", whom, count(value(p.MaxAttempts), "time"))
	if p.RingTimeout != nil {
		fmt.Fprintf(&b, ", for %s", p.RingTimeout)
	}
	if p.TalkLimit != nil {
		fmt.Fprintf(&b, "; talks for %s at most", p.TalkLimit)
	}
	if order := map[string]string{
		"sequence": "one person after the other", "rounds": "in turns, once each", "parallel": "all at once",
	}[p.Ladder]; order != "" && people > 1 {
		b.WriteString("; " + order)
	}
	return b.String()
}

// pauses lists the pauses before the next dial; results with equal pauses stand together.
func pauses(p *api.Policy) string {
	if value(p.MaxAttempts) < 2 {
		return ""
	}
	results := map[string][]string{}
	var order []string
	for _, r := range []string{"no-answer", "busy", "failed", "machine", "unconfirmed"} {
		delays, known := p.RedialAfter[r]
		if !known || r == "machine" && ignores(p.Machine) || r == "unconfirmed" && !confirms(p.Confirm) {
			continue
		}
		text := after(delays)
		if results[text] == nil {
			order = append(order, text)
		}
		results[text] = append(results[text], r)
	}
	for i, text := range order {
		order[i] = text + " (" + strings.Join(results[text], ", ") + ")"
	}
	if len(order) == 0 {
		return ""
	}
	line := "again " + strings.Join(order, ", ")
	if p.Jitter != nil && *p.Jitter > 0 {
		line += fmt.Sprintf("; each pause up to %s longer, by lot", p.Jitter)
	}
	return line
}

func after(delays api.Delays) string {
	switch {
	case len(delays) == 0 || len(delays) == 1 && delays[0] == 0:
		return "at once"
	case len(delays) == 1:
		return "after " + delays[0].String()
	}
	var all []string
	for _, d := range delays {
		all = append(all, d.String())
	}
	return "after " + strings.Join(all, ", ") + " and so on"
}

func atMost(p *api.Policy) string {
	var all []string
	for _, r := range slices.Sorted(maps.Keys(p.MaxPerResult)) {
		all = append(all, r+" "+count(p.MaxPerResult[r], "time"))
	}
	if len(all) == 0 {
		return ""
	}
	return "gives up after " + strings.Join(all, ", or ")
}

func hours(w *api.Window) string {
	if w == nil {
		return ""
	}
	line := "rings only"
	if len(w.Days) > 0 {
		line += " " + strings.Join(w.Days, ",")
	}
	if w.Hours != "" {
		line += " " + w.Hours
	}
	switch {
	case len(w.Zones) > 0:
		line += " in all of " + strings.Join(w.Zones, ", ")
	case w.Zone != "":
		line += " " + w.Zone
	}
	if len(w.Holidays) > 0 {
		line += "; not on " + strings.Join(w.Holidays, ", ")
	}
	return line
}

func whoIsReached(p *api.Policy) string {
	c := p.Confirm
	switch {
	case c != nil && c.PIN != "":
		return "reached is who enters the PIN" + prompted(c)
	case c != nil && c.AnyKey:
		return "reached is who presses any key"
	case c != nil && c.Digit != "":
		return "reached is who presses " + c.Digit + prompted(c)
	case c != nil && len(c.Keys) > 0:
		return "reached is who presses " + menu(c.Keys) + prompted(c)
	case ignores(p.Machine):
		return "reached is who answers, be it a machine"
	}
	return "reached is the person who answers"
}

// menu says which keys reach a person, and which pass the call on.
func menu(keys map[string]api.Meaning) string {
	var reach, pass []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		switch m := keys[key]; {
		case m.Do == "pass-on":
			pass = append(pass, key)
		case m.Do == "":
			reach = append(reach, fmt.Sprintf("%s (%q)", key, m.Answer))
		default:
			reach = append(reach, key)
		}
	}
	line := strings.Join(reach, " or ")
	if len(pass) > 0 {
		line += "; " + strings.Join(pass, " or ") + " passes the call on"
	}
	return line
}

func prompted(c *api.Confirm) string {
	if c.Prompt == "" {
		return ""
	}
	return `, asked by "` + c.Prompt + `"`
}

func meets(m *api.Machine) string {
	if ignores(m) {
		return ""
	}
	line := "a machine is hung up on"
	if m.Do == "leave-message" {
		line = "on a machine the message is left"
		if m.Say != "" {
			line = `on a machine is left "` + m.Say + `"`
		}
	}
	if m.Then == "end" {
		return line + ", and that is all"
	}
	return line + ", and the phone rings again"
}

func ignores(m *api.Machine) bool { return m == nil || m.Do == "" || m.Do == "ignore" }

func confirms(c *api.Confirm) bool {
	return c != nil && (c.AnyKey || c.Digit != "" || c.PIN != "" || len(c.Keys) > 0)
}

func value(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func count(n int, what string) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d %ss", n, what)
}
