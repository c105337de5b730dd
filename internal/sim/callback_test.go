package sim

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The vectors are from the tests of Twilio's own libraries.
func TestTheSignatureIsTwilios(t *testing.T) {
	raw, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Token, URL, Signature string
		Params                      map[string]any
	}
	if err := json.Unmarshal(raw, &vectors); err != nil || len(vectors) != 8 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		form := url.Values{}
		for name, value := range v.Params {
			if list, ok := value.([]any); ok {
				for _, one := range list {
					form.Add(name, one.(string))
				}
			} else {
				form.Set(name, value.(string))
			}
		}
		if got := sign(v.Token, v.URL, form); got != v.Signature {
			t.Errorf("%s: %s, want %s", v.Name, got, v.Signature)
		}
	}
}

func TestCallbacksAreSigned(t *testing.T) {
	for _, method := range []string{"POST", "GET"} {
		atDesk(t, Config{Default: "busy"}, func(d *desk) {
			d.place(alice, "StatusCallbackMethod", method)
			pass(time.Minute)
			h := d.last()
			if h.method != method || len(d.heard) != 2 {
				t.Fatalf("%d requests, the last a %s", len(d.heard), h.method)
			}
			if got := h.header.Get("X-Twilio-Signature"); got != sign(token, h.url, h.form) {
				t.Errorf("%s: the signature is %s", method, got)
			}
			u, err := url.Parse(h.url)
			if err != nil || u.Query().Get("attempt") != "1" {
				t.Errorf("%s: the URL is %s", method, h.url)
			}
			if method == "GET" && u.Query().Get("CallStatus") != "busy" {
				t.Errorf("the query tells nothing: %s", h.url)
			}
		})
	}
}

func TestOnlyWhatWasSubscribedIsSent(t *testing.T) {
	for _, test := range []struct{ events, want []string }{
		{nil, []string{"completed"}},
		{[]string{"answered"}, []string{"in-progress"}},
		{[]string{"initiated", "completed"}, []string{"initiated", "completed"}},
	} {
		atDesk(t, Config{}, func(d *desk) {
			form := wish(alice)
			form["StatusCallbackEvent"] = test.events
			d.rest("POST", "/Calls.json", form)
			pass(time.Minute)
			if diff := cmp.Diff(test.want, d.statuses()); diff != "" {
				t.Errorf("%v: -want +got:\n%s", test.events, diff)
			}
			if d.heard[0].form.Get("SequenceNumber") != "0" {
				t.Error("the sequence counts what was sent, from 0")
			}
		})
	}
	atDesk(t, Config{}, func(d *desk) {
		d.place(alice, "StatusCallback", "")
		pass(time.Minute)
		if len(d.heard) > 0 {
			t.Errorf("without a StatusCallback %v was sent", d.statuses())
		}
	})
}

func TestConnectionOverrides(t *testing.T) {
	second := time.Second
	for fragment, want := range map[string]delivery{
		"":                               {15 * second, 15 * second, 1, []string{"ct"}},
		"ct=2000&rt=4000&rc=3&rp=5xx,ct": {15 * second, 4 * second, 3, []string{"5xx", "ct"}},
		"tt=5000&rp=all":                 {5 * second, 15 * second, 1, []string{"all"}},
		"rc=9&rt=99&tt=99999&rp=ct":      {15 * second, 15 * second, 1, []string{"ct"}}, // out of range
		"rc=0":                           {15 * second, 15 * second, 0, []string{"ct"}},
		"%":                              {15 * second, 15 * second, 1, []string{"ct"}},
	} {
		if diff := cmp.Diff(want, overrides(fragment), cmp.AllowUnexported(delivery{})); diff != "" {
			t.Errorf("#%s: -want +got:\n%s", fragment, diff)
		}
	}
}

