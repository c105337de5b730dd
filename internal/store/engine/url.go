package engine

import (
	"slices"
	"strings"
)

// strayPassword says whether an @ stands where none belongs: beside another one, or behind a /, ? or # of the
// password, where the driver takes the host's name to end. A part of the password would be dialed, and shown in
// errors.
func strayPassword(databaseURL string) bool {
	_, text, _ := strings.Cut(databaseURL, "://")
	authority, path, query := text, "", ""
	if end := strings.IndexAny(text, "/?"); end >= 0 {
		authority = text[:end]
		path, query, _ = strings.Cut(text[end:], "?")
	}
	if strings.Contains(text, "#") || strings.Count(authority, "@") > 1 ||
		strings.Contains(path, "@") || path == "" && strings.Contains(query, "@") {
		return true
	}
	return slices.ContainsFunc(strings.Split(query, "&"), func(parameter string) bool {
		name, value, _ := strings.Cut(parameter, "=")
		_, host, at := strings.Cut(value, "@") // a user's name may contain an @
		return strings.Contains(name, "@") || at && strings.Contains(host, "/")
	})
}
