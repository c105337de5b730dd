package source

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What is kept of a member is bounded, in bytes. What is longer ends with an ellipsis.
const (
	maxKey    = 200
	maxTitle  = 1_000
	maxText   = 10_000
	maxLink   = 2_000
	maxLabels = 64 // in number
	maxName   = 200
	maxValue  = 1_000
)

// bound brings the event and its members into bounds, and makes their texts clean.
func (e *Event) bound() {
	e.Member.bound()
	for i := range e.Members {
		e.Members[i].bound()
	}
}

func (m *Member) bound() {
	m.Key = keyOf(m.Key)
	m.Title, m.Severity = line(m.Title, maxTitle), line(m.Severity, maxName)
	m.Text, m.Link = lines(m.Text, maxText), line(m.Link, maxLink)
	if m.State == Firing {
		m.Ended = time.Time{}
	}
	m.Labels = boundLabels(m.Labels)
}

// boundLabels keeps the first labels in the order of their names.
func boundLabels(all map[string]string) map[string]string {
	kept := make(map[string]string, min(len(all), maxLabels))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if len(kept) == maxLabels {
			break
		}
		if clean := line(name, maxName); clean != "" {
			kept[clean] = line(all[name], maxValue)
		}
	}
	return kept
}

// keyOf is a key of bounded length. A longer one ends with a hash, so that two keys stay two.
func keyOf(key string) string {
	clean := line(key, MaxBody)
	if len(clean) <= maxKey {
		return clean
	}
	sum := sha256.Sum256([]byte(clean))
	return clip(clean, maxKey-40) + hex.EncodeToString(sum[:16])
}

// line is a text as one line.
func line(text string, most int) string {
	return clip(strings.Join(strings.Fields(visible(text, most)), " "), most)
}

// lines is a text whose lines stay lines.
func lines(text string, most int) string {
	text = strings.ReplaceAll(visible(text, most), "\r\n", "\n")
	return clip(strings.TrimSpace(strings.ReplaceAll(text, "\r", "\n")), most)
}

// visible is a text without control characters, apart from those that separate lines, and without those that change
// the direction of writing. It looks no further than is needed for so many bytes, and some that may fall away.
func visible(text string, most int) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return r
		case r == '\t':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), 4*most)], ""))
}

// clip shortens a text to so many bytes.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.TrimSpace(strings.ToValidUTF8(text[:most-len("…")], "")) + "…"
}
