package edge

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"redial/api"
	"redial/internal/call"
	"redial/internal/phone"
)

// examples are numbers of every kind in every country.
func examples() (all []phone.Number) {
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := range phonenumbers.UNKNOWN {
			p := phonenumbers.GetExampleNumberForType(region, kind)
			if p == nil {
				continue
			}
			if n, err := phone.Parse(phonenumbers.Format(p, phonenumbers.E164), ""); err == nil {
				all = append(all, n)
			}
		}
	}
	slices.SortFunc(all, func(a, b phone.Number) int { return len(a.E164) - len(b.E164) })
	return all
}

// Whomever one calls, whenever one asks: with a window that names no zone, no phone rings
// at an hour outside it by the clock on any wall that it may hang beside. A request of its
// own is told of the zones instead, or is as sure.
func TestNobodyIsRungAtNight(t *testing.T) {
	all := examples()
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.SampledFrom(all), 1, 3).Draw(t, "people")
		second := time.Duration(rapid.IntRange(0, 365*24*3600).Draw(t, "now")) * time.Second
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(second)
		p := call.DefaultPolicy()
		p.Deadline.After = 96 * time.Hour
		p.Window = call.Window{
			From: rapid.IntRange(6, 10).Draw(t, "from") * 3600, To: rapid.IntRange(17, 22).Draw(t, "to") * 3600,
			Zone: rapid.SampledFrom([]string{"", call.AnyOfNumber}).Draw(t, "zone"),
		}
		var f Faults
		f.zone(people, &p, now)
		if !f.None() {
			if p.Window.Zone == call.AnyOfNumber {
				t.Fatalf("refused: %s", f.Problem())
			}
			return
		}
		w := call.Wish{
			ID: "1", Secret: "s", To: people[0].E164, From: "+815012345678", Message: call.Message{Twiml: "x"}, Policy: p,
		}
		c, _, err := call.New(w, now)
		if err != nil {
			return // it never opens
		}
		for ring := range p.RingTimeout / time.Second { // all the while that it rings
			at := c.NextAttemptAt.Add(ring * time.Second)
			for _, n := range people {
				for _, z := range n.Zones {
					loc, err := time.LoadLocation(z)
					if err != nil {
						t.Fatal(err)
					}
					wall := at.In(loc)
					if second := wall.Hour()*3600 + wall.Minute()*60 + wall.Second(); second < p.Window.From || second >= p.Window.To {
						t.Fatalf("%s may be in %s and rings at %s", phone.Mask(n.E164), z, wall)
					}
				}
			}
		}
	})
}

// A request without a number is refused for that alone, whatever its window.
func TestAWindowWithoutANumber(t *testing.T) {
	presets, err := ReadPresets(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(Reader{Numbers: Numbers{From: "+815012345678"}, Presets: presets})
	for _, policy := range []string{`{"preset": "polite"}`, `{"window": {"hours": "09:00-17:00"}}`} {
		_, err := r.Wish([]byte(`{"say": "Hello", "policy": `+policy+`}`), time.Now())
		p, _ := errors.AsType[*api.Problem](err)
		if p == nil || len(p.Errors) != 1 || p.Errors[0].Field != "to" {
			t.Errorf("%s: %v", policy, err)
		}
	}
}
