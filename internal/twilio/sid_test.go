package twilio

import (
	"strings"
	"testing"

	"redial/internal/call"
)

// A sid is of the carrier's form: Twilio's own under its hosts, elsewhere anything that
// can be nobody else's, and is no id of something else at Twilio.
func TestSIDsAreOfTheCarriersForm(t *testing.T) {
	hex := strings.Repeat("0123456789abcdef", 2)
	uuid := "0d3c2f80-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
	for base, forms := range map[string]map[string]bool{
		"": {
			"CA" + hex: true, "CA" + strings.ToUpper(hex): true,
			"5": false, "": false, "SM" + hex: false, "RE" + hex: false, "ca" + hex: false, "CA" + hex[1:]: false,
			"CA" + hex + "0":     false,
			"CA" + hex[1:] + "g": false, uuid: false, " CA" + hex: false, "CA" + hex + "\n": false, "../Calls/CA" + hex: false,
		},
		"https://api.dublin.ie1.twilio.com":      {"CA" + hex: true, uuid: false, "5": false},
		"https://API.Twilio.com:443/2010-04-01/": {"CA" + hex: true, uuid: false},
		"https://space.signalwire.com/api/laml/2010-04-01": {
			uuid: true, strings.ToUpper(uuid): true, hex: true, "AB" + hex[2:]: true, "CA" + hex: true,
			"v3:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ": true,
			"5": false, "SM5": false, "SM" + hex: false, "PN" + hex[1:]: false, "CA" + hex[1:]: false,
			"CA5": false, "null": false,
			uuid + "/..": false, strings.Repeat("a", 201): false, "....................": false,
		},
		"https://twilio.com.example.org": {uuid: true},
	} {
		c := client(t, Config{BaseURL: base})
		for sid, want := range forms {
			if got := c.IsSID(sid); got != want {
				t.Errorf("under %q %q can be a sid: %t, want %t", base, sid, got, want)
			}
		}
	}
}

func FuzzSID(f *testing.F) {
	for _, s := range []string{"5", callSID, "SM" + callSID[2:], "0d3c2f80-1a2b-4c3d-8e4f-5a6b7c8d9e0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if twilios := twiliosSID.MatchString(s); twilios && !anySID(s) {
			t.Errorf("%q is Twilio's, and no sid", s)
		}
		if anySID(s) && (strings.ContainsAny(s, "/?#%&\n \\") || len(s) < 16 || len(s) > 200) {
			t.Errorf("%q could change a path", s)
		}
	})
}

// A list that shows a call which may be the attempt, by a sid that is none, proves nothing.
func TestAListWithWhatIsNoSIDProvesNothing(t *testing.T) {
	for _, sid := range []string{"5", "SM0123456789abcdef0123456789abcdef", ""} {
		c := client(t, Config{Transport: listing(0, []map[string]any{record("CA1", 0, "sid", sid)})})
		if found, err := c.Search(t.Context(), wish(t), 1); err == nil {
			t.Errorf("%q: found %q", sid, sids(found))
		}
		other := client(t, Config{Transport: listing(0,
			[]map[string]any{record("CA1", 0, "sid", sid, "to", "+819000000000")})})
		if found, err := other.Search(t.Context(), wish(t), 1); err != nil || len(found) > 0 {
			t.Errorf("%q of another number: found %q, error %v", sid, sids(found), err)
		}
	}
}

// Twilio is sent the talk limit that is kept on the attempt, and none where there is none:
// also a call that was asked for with an option of that name keeps it.
func TestTheTalkLimitIsSent(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*call.Wish)
		limit  int
		want   string
	}{
		"of the policy": {func(w *call.Wish) { w.Policy.TalkLimit = 90e9 }, 90, "90"},
		"of words":      {func(*call.Wish) {}, 600, "600"},
		"of a document": {func(w *call.Wish) {
			w.Message = call.Message{Twiml: "<Response><Say>Hi</Say></Response>"}
		}, 600, "600"},
		"of what is fetched": {func(w *call.Wish) {
			w.Message = call.Message{URL: "https://example.org/twiml"}
		}, 3600, "3600"},
		"none, by the version before":   {func(*call.Wish) {}, 0, ""},
		"an option, by the one before":  {func(w *call.Wish) { w.Options = []byte(`{"TimeLimit": 20000}`) }, 0, "20000"},
		"the attempt's outweighs those": {func(w *call.Wish) { w.Options = []byte(`{"TimeLimit": 20000}`) }, 600, "600"},
	} {
		base, requests := serve(t, reply(201, created))
		cl := wish(t, tc.change)
		if got := cl.Attempt(1).TalkLimit; tc.limit != 0 && got != tc.limit {
			t.Errorf("%s: the attempt keeps %d s", name, got)
		}
		cl.Attempt(1).TalkLimit = tc.limit
		if _, err := client(t, Config{BaseURL: base}).Place(t.Context(), cl, 1); err != nil {
			t.Fatal(err)
		}
		if got := requests()[0].form.Get("TimeLimit"); got != tc.want {
			t.Errorf("%s: TimeLimit %q, want %q", name, got, tc.want)
		}
	}
}

// A number of seconds is bounded before it is a duration, which it may overflow.
func TestRetryAfterIsBoundedFirst(t *testing.T) {
	for header, want := range map[string]string{
		"": "0s", "5": "5s", "0": "0s", "-1": "0s", "-9223372036854775808": "0s", "-9223372037": "0s",
		"9223372036854775807":  "1h0m0s",
		"99999999999999999999": "0s", "-99999999999999999999": "0s", "1e9": "0s",
		"Mon, 01 Jan 0001 00:00:00 GMT": "0s", "Fri, 31 Dec 9999 23:59:59 GMT": "1h0m0s",
	} {
		if got := retryAfter(header); got.String() != want {
			t.Errorf("Retry-After %q is taken for %v, want %s", header, got, want)
		}
	}
}
