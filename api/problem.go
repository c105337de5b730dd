package api

import (
	"fmt"
	"strings"
)

// Problem is an error as RFC 9457 has it (application/problem+json).
type Problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"` // of HTTP
	Detail string       `json:"detail,omitzero"`
	Errors []FieldError `json:"errors,omitzero"` // the fields that are wrong, the first 20

	MoreErrors int `json:"more_errors,omitzero"` // how many more are wrong
}

// FieldError says what is wrong with a field, such as "policy.redial_after.busy".
type FieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error says in one sentence what is wrong.
func (p *Problem) Error() string {
	if len(p.Errors) == 0 {
		if p.Detail != "" {
			return p.Detail
		}
		return p.Title
	}
	var parts []string
	for _, e := range p.Errors {
		parts = append(parts, e.Field+": "+e.Detail)
	}
	if p.MoreErrors > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", p.MoreErrors))
	}
	return strings.Join(parts, "; ")
}
