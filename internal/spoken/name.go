package spoken

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	host    = regexp.MustCompile(`^([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}(:\d+)?$`)
	version = regexp.MustCompile(`^v?\d+(\.\d+)+$`)
	port    = regexp.MustCompile(`^([a-zA-Z][\w.-]*):\d{2,5}$`)
	uuid    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	classes = regexp.MustCompile(`^[1-5]xx$`) // of HTTP's answers
)

// errnos are the names that systems give to what went wrong.
var errnos = map[string]string{
	"ECONNREFUSED": "connection refused", "ECONNRESET": "connection reset", "ETIMEDOUT": "connection timed out",
	"ENOTFOUND": "not found", "EHOSTUNREACH": "host unreachable", "ENETUNREACH": "network unreachable",
	"ENOSPC": "no space left", "EAI_AGAIN": "name not resolved", "EPIPE": "broken pipe",
}

// brands are names in whose middle a capital begins no word, as they are said.
var brands = map[string]string{
	"PostgreSQL": "Postgres", "Postgresql": "Postgres", "MySQL": "MySQL", "MariaDB": "MariaDB", "MongoDB": "MongoDB",
	"RabbitMQ": "RabbitMQ", "GitHub": "GitHub", "GitLab": "GitLab", "ClickHouse": "ClickHouse", "WordPress": "WordPress",
	"CloudWatch": "CloudWatch", "OpenSearch": "OpenSearch", "OpenSSL": "OpenSSL", "WiFi": "WiFi",
}

// brand reads the brand with which a name begins, and returns the rest.
func (r *reading) brand(text string) (rest string) {
	for name, said := range brands {
		rest, cut := strings.CutPrefix(text, name)
		if next := []rune(rest); cut && (rest == "" || !unicode.IsLower(next[0])) {
			r.name(said)
			return rest
		}
	}
	return text
}

// host reads the name of a machine, without the domain: what is in it is said of all machines alike.
func (r *reading) host(text string) {
	name, _, _ := strings.Cut(text, ":")
	labels := strings.Split(strings.TrimPrefix(name, "www."), ".")
	if strings.HasSuffix(name, ".compute.internal") {
		labels = []string{labels[0], "", ""} // the address is in its first part
	}
	if len(labels) > 2 {
		labels = labels[:min(len(labels)-2, 3)]
		r.identifier(strings.Join(labels, "-"))
		return
	}
	for i, label := range labels {
		if i > 0 {
			r.word("dot")
		}
		r.identifier(label)
	}
}

// identifier reads the words of which a name consists, without those that are drawn by lot.
func (r *reading) identifier(text string) {
	parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("-_.:/", c) })
	if uuid.MatchString(text) {
		return
	}
	for i, part := range parts {
		if random(part) || i > 1 && i == len(parts)-1 && suffix(part) {
			continue
		}
		if !r.amount(part) {
			r.camel(part)
		}
	}
}

// camel reads a name in which capitals begin words, and digits stand beside letters.
func (r *reading) camel(text string) {
	if classes.MatchString(text) {
		r.number(item{text: text[:1], unit: "xx"})
		return
	}
	runes := []rune(r.brand(text))
	from := 0
	for i := 1; i <= len(runes); i++ {
		if i < len(runes) && !border(runes, i) {
			continue
		}
		if piece := string(runes[from:i]); unicode.IsDigit(runes[from]) {
			r.amount(piece)
		} else if piece = strings.Trim(piece, "'"); piece != "" && !r.unit(piece) {
			r.name(piece)
		}
		from = i
	}
}

// border tells whether a word begins at a place within a name.
func border(runes []rune, at int) bool {
	before, here := runes[at-1], runes[at]
	if unicode.IsDigit(before) != unicode.IsDigit(here) {
		return true
	}
	if !unicode.IsUpper(here) {
		return false
	}
	return unicode.IsLower(before) || at+1 < len(runes) && unicode.IsLower(runes[at+1]) && runes[at+1] != 's'
}

// random tells whether a name is drawn by lot or counted by a machine: nobody could tell it from another by ear.
func random(text string) bool {
	letters, digits, changes, hex := 0, 0, 0, true
	var before bool
	for i, c := range text {
		digit := c >= '0' && c <= '9'
		switch {
		case digit:
			digits++
		default:
			letters++
			hex = hex && strings.ContainsRune("abcdefABCDEFx", c)
		}
		if i > 0 && digit != before {
			changes++
		}
		before = digit
	}
	switch {
	case letters == 0 || digits == 0:
		return digits == 0 && letters > 40
	case hex && digits >= 2 && letters+digits >= 7:
		return true
	case changes >= 4 && letters+digits >= 5, changes >= 3 && letters+digits >= 9:
		return true
	}
	return letters+digits >= 20
}

// suffix tells whether a name can be what Kubernetes draws for a pod.
func suffix(text string) bool {
	return len(text) == 5 && !slices.ContainsFunc([]byte(text), func(c byte) bool {
		return !strings.ContainsRune("bcdfghjklmnpqrstvwxz2456789", rune(c))
	})
}
