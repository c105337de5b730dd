package edge

import (
	"encoding/json"
	"fmt"
	"testing"

	"redial/internal/call"
)

// Hours that are taken are within a day, and are written as they are read.
func FuzzHours(f *testing.F) {
	for _, text := range []string{
		"09:00-21:00", "22:00-06:00", "00:00-24:00", "09:00:30-10:00", "9-17", "24:00-25:00", "09:60-10:00", "-",
		"09:00-09:00", " 09:00 - 10:00 ", "24:00:01-25:00", "09:00-",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := func(text string) (w call.Window, bad Faults) {
			raw, err := json.Marshal(map[string]string{"hours": text})
			if err != nil {
				t.Fatal(err)
			}
			bad.window(raw, &w)
			return w, bad
		}
		w, bad := read(text)
		if text == "" || !bad.None() {
			return
		}
		if w.From < 0 || w.To < 0 || w.From > 86400 || w.To > 86400 || w.From == w.To {
			t.Fatalf("%q is from %d to %d", text, w.From, w.To)
		}
		if again, bad := read(w.Hours()); !bad.None() || again.From != w.From || again.To != w.To {
			t.Fatalf("%q is written %q, which is from %d to %d: %v", text, w.Hours(), again.From, again.To, bad)
		}
	})
}

// What is null is not given, wherever it stands.
func TestNullIsNotGiven(t *testing.T) {
	var bad Faults
	p := call.DefaultPolicy()
	p.Window = call.Window{Days: []call.Day{"mon"}, To: 3600, Zone: "Asia/Tokyo", Holidays: []string{"2026-12-25"}}
	want := fmt.Sprint(p)
	for _, raw := range []string{
		`null`,
		`{"window": null, "redial_after": null, "max_per_result": null, "jitter": null, "deadline": null, "preset": null}`,
		`{"window": {"days": null, "hours": null, "zone": null, "holidays": null}, "redial_after": {"busy": null},` +
			`"max_per_result": {"busy": null}}`,
	} {
		bad.policy(json.RawMessage(raw), nil, &p)
	}
	if got := fmt.Sprint(p); !bad.None() || got != want {
		t.Errorf("%v, and %s became %s", bad, want, got)
	}
}