func TestDeliveryIsRepeatedAsTheURLAsks(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	fails := func(status int, err error) func(int, *http.Request) (*http.Response, error) {
		return func(int, *http.Request) (*http.Response, error) {
			if err != nil {
				return nil, err
			}
			return reply(status, "", ""), nil
		}
	}
	hangs := func(_ int, r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	for _, test := range []struct {
		name, fragment string
		answer         func(int, *http.Request) (*http.Response, error)
		times          int
	}{
		{"taken", "#rc=3&rp=all", nil, 1},
		{"by default only a failed connection, once", "", fails(0, refused), 2},
		{"by default not a 500", "", fails(500, nil), 1},
		{"a 500", "#rc=3&rp=5xx,ct,rt", fails(500, nil), 4},
		{"a 404 is not a 5xx", "#rc=3&rp=5xx,ct,rt", fails(404, nil), 1},
		{"a 404", "#rc=2&rp=4xx", fails(404, nil), 3},
		{"a failed connection", "#rc=5&rp=5xx,ct,rt", fails(0, refused), 6},
		{"no answer", "#rt=4000&rc=3&rp=5xx,ct,rt", hangs, 4}, // the limit of 15 s in all cuts the fourth off
	} {
		t.Run(test.name, func(t *testing.T) {
			atDesk(t, Config{Default: "busy"}, func(d *desk) {
				d.answer = test.answer
				form := wish(alice, "StatusCallback", hook+test.fragment)
				form["StatusCallbackEvent"] = []string{"completed"}
				d.rest("POST", "/Calls.json", form)
				pass(time.Minute)
				if len(d.heard) != test.times {
					t.Fatalf("it was sent %d times, want %d", len(d.heard), test.times)
				}
				first := d.heard[0].header.Get("I-Twilio-Idempotency-Token")
				for _, h := range d.heard {
					if h.url != hook {
						t.Errorf("the fragment is sent: %s", h.url)
					}
					if got := h.header.Get("I-Twilio-Idempotency-Token"); got == "" || got != first {
						t.Errorf("the tokens of repeats are %q and %q", first, got)
					}
				}
			})
		})
	}
}

func TestTheURLIsFetchedOnceAnswered(t *testing.T) {
	twiml := `<Response><Pause length="30"/></Response>`
	for _, test := range []struct {
		name   string
		first  *http.Response
		second *http.Response // of the FallbackUrl
		talks  time.Duration
	}{
		{"TwiML", reply(200, "text/xml", twiml), nil, 31 * time.Second},
		{"text is read aloud", reply(200, "text/plain", "0123456789"), nil, 1700 * time.Millisecond},
		{"audio is played", reply(200, "audio/mpeg", "…"), nil, 6 * time.Second},
		{"a 500 leads to the fallback", reply(500, "", ""), reply(200, "application/xml; charset=utf-8", twiml),
			31 * time.Second},
		{"so does what is no TwiML", reply(200, "text/xml", "<Response>"), reply(200, "text/html", twiml), 31 * time.Second},
		{"and an unknown kind", reply(200, "application/json", "{}"), reply(200, "text/xml", twiml), 31 * time.Second},
		{"an application error ends it", reply(404, "", ""), reply(404, "", ""), time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			atDesk(t, Config{}, func(d *desk) {
				d.answer = func(n int, r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/fallback") {
						return test.second, nil
					}
					return test.first, nil
				}
				d.place(alice, "Twiml", "", "Url", "https://app.test/twiml", "FallbackUrl", "https://app.test/fallback",
					"StatusCallback", "")
				pass(2 * time.Minute)
				l := d.sim.Legs()[0]
				if got := l.EndedAt.Sub(l.AnswerAt); got != test.talks {
					t.Errorf("they talk %s, want %s", got, test.talks)
				}
				h := d.heard[0]
				if h.form.Get("CallStatus") != "in-progress" || h.header.Get("X-Twilio-Signature") != sign(token, h.url, h.form) {
					t.Errorf("it was asked for with %v", h.form)
				}
				if (test.second != nil) != (len(d.heard) == 2) {
					t.Errorf("%d requests", len(d.heard))
				}
			})
		})
	}
}
