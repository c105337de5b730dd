package app

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
)

const (
	vladivostok = "+79141234567" // by its number it may be in any zone of Russia
	perth       = "+61412345678"
	tollFree    = "+18005550199"
)

// asks explains a wish without making a call.
func (w *world) asks(body string) (int, string) {
	w.t.Helper()
	status, answer := w.do("POST", "/v1/calls?dry_run=true", strings.Replace(body, "{", `{"say":"x",`, 1))
	return status, strings.ReplaceAll(answer, `\"`, `"`)
}

func inRegions(start string, regions ...string) func(*testing.T, func(*world)) {
	return func(t *testing.T, story func(*world)) {
		t.Helper()
		inWorld(t, func(c *Config) {
			time.Sleep(time.Until(moment(t, start)))
			c.AllowedRegions = regions
		}, story)
	}
}

// A request's window without a zone is refused if the number may be in several zones. The error names zones with
// different clocks, and the word for all of them.
func TestZonesThatARequestLeavesOpen(t *testing.T) {
	inRegions("2000-06-05T00:00:00Z", "RU", "AU", "US", "BR", "MX", "ID", "KZ", "DE", "JP")(t, func(w *world) {
		for number, want := range map[string]string{
			vladivostok:     "Europe/Moscow, Europe/Samara",
			perth:           "Australia/Sydney",
			tollFree:        "America/New_York",
			"+12085551234":  "America/Boise, America/Los_Angeles; give one, or any-of-number",
			"+17295551234":  "America/New_York, America/Chicago; give one, or any-of-number",
			"+62812345678":  "Asia/Jakarta, Asia/Makassar, Asia/Jayapura; give one, or any-of-number",
			"+558132345678": "America/Recife, America/Noronha; give one, or any-of-number",
		} {
			status, answer := w.asks(`{"to":"` + number + `","policy":{"window":{"hours":"09:00-21:00"}}}`)
			if status != http.StatusUnprocessableEntity ||
				!strings.Contains(answer, "policy.window.zone: is missing, and the number may be in several: ") ||
				!strings.Contains(answer, want) ||
				!strings.Contains(answer, "any-of-number: open only while it is open in all of them") {
				t.Errorf("%s: %d %s, want %s", number, status, answer, want)
			}
		}
		for _, far := range []string{"Asia/Vladivostok", "Asia/Kamchatka", "Europe/Kaliningrad"} {
			_, answer := w.asks(`{"to":"` + vladivostok + `","policy":{"window":{"hours":"09:00-21:00"}}}`)
			if !strings.Contains(answer, far) {
				t.Errorf("%s is not among %s", far, answer)
			}
		}
		// Zones with the same clock count as one, however many the country has.
		for number, want := range map[string]string{
			berlin: "Europe/Berlin", alice: "Asia/Tokyo", "+74012123456": "Europe/Kaliningrad",
			"+5592987654321": "America/Manaus",
			"+16795551234":   "America/New_York", "+13105551234": "America/Los_Angeles", "+525512345678": "America/Mexico_City",
		} {
			status, answer := w.asks(`{"to":"` + number + `","policy":{"window":{"hours":"09:00-21:00"}}}`)
			if status != http.StatusOK || !strings.Contains(answer, `"zone":"`+want+`"`) {
				t.Errorf("%s: %d %s, want %s", number, status, answer, want)
			}
		}
	})
}

// With any-of-number, or a preset's window without a zone, the window is open only when it is open in all zones.
func TestAnyOfNumber(t *testing.T) {
	inRegions("2000-06-05T08:00:00+10:00", "AU")(t, func(w *world) {
		w.phone(perth).answers()
		p := ringsIn("09:00-17:00", "any-of-number")
		c := w.call(api.CreateCall{To: perth, Policy: p})
		got := c.now().Policy.Window
		if got.Zone != "any-of-number" || !slices.Contains(got.Zones, "Australia/Perth") ||
			!slices.Contains(got.Zones, "Australia/Sydney") {
			t.Errorf("its window is %+v", got)
		}
		if !c.happenedWhile("outside 09:00-17:00 ") {
			t.Errorf("the timeline does not say why it waits\n%s", c.story())
		}
		w.pass(time.Hour) // nine in Sydney
		c.dialed()
		w.pass(2 * time.Hour) // nine in Perth, and half past seven on the Cocos Islands
		c.dialed()
		w.pass(4 * time.Hour)
		c.dialed("2000-06-05T02:30:00Z")
		c.is("reached", "completed")
	})
}

