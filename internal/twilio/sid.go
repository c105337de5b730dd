package twilio

import (
	"net/url"
	"regexp"
	"strings"
)

// The forms of a call's sid. Twilio's own is CA and 32 hex digits. Services that speak its
// language name their calls as they like, most by a UUID: long enough to be unique, and
// without characters that would change a path. A text that looks like the id of something
// else at Twilio, such as SM and hex digits, is nowhere the sid of a call.
// Source: https://www.twilio.com/docs/glossary/what-is-a-sid
var (
	twiliosSID = regexp.MustCompile(`^CA[0-9a-fA-F]{32}$`)
	opaqueSID  = regexp.MustCompile(`^[A-Za-z0-9_:=-][A-Za-z0-9._:=-]{15,199}$`)
	likeASID   = regexp.MustCompile(`^[A-Z]{2}[0-9a-fA-F]+$`)

	// idForm is wider than any of them: it holds nothing that would change a path.
	idForm = regexp.MustCompile(`^[A-Za-z0-9_:=-][A-Za-z0-9._:=-]{0,199}$`)
)

const uuidDigits = 32 // of one without dashes, which may begin with two letters

// sidForm is the form that sids have under a base URL.
func sidForm(base string) func(string) bool {
	if u, err := url.Parse(base); err == nil && isTwilio(u.Hostname()) {
		return twiliosSID.MatchString
	}
	return anySID
}

// IsTwilio says whether a Config's BaseURL is Twilio's own.
func IsTwilio(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return baseURL == "" || err == nil && isTwilio(u.Hostname())
}

// isTwilio says whether a host is Twilio's own, wherever in the world.
func isTwilio(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "twilio.com" || strings.HasSuffix(host, ".twilio.com")
}

// anySID says whether a sid can be a call's, whoever carries it.
func anySID(sid string) bool {
	return opaqueSID.MatchString(sid) &&
		(twiliosSID.MatchString(sid) || len(sid) == uuidDigits || !likeASID.MatchString(sid))
}
