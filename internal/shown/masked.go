package shown

import (
	"regexp"
	"slices"

	"redial/api"
	"redial/internal/call"
	"redial/internal/phone"
)

// Masked is a Call with the middle of people's numbers hidden, for whoever may not see them whole. The number that
// rings them is the installation's own, and is left as it is, and so is what the request itself says.
func Masked(c *call.Call) *call.Call {
	m := c.Clone()
	m.To = phone.Mask(c.To)
	m.People = slices.Clone(c.People)
	for i := range m.People {
		m.People[i].Number = phone.Mask(m.People[i].Number)
	}
	for i := range m.Attempts {
		a := &m.Attempts[i]
		a.To = phone.Mask(a.To)
		if a.Refusal != nil {
			a.Refusal = &call.Refusal{Code: a.Refusal.Code, Status: a.Refusal.Status, Message: maskWords(a.Refusal.Message)}
		}
	}
	return &m
}

// MaskedEvent is an Event with the numbers in Twilio's words hidden.
func MaskedEvent(e call.Event) call.Event {
	e.Message = maskWords(e.Message)
	return e
}

// MaskExplanation hides people's numbers in an explanation.
func MaskExplanation(x *api.Explanation) {
	for i := range x.If {
		for j := range x.If[i].Attempts {
			p := &x.If[i].Attempts[j]
			p.To = phone.Mask(p.To)
		}
	}
	for i, why := range x.Waiting {
		x.Waiting[i] = maskWords(why)
	}
}

// MaskTest hides people's numbers in the test of a trigger.
func MaskTest(t *api.TriggerTest) {
	for i := range t.Recipients {
		t.Recipients[i].Number = phone.Mask(t.Recipients[i].Number)
	}
	for i, doubt := range t.Doubts {
		t.Doubts[i] = maskWords(doubt)
	}
}

// numbers are what may be a number in Twilio's words. Their error codes are shorter.
var numbers = regexp.MustCompile(`\+?\b[0-9]{7,15}\b`)

func maskWords(text string) string { return numbers.ReplaceAllStringFunc(text, phone.Mask) }