// With several people in different places, the phone rings only while the window is open for all.
func TestALadderOverSeveralZones(t *testing.T) {
	inWorldAt(t, "2000-03-24T00:30:00Z", func(w *world) { // a Friday
		w.phone(alice).noAnswer()
		w.phone(berlin).answers()
		c := w.call(api.CreateCall{People: []api.Person{{Number: alice}, {Number: berlin}}, Policy: &api.Policy{
			Preset: "polite", MaxAttempts: new(1), Jitter: new(api.Duration(0)), Ladder: "rounds",
		}})
		if got := c.now().Policy.Window; !slices.Equal(got.Zones, []string{"Asia/Tokyo", "Europe/Berlin"}) {
			t.Errorf("its window is %+v", got)
		}
		w.pass(24 * time.Hour)
		if first := c.now().Attempts[0].DialedAt; !first.Equal(moment(t, "2000-03-24T08:00:00Z")) {
			t.Errorf("it rings at %s\n%s", first, c.story())
		}
		c.is("reached", "no-answer", "completed")
	})
}

// A window that is never open in all zones at once is refused, and the error says so. Naming the person's zone helps.
func TestAWindowThatNeverOpensInAllZones(t *testing.T) {
	inRegions("2000-06-05T00:00:00Z", "RU")(t, func(w *world) {
		for _, policy := range []string{
			`{"preset":"polite"}`, `{"window":{"hours":"09:00-19:00","zone":"any-of-number"}}`,
			`{"preset":"polite","window":{"hours":"10:00-20:00"}}`,
		} {
			status, answer := w.asks(`{"to":"` + vladivostok + `","policy":` + policy + `}`)
			if status != http.StatusUnprocessableEntity ||
				!strings.Contains(answer,
					"policy.window: never opens: at no hour of the week is it open in all of Europe/Moscow, ") {
				t.Errorf("%s: %d %s", policy, status, answer)
			}
		}
		for _, policy := range []string{
			`{"preset":"polite","window":{"zone":"Asia/Vladivostok"}}`, `{"preset":"polite","window":{}}`, `{"preset":"urgent"}`,
		} {
			if status, answer := w.asks(`{"to":"` + vladivostok + `","policy":` + policy + `}`); status != http.StatusOK {
				t.Errorf("%s: %d %s", policy, status, answer)
			}
		}
		for _, zone := range []string{"localtime", "posixrules", "right/Asia/Tokyo"} {
			status, answer := w.asks(`{"to":"` + vladivostok + `","policy":{"window":{"hours":"09:00-19:00","zone":"` + zone +
				`"}}}`)
			if status != http.StatusUnprocessableEntity ||
				!strings.Contains(answer, "policy.window.zone: must be an IANA zone, such as Asia/Tokyo, or any-of-number") {
				t.Errorf("%s: %d %s", zone, status, answer)
			}
		}
		status, answer := w.asks(`{"to":"` + vladivostok +
			`","policy":{"window":{"hours":"09:00-19:00","zone":"any-of-number","zones":["Asia/Tokyo"]}}}`)
		if status != http.StatusUnprocessableEntity {
			t.Errorf("zones of one's own: %d %s", status, answer)
		}
	})
}

