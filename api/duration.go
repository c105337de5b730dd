package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Duration is written as people write it: "30s", "5m", "24h".
type Duration time.Duration

// Std returns it as the standard library's.
func (d Duration) Std() time.Duration { return time.Duration(d) }

func (d Duration) String() string {
	text := time.Duration(d).String()
	for _, zero := range []struct{ end, unit string }{{"m0s", "m"}, {"h0m", "h"}} {
		if rest, ok := strings.CutSuffix(text, zero.end); ok {
			text = rest + zero.unit
		}
	}
	return text
}

// MarshalJSON writes a string.
func (d Duration) MarshalJSON() ([]byte, error) { return quoted(d.String()), nil }

// quoted writes a text as a JSON string. The text must contain nothing that JSON escapes.
func quoted(text string) []byte { return []byte(`"` + text + `"`) }

// UnmarshalJSON reads a string only: the unit of a bare number would be a guess.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var n json.Number
	if len(b) > 0 && b[0] != '"' && json.Unmarshal(b, &n) == nil && n != "" {
		return fmt.Errorf(`must be a string with its unit: for seconds write "%ss", not %s`, n, n)
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return errors.New(`must be a duration such as "30s", "5m" or "24h", as a string`)
	}
	return d.UnmarshalText([]byte(s))
}

// UnmarshalText reads what ParseDuration reads.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := ParseDuration(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// amount matches a number and its unit as people write it, if Go does not read it.
var amount = regexp.MustCompile(`^\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(\pL{0,10})\.?\s*$`)

// units are such units, in lower case: Go's unit for each, and how many of that one it is.
var units = []struct {
	names []string
	unit  string
	times float64
}{
	{[]string{"s", "sec", "secs", "second", "seconds", "秒"}, "s", 1},
	{[]string{"m", "min", "mins", "minute", "minutes", "分"}, "m", 1},
	{[]string{"h", "hr", "hrs", "hour", "hours", "時間"}, "h", 1},
	{[]string{"d", "day", "days", "日"}, "h", 24},
	{[]string{"w", "week", "weeks", "週", "週間"}, "h", 7 * 24},
}

// ParseDuration reads a duration with its unit, such as 30s, 5m or 1h30m. The error says what to
// write instead.
func ParseDuration(text string) (Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil {
		return Duration(d), nil
	}
	parts := amount.FindStringSubmatch(text)
	if parts == nil {
		return 0, errors.New("must be a duration such as 30s, 5m or 24h")
	}
	n := parts[1]
	if parts[2] == "" {
		return 0, fmt.Errorf("must be a duration with its unit: "+
			"write %[1]ss for seconds, %[1]sm for minutes, or %[1]sh for hours", n)
	}
	for _, u := range units {
		if value, err := strconv.ParseFloat(n, 64); err == nil && slices.Contains(u.names, strings.ToLower(parts[2])) {
			return 0, fmt.Errorf("must be a duration such as 30s, 5m or 24h: write %s%s",
				strconv.FormatFloat(value*u.times, 'f', -1, 64), u.unit)
		}
	}
	return 0, errors.New("must be a duration such as 30s, 5m or 24h, with s, m or h behind the number")
}
