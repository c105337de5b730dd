package shown

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"redial/api"
)

// tableColumn is a column of a table of calls.
type tableColumn struct {
	name string
	of   func(*api.Call) string
}

// columns of the table. What somebody has written is plain text.
var columns = []tableColumn{
	{"id", func(c *api.Call) string { return c.ID }},
	{"created_at", func(c *api.Call) string { return moment(c.CreatedAt) }},
	{"by", func(c *api.Call) string { return c.By }},
	{"state", func(c *api.Call) string { return c.State }},
	{"outcome", func(c *api.Call) string { return c.Outcome }},
	{"to", func(c *api.Call) string { return c.To }},
	{"name", func(c *api.Call) string {
		if len(c.People) == 0 {
			return ""
		}
		return plain(c.People[0].Name)
	}},
	{"people", func(c *api.Call) string { return strconv.Itoa(max(1, len(c.People))) }},
	{"attempts", func(c *api.Call) string { return strconv.Itoa(len(c.Attempts)) }},
	{"last_result", func(c *api.Call) string {
		if len(c.Attempts) == 0 {
			return ""
		}
		return c.Attempts[len(c.Attempts)-1].Result
	}},
	{"last_sid", func(c *api.Call) string {
		if len(c.Attempts) == 0 {
			return ""
		}
		return c.Attempts[len(c.Attempts)-1].SID
	}},
	{"next_attempt_at", func(c *api.Call) string { return moment(c.NextAttemptAt) }},
	{"ended_at", func(c *api.Call) string { return moment(c.EndedAt) }},
	{"reached_to", func(c *api.Call) string { return evidence(c).To }},
	{"reached_name", func(c *api.Call) string { return plain(evidence(c).Name) }},
	{"reached_by", func(c *api.Call) string { return evidence(c).By }},
	{"reached_at", func(c *api.Call) string { return moment(evidence(c).At) }},
	{"answer", func(c *api.Call) string { return plain(evidence(c).Answer) }},
	{"refusal_code", func(c *api.Call) string {
		if c.Refusal == nil {
			return ""
		}
		return strconv.Itoa(c.Refusal.Code)
	}},
	{"refusal", func(c *api.Call) string {
		if c.Refusal == nil {
			return ""
		}
		return plain(c.Refusal.Message)
	}},
	{"metadata", func(c *api.Call) string {
		if len(c.Metadata) == 0 {
			return ""
		}
		text, err := json.Marshal(c.Metadata)
		if err != nil { // texts can be written
			return ""
		}
		return string(text)
	}},
}

// TableHead is the first row of a table of calls: the names of its columns.
func TableHead() []string {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.name
	}
	return head
}

// TableRow is a call as a row of a table.
func TableRow(c *api.Call) []string {
	row := make([]string, len(columns))
	for i, col := range columns {
		row[i] = col.of(c)
	}
	return row
}

func evidence(c *api.Call) api.Reached {
	if c.Reached == nil {
		return api.Reached{}
	}
	return *c.Reached
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// plain is a text that no spreadsheet takes for a formula: one that begins like a formula, also after what can't be
// seen, gets an apostrophe, which spreadsheets hide. Wide signs count where spreadsheets are Japanese.
func plain(text string) string {
	unseen := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	begin := strings.TrimLeftFunc(text, unseen)
	if strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") || begin != "" &&
		strings.ContainsRune("=+-@＝＋－＠", firstOf(begin)) {
		return "'" + text
	}
	return text
}

func firstOf(text string) rune {
	for _, r := range text {
		return r
	}
	return 0
}
