package twilio

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redial/internal/call"
)

func TestParseReport(t *testing.T) {
	for name, tc := range map[string]struct {
		form string
		want call.Report // zero: refused
	}{
		"no answer": {"CallSid=CA1&CallStatus=no-answer&CallDuration=0&Duration=0&SipResponseCode=487&SequenceNumber=0",
			call.Report{SID: "CA1", Status: call.StatusNoAnswer, SIPCode: 487}},
		"answered":         {"CallSid=CA1&CallStatus=in-progress", call.Report{SID: "CA1", Status: call.InProgress}},
		"the event's name": {"CallSid=CA1&CallStatus=answered", call.Report{SID: "CA1", Status: call.InProgress}},
		"seconds, minutes": {"CallSid=CA1&CallStatus=completed&CallDuration=61&Duration=2",
			call.Report{SID: "CA1", Status: call.StatusCompleted, Duration: 61}},
		"a fraction": {"CallSid=CA1&CallStatus=completed&CallDuration=61.93",
			call.Report{SID: "CA1", Status: call.StatusCompleted, Duration: 61}},
		"numbers of rubbish": {"CallSid=CA1&CallStatus=failed&CallDuration=NaN&SipResponseCode=9999",
			call.Report{SID: "CA1", Status: call.StatusFailed}},
		"a negative one": {"CallSid=CA1&CallStatus=failed&CallDuration=-4&SipResponseCode=-1",
			call.Report{SID: "CA1", Status: call.StatusFailed}},
		"endless": {"CallSid=CA1&CallStatus=failed&CallDuration=%2BInf",
			call.Report{SID: "CA1", Status: call.StatusFailed, Duration: 1<<31 - 1}},
		"another sid form": {"CallSid=v3:abc-_.=&CallStatus=busy", call.Report{SID: "v3:abc-_.=", Status: call.StatusBusy}},
		"no sid":           {"CallStatus=busy", call.Report{}},
		"a path as sid":    {"CallSid=../x&CallStatus=busy", call.Report{}},
		"no status":        {"CallSid=CA1", call.Report{}},
		"a new status":     {"CallSid=CA1&CallStatus=parked", call.Report{SID: "CA1", Status: "parked"}},
		"a machine": {"CallSid=CA1&CallStatus=completed&AnsweredBy=machine_end_beep",
			call.Report{SID: "CA1", Status: call.StatusCompleted, AnsweredBy: "machine_end_beep"}},
		"an error": {"CallSid=CA1&CallStatus=completed&ErrorCode=11200",
			call.Report{SID: "CA1", Status: call.StatusCompleted, ErrorCode: 11200}},
		"a warning": {"CallSid=CA1&CallStatus=completed&ErrorCode=12200",
			call.Report{SID: "CA1", Status: call.StatusCompleted}},
		"no code": {"CallSid=CA1&CallStatus=completed&ErrorCode=-x", call.Report{SID: "CA1", Status: call.StatusCompleted}},
		"no text": {"CallSid=CA1&CallStatus=completed&AnsweredBy=machine_%FF",
			call.Report{SID: "CA1", Status: call.StatusCompleted}},
	} {
		t.Run(name, func(t *testing.T) {
			form, err := url.ParseQuery(tc.form)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseReport(form)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
			if refused := tc.want == (call.Report{}); refused != errors.Is(err, ErrNoReport) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add("CallSid=CA1&CallStatus=no-answer&CallDuration=0&SipResponseCode=487")
	f.Add("CallSid=CA1&CallStatus=completed&CallDuration=1e9")
	f.Fuzz(func(t *testing.T, raw string) {
		form, _ := url.ParseQuery(raw)
		r, err := ParseReport(form)
		if err != nil {
			if r != (call.Report{}) {
				t.Errorf("error %v beside %+v", err, r)
			}
			return
		}
		if r.SID == "" || len(r.SID) > 200 || !r.Status.Known() || r.Duration < 0 || r.SIPCode < 0 || r.SIPCode > 699 {
			t.Errorf("report %+v", r)
		}
	})
}

func TestLookUp(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   call.Report
	}{
		"ringing": {reply(200, `{"sid": "`+callSID+`", "status": "ringing", "duration": null}`),
			call.Report{SID: callSID, Status: call.Ringing, Asked: true}},
		"begun": {reply(200,
			`{"sid": "`+callSID+`", "status": "queued", "start_time": "Tue, 31 Aug 2010 20:36:28 +0000"}`),
			call.Report{SID: callSID, Status: call.Queued, Asked: true, Begun: true}},
		"completed": {reply(200, `{"sid": "`+callSID+`", "status": "completed", "duration": "15"}`),
			call.Report{SID: callSID, Status: call.StatusCompleted, Duration: 15, Asked: true}},
		"a number": {reply(200, `{"sid": "`+callSID+`", "status": "completed", "duration": 15}`),
			call.Report{SID: callSID, Status: call.StatusCompleted, Duration: 15, Asked: true}},
		"another call":      {reply(200, `{"sid": "CA1", "status": "completed"}`), call.Report{}},
		"no known status":   {reply(200, `{"sid": "`+callSID+`", "status": "on-hold"}`), call.Report{}},
		"not there yet":     {twilioError(404, 20404), call.Report{}},
		"redirected":        {reply(307, `{"sid": "`+callSID+`", "status": "completed"}`, "Location", "/"), call.Report{}},
		"an HTML page":      {reply(200, `<html>`), call.Report{}},
		"a dropped request": {hijack(""), call.Report{}},
	} {
		t.Run(name, func(t *testing.T) {
			base, requests := serve(t, tc.answer)
			got, err := client(t, Config{BaseURL: base}).LookUp(t.Context(), callSID)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err == nil) != (tc.want != call.Report{}) {
				t.Errorf("error %v, report (-want +got):\n%s", err, diff)
			}
			// The transport may repeat a GET.
			r := requests()[0]
			if r.method != "GET" || r.path != "/2010-04-01/Accounts/"+accountSID+"/Calls/"+callSID+".json" || r.query != "" {
				t.Errorf("%s %s?%s", r.method, r.path, r.query)
			}
		})
	}
}

func TestLookUpSaysWhatWasAnswered(t *testing.T) {
	base, _ := serve(t, twilioError(404, 20404))
	_, err := client(t, Config{BaseURL: base}).LookUp(t.Context(), callSID)
	if e, ok := errors.AsType[*StatusError](err); !ok || e.Status != 404 || e.Code != 20404 {
		t.Errorf("error %v", err)
	}
}

// A call that can't be ended is looked at, as it may just have been answered.
func TestHangUp(t *testing.T) {
	for name, tc := range map[string]struct {
		ended, found http.HandlerFunc
		want         call.Report
	}{
		"ended": {reply(200, `{"sid": "`+callSID+`", "status": "canceled"}`), nil,
			call.Report{SID: callSID, Status: call.StatusCanceled, Asked: true}},
		"just answered": {twilioError(400, 21220), reply(200, `{"sid": "`+callSID+`", "status": "in-progress"}`),
			call.Report{SID: callSID, Status: call.InProgress, Asked: true}},
		"already over": {twilioError(400, 21220), reply(200, `{"sid": "`+callSID+`", "status": "busy"}`),
			call.Report{SID: callSID, Status: call.StatusBusy, Asked: true}},
		"refused":      {twilioError(401, 20003), nil, call.Report{}},
		"no answer":    {hijack(""), nil, call.Report{}},
		"another call": {reply(200, `{"sid": "CA1", "status": "canceled"}`), nil, call.Report{}},
	} {
		t.Run(name, func(t *testing.T) {
			base, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "POST" {
					tc.ended(w, r)
				} else {
					tc.found(w, r)
				}
			})
			got, err := client(t, Config{BaseURL: base}).HangUp(t.Context(), callSID)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err == nil) != (tc.want != call.Report{}) {
				t.Errorf("error %v, report (-want +got):\n%s", err, diff)
			}
			r := requests()[0]
			if r.method != "POST" || r.path != "/2010-04-01/Accounts/"+accountSID+"/Calls/"+callSID+".json" ||
				r.form.Encode() != "Status=canceled" {
				t.Errorf("%s %s %s", r.method, r.path, r.form.Encode())
			}
		})
	}
	if _, err := client(t, Config{}).HangUp(t.Context(), "../x"); err == nil {
		t.Error("what is no sid is put into a path")
	}
}

