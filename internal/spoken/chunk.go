package spoken

import (
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode"
)

const (
	opening = "([{<\"'`*_~"
	closing = ")]}>\"'`*_~"
)

var (
	scheme   = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://|\bwww\.|\bmailto:`)
	linkEnd  = regexp.MustCompile("[\\s<>\"'`|)\\]}]")
	address  = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[a-zA-Z]+$`)
	moment   = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt_]\d\d:?\d\d.*$|^\d\d:\d\d:\d\d[.,]\d+.*$`)
	day      = regexp.MustCompile(`^\d{4}[-/]\d\d[-/]\d\d$`)
	clock    = regexp.MustCompile(`^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?Z?$`)
	fraction = regexp.MustCompile(`^(\d{1,5})/(\d{1,5})$`)
	compares = regexp.MustCompile(`^(>=|<=|[<>≥≤≦≧])`)
)

// chunk reads what stands between two spaces, without Japanese.
func (r *reading) chunk(text string) {
	if at := scheme.FindStringIndex(text); at != nil && !r.site(text) {
		r.around(text, at[0])
		return
	}
	text, after := r.unwrapped(text)
	if text == "e.g" || text == "i.e" {
		return
	}
	r.core(text)
	switch {
	case text != "" && strings.Trim(text, "-") == "":
		r.pause()
	case after == 0:
	case strings.ContainsRune(".!?", after):
		r.stop()
	default:
		r.pause()
	}
}

// site tells whether a chunk is the name of a web site that the text is about, rather than a link.
func (r *reading) site(text string) bool {
	name := strings.TrimRight(strings.TrimLeft(text, opening), closing+",:;.!?")
	last := r.last()
	return strings.HasPrefix(name, "www.") && host.MatchString(name) && (last == nil || !last.leads())
}

// around reads what stands before and behind a link.
func (r *reading) around(text string, from int) {
	if before := strings.TrimRight(text[:from], "=:"+opening); before != "" {
		r.chunk(before)
	}
	link := text[from:]
	end := linkEnd.FindStringIndex(link)
	r.link()
	if end != nil {
		if behind := link[end[0]+1:]; behind != "" {
			r.chunk(behind)
		}
		return
	}
	if strings.ContainsAny(link[len(link)-1:], ".!?") {
		r.stop()
	}
}

// unwrapped is a chunk without the marks around it; after is what they say for the reading: a stop, a pause or
// nothing. What has a bracket is set apart by pauses.
func (r *reading) unwrapped(text string) (core string, after rune) {
	core = strings.TrimLeft(text, opening+",:;")
	if strings.ContainsAny(text[:len(text)-len(core)], "([,:;") {
		r.pause()
	}
	if rest := compares.FindString(strings.TrimLeft(text, "([{\"'`*")); rest != "" { // <4 is no bracket
		core = strings.TrimLeft(text, opening+"=")
		core = rest + strings.TrimPrefix(core, rest)
	}
	trimmed := strings.TrimRightFunc(core, func(c rune) bool {
		switch {
		case strings.ContainsRune(".!?", c):
			after = c
		case after == 0 && strings.ContainsRune(",;:)]", c):
			after = ','
		}
		return c != '%' && c != '°' && !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c)
	})
	if trimmed == "" {
		return core, after
	}
	return trimmed, after
}

// core reads a chunk without the marks around it.
func (r *reading) core(text string) {
	if op := compares.FindString(text); op != "" {
		r.compar = compareOf(op)
		text = text[len(op):]
	}
	if text == "" {
		return
	}
	switch {
	case address.MatchString(text), moment.MatchString(text):
		r.link()
	case day.MatchString(text):
		r.day(text)
	case clock.MatchString(text):
		r.number(item{text: strings.Join(strings.Split(strings.TrimSuffix(text, "Z"), ":")[:2], ":")})
	case fraction.MatchString(text):
		parts := fraction.FindStringSubmatch(text)
		r.number(item{text: parts[1], of: parts[2]})
	case r.address(text), r.amount(text):
	default:
		r.names(text)
	}
}

func compareOf(op string) compare {
	switch op {
	case "<":
		return below
	case ">":
		return above
	case "<=", "≤", "≦":
		return atMost
	}
	return atLeast
}

func (r *reading) day(text string) {
	if t, err := time.Parse("2006-01-02", strings.ReplaceAll(text, "/", "-")); err == nil {
		r.number(item{text: t.Format(time.DateOnly)})
	}
}

// address reads the address of a machine. Of IPv6 nobody could follow a word.
func (r *reading) address(text string) bool {
	if port, err := netip.ParseAddrPort(text); err == nil {
		text = port.Addr().String()
	}
	if net, err := netip.ParsePrefix(text); err == nil {
		text = net.Addr().String()
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return false
	}
	if addr.Is4() {
		if last := r.last(); r.failed && last.kind == word {
			r.word("at")
		}
		r.number(item{text: addr.String()})
	}
	return true
}

// names reads identifiers: hosts, paths, and what a program calls its things.
func (r *reading) names(text string) {
	_, isUnit := units[text]
	switch {
	case isUnit:
		r.name(text)
	case errnos[text] != "":
		r.drop(func(i *item) bool { return i.text == "connect" })
		for part := range strings.FieldsSeq(errnos[text]) {
			r.name(part)
		}
		r.failed = true
	case strings.ContainsFunc(text, between):
		r.pieces(text)
	case host.MatchString(text):
		r.host(text)
	case version.MatchString(text):
		r.number(item{text: strings.TrimPrefix(text, "v")})
	case port.MatchString(text):
		r.identifier(port.FindStringSubmatch(text)[1])
	case strings.ContainsRune(text, '/'):
		r.path(text)
	default:
		r.identifier(text)
	}
}

// between tells whether a character stands between names rather than in one.
func between(c rune) bool {
	return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c) && !strings.ContainsRune("-_.:/'", c)
}

// path reads the last parts of a path.
func (r *reading) path(text string) {
	parts := strings.FieldsFunc(text, func(c rune) bool { return c == '/' })
	for _, part := range parts[max(0, len(parts)-4):] {
		r.core(part)
	}
}

// pieces reads names with all kinds of marks between them.
func (r *reading) pieces(text string) {
	for {
		end := strings.IndexFunc(text, between)
		if end < 0 {
			r.core(text)
			return
		}
		piece := strings.Trim(text[:end], "-_.:/'")
		r.core(piece)
		mark := []rune(text[end:])[0]
		switch {
		case strings.ContainsRune(",;|()[]", mark):
			r.pause()
		case mark == '&' && piece != "":
			r.word("and")
		}
		text = strings.TrimLeft(text[end+len(string(mark)):], "-_.:/'")
	}
}
