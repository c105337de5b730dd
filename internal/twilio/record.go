package twilio

import (
	"bytes"
	"encoding/json"
	"strings"
)

// callRecord is what matters of a call in Twilio's answers.
type callRecord struct {
	SID         text `json:"sid"`
	ParentSID   text `json:"parent_call_sid"`
	To          text `json:"to"`
	From        text `json:"from"`
	Status      text `json:"status"`
	Duration    text `json:"duration"`
	Direction   text `json:"direction"`
	DateCreated text `json:"date_created"`
	StartTime   text `json:"start_time"` // empty until it was dialed
	AnsweredBy  text `json:"answered_by"`
}

// text is a JSON string, or a number where Twilio itself would send a string;
// anything else is taken as empty.
type text string

// UnmarshalJSON never fails on well-formed JSON.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = text(s)
	case !bytes.HasPrefix(b, []byte(`"`)) && json.Unmarshal(b, &n) == nil:
		*t = text(n)
	default:
		*t = ""
	}
	return nil
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