func TestLookUpAsksOnlyAboutSids(t *testing.T) {
	base, requests := serve(t, reply(200, `{}`))
	c := client(t, Config{BaseURL: base})
	for _, sid := range []string{"", ".", "..", "../x", "a/b", "a?b", "a%2fb", "a b"} {
		if _, err := c.LookUp(t.Context(), sid); err == nil || len(requests()) > 0 {
			t.Errorf("sid %q: error %v, %d requests", sid, err, len(requests()))
		}
	}
}

func TestCheckAccount(t *testing.T) {
	const works, stopped, untold = "works", "stopped", "untold"
	key := Config{APIKey: "SK1", APISecret: "s"}
	byPath := func(account, calls http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/2010-04-01/Accounts/"+accountSID+".json" {
				account(w, r)
				return
			}
			calls(w, r)
		}
	}
	for name, tc := range map[string]struct {
		cfg    Config
		answer http.HandlerFunc
		want   string
	}{
		"active":                    {Config{}, reply(200, `{"status": "active"}`), works},
		"no status":                 {Config{}, reply(200, `{"sid": "x"}`), works},
		"suspended":                 {Config{}, reply(200, `{"status": "suspended"}`), stopped},
		"closed":                    {key, reply(200, `{"status": "closed"}`), stopped},
		"wrong token":               {Config{}, twilioError(401, 20003), stopped},
		"wrong base URL":            {Config{}, reply(404, "<html>"), stopped},
		"too many requests":         {Config{}, twilioError(429, 20429), untold},
		"an error there":            {Config{}, twilioError(500, 20500), untold},
		"hung up":                   {Config{}, hijack(""), untold},
		"a captive portal":          {Config{}, reply(200, "<html>"), untold},
		"a standard API key":        {key, byPath(twilioError(401, 20003), reply(200, `{"calls": []}`)), works},
		"a deleted API key":         {key, twilioError(401, 20003), stopped},
		"an API key, then an error": {key, byPath(twilioError(403, 20003), reply(502, "")), untold},
	} {
		t.Run(name, func(t *testing.T) {
			base, _ := serve(t, tc.answer)
			tc.cfg.BaseURL = base
			err := client(t, tc.cfg).CheckAccount(t.Context())
			got := untold
			if p, ok := err.(*call.PlaceError); ok && p.Fate == call.FateAccount {
				got = stopped
			} else if err == nil {
				got = works
			}
			if got != tc.want {
				t.Errorf("error %v, want the account to be %s", err, tc.want)
			}
		})
	}
}
