package source

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fields are an object that was sent.
type fields map[string]any

// text is the first scalar that is there by one of the names and is not empty, as text.
func (f fields) text(names ...string) string {
	for _, name := range names {
		if text := scalar(f[name]); strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

// object is an object within an object, nil if there is none. A form has it as JSON in a text.
func (f fields) object(name string) fields {
	object, _ := unquoted(f[name]).(map[string]any)
	return object
}

// labels are the scalars of an object.
func (f fields) labels() map[string]string {
	labels := map[string]string{}
	for name, value := range f {
		if text := scalar(value); text != "" {
			labels[name] = text
		}
	}
	return labels
}

// folded has the same values by names without their case, dashes and underscores: dedup_key, dedupKey and Dedup-Key
// are one name. Of several such names the first in the alphabet counts.
func (f fields) folded() fields {
	all := make(fields, len(f))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		short := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
		if _, there := all[short]; !there {
			all[short] = f[name]
		}
	}
	return all
}

// scalar is a scalar as text; an object, a list and null are empty.
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if size := math.Abs(v); size >= 1e-6 && size < 1e21 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// layouts are how senders write a time. Uptime Kuma writes none of the zone, and means UTC.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00"}

// moment reads a time, also in seconds or milliseconds since 1970. It is zero if it can't be read, or if nobody can
// have meant it.
func moment(text string) time.Time {
	text = strings.TrimSpace(text)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return plausible(t)
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || !(n > 1e8 && n < 1e14):
		return time.Time{}
	case n > 1e11:
		n /= 1000
	}
	return plausible(time.Unix(int64(n), 0))
}

func plausible(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9000 {
		return time.Time{}
	}
	return t
}
