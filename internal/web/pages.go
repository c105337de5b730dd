package web

import (
	"net/url"
	"strconv"

	"redial/internal/edge"
)

// How many there are in a page.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// readLimit reads how many there may be in a page.
func readLimit(f *edge.Faults, v url.Values, limit *int) {
	text := v.Get("limit")
	if text == "" {
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		f.Add("limit", "must be from 1 to "+strconv.Itoa(maxLimit))
	}
	*limit = n
}

// readFlag reads a parameter that is true or false; without it it is false.
func readFlag(f *edge.Faults, v url.Values, name string) bool {
	if text := v.Get(name); v.Has(name) && text != "true" && text != "false" || len(v[name]) > 1 {
		f.Add(name, "must be true or false")
	}
	return v.Get(name) == "true"
}
