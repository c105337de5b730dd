package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/internal/call"
)

// long makes a sid of its first letters.
func long(short string) string { return short + strings.Repeat("0", len(callSID)-len(short)) }

// record is a call in the list, created some time after it began.
func record(sid string, age time.Duration, change ...string) map[string]any {
	r := map[string]any{
		"sid": long(sid), "to": to, "from": from, "status": "ringing", "direction": "outbound-api",
		"date_created": time.Now().Add(age).UTC().Format(time.RFC1123Z), "duration": nil,
	}
	for i := 0; i < len(change); i += 2 {
		r[change[i]] = change[i+1]
	}
	return r
}

// listing answers with pages of records, one after the other; ahead is how far
// its clock is ahead.
func listing(ahead time.Duration, pages ...[]map[string]any) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		i := 0
		fmt.Sscan(r.URL.Query().Get("Page"), &i)
		body := map[string]any{"calls": pages[i], "page": i, "next_page_uri": nil}
		if i+1 < len(pages) {
			body["next_page_uri"] = fmt.Sprintf("/2010-04-01/Accounts/AC1/Calls.json?Page=%d&PageToken=PT.123abc", i+1)
		}
		b, err := json.Marshal(body)
		date := http.Header{"Date": {time.Now().Add(ahead).UTC().Format(http.TimeFormat)}}
		return answer(r, 200, string(b), date), err
	}
}

func sids(found []call.Report) (s string) {
	for _, f := range found {
		s += strings.TrimRight(f.SID, "0") + "=" + string(f.Status) + " "
	}
	return s
}

func TestSearchFindsOnlyWhatCanBeTheAttempt(t *testing.T) {
	type records = []map[string]any
	for name, tc := range map[string]struct {
		ahead time.Duration
		pages func() []records
		want  string
	}{
		"nothing": {0, func() []records { return []records{{}} }, ""},
		"one":     {0, func() []records { return []records{{record("CA1", time.Second)}} }, "CA1=ringing "},
		"an older one is not it": {0, func() []records {
			return []records{{record("CA1", time.Second), record("CA2", -time.Minute)}}
		}, "CA1=ringing "},
		"whole seconds": {0, func() []records {
			return []records{{record("CA1", -time.Second)}}
		}, "CA1=ringing "},
		"the clock there is ahead": {time.Hour, func() []records {
			return []records{{record("CA1", time.Minute), record("CA2", time.Hour)}}
		}, "CA2=ringing "},
		"the clock there is behind": {-time.Hour, func() []records {
			return []records{{record("CA1", -time.Hour)}}
		}, "CA1=ringing "},
		"on a later page, and unordered": {0, func() []records {
			return []records{{record("CA1", -time.Hour)}, {}, {record("CA2", time.Second, "status", "completed")}}
		}, "CA2=completed "},
		"other numbers": {0, func() []records {
			return []records{{record("CA1", 0, "to", "+819000000000"), record("CA2", 0, "from", "+819000000000")}}
		}, ""},
		"numbers without a plus": {0, func() []records {
			return []records{{record("CA1", 0, "to", to[1:], "from", from[1:])}}
		}, "CA1=ringing "},
		"legs that no create request makes": {0, func() []records {
			return []records{{record("CA1", 0, "direction", "inbound"), record("CA2", 0, "parent_call_sid", "CA9")}}
		}, ""},
		"no date speaks for it": {0, func() []records {
			return []records{{record("CA1", 0, "date_created", "")}}
		}, "CA1=ringing "},
		"another form of date": {0, func() []records {
			return []records{{record("CA1", 0, "date_created", "2001-02-03T04:05:06Z"),
				record("CA2", 0, "date_created", "1999-02-03T04:05:06Z")}}
		}, "CA1=ringing "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl := wish(t)
				c := client(t, Config{Transport: listing(tc.ahead, tc.pages()...)})
				found, err := c.Search(t.Context(), cl, 1)
				if err != nil || sids(found) != tc.want {
					t.Errorf("found %q, error %v, want %q", sids(found), err, tc.want)
				}
			})
		})
	}
}

func TestSearchLeavesTheOtherAttemptsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := wish(t)
		cl.Report(1, call.Report{SID: long("CA1"), Status: call.StatusNoAnswer}, time.Now())
		if acts, _ := cl.Wake(time.Now(), ""); len(acts) != 1 || acts[0].Attempt != 2 {
			t.Fatalf("actions %v, want the second dial", acts)
		}
		c := client(t, Config{Transport: listing(0, []map[string]any{record("CA1", 0), record("CA2", 0)})})
		found, err := c.Search(t.Context(), cl, 2)
		if err != nil || sids(found) != "CA2=ringing " {
			t.Errorf("found %q, error %v", sids(found), err)
		}
	})
}

// The default client of the SDK would damage both queries.
func TestSearchQueriesAreSentAsTheyAre(t *testing.T) {
	const next = "Page=1&PageToken=PT.123abc&From=sip%3Aa%4010.1.2.3"
	base, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body := `{"calls": [], "next_page_uri": "/2010-04-01/Accounts/` + accountSID + `/Calls.json?` + next + `"}`
		if r.URL.Query().Has("PageToken") {
			body = `{"calls": [], "next_page_uri": ""}`
		}
		_, _ = w.Write([]byte(body))
	})
	cl := wish(t, func(w *call.Wish) { w.From = "sip:a@10.1.2.3" })
	c := client(t, Config{BaseURL: base + "/gateway/v1.5"})
	if _, err := c.Search(t.Context(), cl, 1); err != nil {
		t.Fatal(err)
	}
	if len(requests()) != 2 {
		t.Fatalf("%d requests, want 2", len(requests()))
	}
	first, second := requests()[0], requests()[1]
	got, err := url.ParseQuery(first.query)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"From": {"sip:a@10.1.2.3"}, "To": {to}, "PageSize": {"200"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first query (-want +got):\n%s", diff)
	}
	if second.query != next {
		t.Errorf("second query %q, want %q", second.query, next)
	}
	for _, r := range requests() {
		if want := "/gateway/v1.5/Accounts/" + accountSID + "/Calls.json"; r.path != want || r.user != accountSID {
			t.Errorf("path %q, user %q, want %q", r.path, r.user, want)
		}
	}
}

// What could not be read whole must never look like an absence.
func TestSearchFailsRatherThanFindsNothing(t *testing.T) {
	forever := `{"calls": [], "next_page_uri": "/Accounts/x/Calls.json?Page=1"}`
	for name, answer := range map[string]http.HandlerFunc{
		"401":                  twilioError(401, 20003),
		"404":                  twilioError(404, 20404),
		"502":                  reply(502, "<html>"),
		"a redirect":           reply(302, `{"calls": []}`, "Location", "/"),
		"a page":               reply(200, "<html>"),
		"no list":              reply(200, `{}`),
		"null for a list":      reply(200, `{"calls": null}`),
		"a record of nonsense": reply(200, `{"calls": [7]}`),
		"too much of it":       reply(200, `{"calls": [`+strings.Repeat(" ", bodyLimit)+`]}`),
		"pages without end":    reply(200, forever),
		"a page elsewhere":     reply(200, `{"calls": [], "next_page_uri": "https://evil.example/x"}`),
		"hung up":              hijack(""),
	} {
		t.Run(name, func(t *testing.T) {
			base, requests := serve(t, answer)
			found, err := client(t, Config{BaseURL: base}).Search(t.Context(), wish(t), 1)
			if err == nil || found != nil {
				t.Errorf("found %v, error %v", found, err)
			}
			if strings.Contains(fmt.Sprint(err), to) {
				t.Errorf("error %v quotes the number", err)
			}
			if n := len(requests()); n > pageLimit {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestSearchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		if _, err := c.Search(t.Context(), wish(t), 1); err == nil || context.Cause(t.Context()) != nil {
			t.Errorf("error %v", err)
		}
	})
}
