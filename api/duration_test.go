package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A duration without its unit, or with a unit that Go does not read, gives an error. The error says what to write,
// and that can be read.
func TestADurationThatCantBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"30": "write 30s for seconds, 30m for minutes, or 30h for hours", "1.5": "write 1.5s", " 30 ": "write 30s",
		"30 s": "write 30s", "30sec": "write 30s", "30 Seconds": "write 30s", "30秒": "write 30s", "5 min.": "write 5m",
		"5MIN":    "write 5m",
		"2 hours": "write 2h", "1d": "write 24h", "1.5 days": "write 36h", "2w": "write 336h", "3日": "write 72h",
		"soon": "must be a duration such as 30s, 5m or 24h", "": "must be a duration",
		"30x": "with s, m or h behind the number", "30 parsecs": "with s, m or h",
	} {
		_, err := ParseDuration(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %s", text, err, want)
			continue
		}
		_, advice, _ := strings.Cut(err.Error(), "write ")
		advice, _, _ = strings.Cut(advice, " ")
		if _, err := ParseDuration(advice); advice != "" && err != nil {
			t.Errorf("%q: what it is told to write is wrong, too: %v", text, err)
		}
	}
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "1h30m": 90 * time.Minute, "0": 0, "500ms": 500 * time.Millisecond,
	} {
		if d, err := ParseDuration(text); err != nil || d.Std() != want {
			t.Errorf("%q: %s, %v", text, d, err)
		}
	}
	var d Duration
	for value, want := range map[string]string{
		`30`: `write "30s"`, `"30"`: "write 30s", `true`: "as a string", `"1d"`: "write 24h",
	} {
		if err := json.Unmarshal([]byte(value), &d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", value, err, want)
		}
	}
}

// The error for an unreadable moment gives the same advice as for a duration, and says what a URL does to a +.
func TestAMomentThatCantBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"24": "write 24s", "1 day": "write 24h", "tomorrow": "or a time such as", "2026-12-24T18:00:00 09:00": "%2B09:00",
		"": "must be a duration",
	} {
		if _, err := ParseMoment(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
}

// ParseDuration accepts exactly what Go accepts, and its errors are short.
func TestDurationsOfAllKinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{1,40}\.?[0-9]{0,40} ?[a-z秒分日]{0,12}`)).Draw(t, "text")
		d, err := ParseDuration(text)
		want, wrong := time.ParseDuration(text)
		if (err == nil) != (wrong == nil) || err == nil && d.Std() != want {
			t.Fatalf("%q: %s, %v, where Go says %s, %v", text, d, err, want, wrong)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// A duration and a moment are written as the strings that they are.
func TestDurationsAndMomentsAsJSON(t *testing.T) {
	alike := func(t *rapid.T, v interface{ String() string }) {
		got, err := json.Marshal(v)
		want, _ := json.Marshal(v.String())
		if err != nil || string(got) != string(want) {
			t.Fatalf("%s as JSON: %s, %v, not %s", v, got, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64().Draw(t, "duration"))
		alike(t, d)
		alike(t, Moment{After: d})
		alike(t, Moment{At: time.Unix(rapid.Int64Range(0, 1<<36).Draw(t, "at"), int64(d)&0xfffffff)})
	})
}