// The caller's number in a request does not allow its region.
func TestTheCallersNumberOpensNoRegion(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		status, answer := w.asks(`{"to":"` + newYork + `","from":"+12125550199"}`)
		if status != http.StatusUnprocessableEntity ||
			!strings.Contains(answer,
				"to: +121******23 is a number in region US, which REDIAL_ALLOWED_REGIONS (JP) does not list") {
			t.Errorf("%d %s", status, answer)
		}
		if status, answer := w.asks(`{"to":"` + alice + `","from":"+12125550199"}`); status != http.StatusOK {
			t.Errorf("a caller of another region: %d %s", status, answer)
		}
	})
	var log bytes.Buffer
	inWorld(t, func(c *Config) { c.From, c.Log = "", slog.New(slog.NewTextHandler(&log, nil)) }, func(w *world) {
		status, answer := w.asks(`{"to":"` + alice + `","from":"` + caller + `"}`)
		if status != http.StatusUnprocessableEntity ||
			!strings.Contains(answer,
				"without REDIAL_FROM no region may be called but those of REDIAL_ALLOWED_REGIONS, which is empty: "+
					"set it, such as to JP") {
			t.Errorf("%d %s", status, answer)
		}
	})
	if !strings.Contains(log.String(), "level=WARN") ||
		!strings.Contains(log.String(), "REDIAL_ALLOWED_REGIONS, such as JP,US") {
		t.Errorf("the start says %s", &log)
	}
	log.Reset()
	inWorld(t, func(c *Config) {
		c.From, c.AllowedRegions, c.Log = "", []string{"JP"}, slog.New(slog.NewTextHandler(&log, nil))
	}, func(w *world) {
		if status, answer := w.asks(`{"to":"` + alice + `","from":"` + caller + `"}`); status != http.StatusOK {
			t.Errorf("%d %s", status, answer)
		}
	})
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("the start says %s", &log)
	}
}

// Numbers newer than the library are accepted, by redial's own supplement and by the setting; numbers that cost extra
// are accepted by neither.
func TestNumbersNewerThanTheLibrary(t *testing.T) {
	prefixes := func(list ...string) func(*Config) {
		return func(c *Config) { c.AllowedRegions, c.NumberPrefixes = []string{"JP", "US", "CA", "MX", "AU"}, list }
	}
	inWorld(t, prefixes(" +1273=CA ", "+8110"), func(w *world) {
		for _, number := range []string{
			"+816012345678", "+16795550123", "+18615550123", "+52 1 55 1234 5678", "\u2066+81 90ー1234ー5678\u2069",
			"+12735550123", "+81101234567",
		} {
			body, _ := json.Marshal(map[string]string{"to": number})
			if status, answer := w.asks(string(body)); status != http.StatusOK {
				t.Errorf("%s: %d %s", number, status, answer)
			}
		}
		for number, want := range map[string]string{
			"+12745550123": "", "+12785550123": "newer than redial's own supplement (2026-11-26), " +
				"list its prefix in REDIAL_NUMBER_PREFIXES, such as +1278",
			"+81570123456": "shared-cost", "+81990123456": "premium-rate", "+12129761234": "premium-rate",
			"+12739761234": "premium-rate", "+61147101234": "satellite",
		} {
			status, answer := w.asks(`{"to":"` + number + `"}`)
			if want != "" && (status != http.StatusUnprocessableEntity || !strings.Contains(answer, want)) {
				t.Errorf("%s: %d %s, want %s", number, status, answer, want)
			}
		}
		// A number that is accepted is rung.
		w.phone("+12735550123").answers()
		c := w.call(api.CreateCall{To: "+12735550123"})
		w.pass(time.Minute)
		c.is("reached", "completed")
	})
	for prefix, want := range map[string]string{
		"+1900": "premium-rate", "1273": "no prefix", "+81990": "premium-rate", "+1876=US": "prefix of JM",
	} {
		conf := Config{
			Listen: "127.0.0.1:0", DatabaseURL: "sqlite:x", AccountSID: account, AuthTokens: []string{token},
			CallsPerSecond: 1, MaxWaiting: 100000, MaxPerNumber: 200, NumberPrefixes: []string{prefix},
		}
		err := conf.Check()
		if err == nil || !strings.Contains(err.Error(), "REDIAL_NUMBER_PREFIXES can't be used: ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", prefix, err, want)
		}
	}
}
