package sim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhoMaySignIn(t *testing.T) {
	for _, test := range []struct {
		user, secret string
		status       int
	}{
		{account, token, 200},
		{"SK1", "secret", 200},
		{account, "wrong", 401},
		{"SK1", "wrong", 401},
		{"SK2", "", 401},
		{"", "", 401},
	} {
		atDesk(t, Config{APIKeys: map[string]string{"SK1": "secret"}}, func(d *desk) {
			w, _ := d.send("GET", "/2010-04-01/Accounts/"+account+".json", "", func(r *http.Request) {
				r.Header.Del("Authorization")
				if test.user != "" {
					r.SetBasicAuth(test.user, test.secret)
				}
			})
			var body struct{ Code int }
			err := json.Unmarshal(w.Body.Bytes(), &body)
			if err != nil || w.Code != test.status || (body.Code == 20003) != (test.status == 401) {
				t.Errorf("%s:%s is answered %d: %s", test.user, test.secret, w.Code, w.Body)
			}
		})
	}
}

func TestASuspendedAccountTakesNothing(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		d.sim.Suspend(20005)
		if status, body := d.rest("POST", "/Calls.json", wish(alice)); status != 401 || body["code"] != 20005.0 {
			t.Errorf("answered %d: %v", status, body)
		}
		d.sim.Suspend(0)
		if status, body := d.rest("GET", ".json", nil); status != 200 || body["status"] != "active" {
			t.Errorf("answered %d: %v", status, body)
		}
		if d.place(alice); len(d.sim.Legs()) != 1 {
			t.Error("the suspended request placed a call")
		}
	})
}

// Twilio refuses faulty create requests with these codes.
func TestCreateRequestsAreChecked(t *testing.T) {
	for _, test := range []struct {
		name, value string
		code        int
	}{
		{"To", "", 21201},
		{"From", "", 21213},
		{"To", "0901234", 21211},
		{"To", caller, 21211},
		{"From", "nobody", 21212},
		{"To", "+15005550001", 21217},
		{"To", "+15005550002", 21214},
		{"To", "+15005550003", 21215},
		{"To", "+15005550004", 21216},
		{"From", "+15005550001", 21212},
		{"Twiml", "", 21205},
		{"Twiml", "<Response><Say>" + strings.Repeat("あ", 4001) + "</Say></Response>", 32018},
		{"Twiml", "<Response><Say>", 12100},
		{"Twiml", `<?xml version="1.0"?><?xml version="1.0"?><Response/>`, 12100},
		{"Timeout", "0", 21208},
		{"Timeout", "601", 21208},
		{"Timeout", "soon", 21208},
		{"StatusCallbackMethod", "PUT", 21209},
		{"StatusCallbackEvent", "busy", 21626},
		{"StatusCallback", "/hook", 21609},
		{"StatusCallback", "https://my_host.test/hook", 21609},
		{"StatusCallback", "http://[::]:8081/hook", 21609},
		{"StatusCallback", "http://0.0.0.0/hook", 21609},
		{"StatusCallback", "https://h.test:70000/hook", 21609},
		{"StatusCallback", "https://例え.jp/hook", 21609},
		{"SendDigits", "1w2x", 21206},
		{"SendDigits", strings.Repeat("1", 33), 21206},
	} {
		atDesk(t, Config{}, func(d *desk) {
			status, body := d.rest("POST", "/Calls.json", wish(alice, test.name, test.value))
			info, _ := body["more_info"].(string)
			if status != 400 || body["code"] != float64(test.code) || body["status"] != 400.0 || body["message"] == "" ||
				!strings.HasSuffix(info, "/"+strconv.Itoa(test.code)) {
				t.Errorf("%s=%.20s is answered %d, want code %d: %v", test.name, test.value, status, test.code, body)
			}
			if len(d.sim.Legs()) > 0 {
				t.Errorf("%s=%.20s placed a call", test.name, test.value)
			}
		})
	}
	atDesk(t, Config{}, func(d *desk) {
		d.place(alice, "Timeout", "600", "SendDigits", "ww1234#*AD", "Twiml", "", "Url", "https://app.test/twiml")
		d.place("+15005550006")
		status, body := d.rest("POST", "/Calls.json", wish(alice, "Twiml", "", "Url", "ftp://app.test"))
		if status != 400 || body["code"] != 21205.0 {
			t.Errorf("answered %d: %v", status, body)
		}
	})
}

// The resource has Twilio's fields; every scalar is a string, or null.
func TestACallsResource(t *testing.T) {
	atDesk(t, Config{Default: "answer:12s"}, func(d *desk) {
		sid := d.place(alice)
		show := func() map[string]any {
			status, body := d.rest("GET", "/Calls/"+sid+".json", nil)
			if status != 200 {
				t.Fatalf("answered %d: %v", status, body)
			}
			for name, v := range body {
				if _, isText := v.(string); !isText && v != nil && name != "subresource_uris" {
					t.Errorf("%s is %v", name, v)
				}
			}
			return body
		}
		first := show()
		if first["status"] != "queued" || first["start_time"] != nil || first["duration"] != nil || len(sid) != 34 ||
			!strings.HasPrefix(sid, "CA") {
			t.Errorf("in the queue it is %v", first)
		}
		pass(time.Second)
		if got := show()["status"]; got != "queued" { // only callbacks say initiated
			t.Errorf("once initiated it is %v", got)
		}
		pass(time.Minute)
		last := show()
		for name, want := range map[string]any{
			"sid": sid, "account_sid": account, "to": alice, "from": caller, "status": "completed",
			"direction": "outbound-api", "duration": "12",
			"uri": "/2010-04-01/Accounts/" + account + "/Calls/" + sid + ".json",
		} {
			if last[name] != want {
				t.Errorf("%s is %v, want %v", name, last[name], want)
			}
		}
		for _, name := range []string{"date_created", "date_updated", "start_time", "end_time"} {
			if _, err := time.Parse(time.RFC1123Z, last[name].(string)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if status, body := d.rest("GET", "/Calls/CA404.json", nil); status != 404 || body["code"] != 20404.0 {
			t.Errorf("an unknown call is answered %d: %v", status, body)
		}
		if status, body := d.rest("PUT", "/Calls.json", nil); status != 404 || body["code"] != 20404.0 {
			t.Errorf("an unknown method is answered %d: %v", status, body)
		}
	})
}

// list asks for a list and returns the sids of a page, and the next page.
func (d *desk) list(query url.Values) (sids []string, next string) {
	d.t.Helper()
	status, body := d.rest("GET", "/Calls.json?"+query.Encode(), nil)
	if status != 200 {
		d.t.Fatalf("answered %d: %v", status, body)
	}
	for _, c := range body["calls"].([]any) {
		sids = append(sids, c.(map[string]any)["sid"].(string))
	}
	next, _ = body["next_page_uri"].(string)
	return sids, strings.TrimPrefix(next, "/2010-04-01/Accounts/"+account)
}

func TestListsAreFiltered(t *testing.T) {
	atDesk(t, Config{Scripts: map[string]string{alice: "busy,no-answer"}}, func(d *desk) {
		one := d.place(alice)
		pass(24 * time.Hour)
		two := d.place(alice)
		other := d.place(bob, "From", "+815099999999")
		pass(time.Minute)
		today, yesterday := time.Now().UTC().Format("2006-01-02"), time.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02")
		for _, test := range []struct {
			name  string
			query url.Values
			want  []string
		}{
			{"all, the newest first", nil, []string{other, two, one}},
			{"To", url.Values{"To": {alice}}, []string{two, one}},
			{"From", url.Values{"From": {caller}}, []string{two, one}},
			{"Status", url.Values{"Status": {"busy"}}, []string{one}},
			{"Status is exact", url.Values{"Status": {"Busy"}}, nil},
			{"a day", url.Values{"StartTime": {yesterday}}, []string{one}},
			{"> includes the day", url.Values{"StartTime>": {today}}, []string{other, two}},
			{"< is before its midnight", url.Values{"StartTime<": {today}}, []string{one}},
			{"an end's day", url.Values{"EndTime>": {today}, "To": {alice}}, []string{two}},
			{"a time counts as its day", url.Values{"StartTime>": {today + "T23:59:59Z"}}, []string{other, two}},
		} {
			got, _ := d.list(test.query)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", test.name, diff)
			}
		}
	})
}

func TestListsHavePages(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		var want, got []string
		for range 7 {
			want = append([]string{d.place(alice)}, want...)
		}
		d.place(bob)
		sids, next := d.list(url.Values{"To": {alice}, "PageSize": {"3"}})
		for got = sids; next != ""; got = append(got, sids...) {
			_, query, _ := strings.Cut(next, "?")
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			sids, next = d.list(values)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the pages together, -want +got:\n%s", diff)
		}
		for _, size := range []string{"0", "1001", "many"} {
			if status, body := d.rest("GET", "/Calls.json?PageSize="+size, nil); status != 400 || body["code"] != 20007.0 {
				t.Errorf("PageSize %s is answered %d: %v", size, status, body)
			}
		}
	})
}

func TestUpdatesEndCalls(t *testing.T) {
	for _, test := range []struct {
		name   string
		script string
		after  time.Duration
		form   url.Values
		code   int    // 0: taken
		end    string // in the end
		told   bool   // a callback told of the end
	}{
		{"canceled in the queue, without a word", "queued:10s", time.Second, url.Values{"Status": {"canceled"}}, 0,
			"canceled", false},
		{"completed in the queue, without a word", "queued:10s", time.Second, url.Values{"Status": {"completed"}}, 0,
			"canceled", false},
		{"canceled while it rings", "no-answer", 10 * time.Second, url.Values{"Status": {"canceled"}}, 0, "canceled", true},
		{"completed while it rings", "no-answer", 10 * time.Second, url.Values{"Status": {"completed"}}, 0, "canceled", true},
		{"canceled spares who has answered", "answer:30s", 15 * time.Second, url.Values{"Status": {"canceled"}}, 21220,
			"completed", true},
		{"completed hangs up", "answer:1h", 15 * time.Second, url.Values{"Status": {"completed"}}, 0, "completed", true},
		{"too late", "busy", time.Minute, url.Values{"Status": {"canceled"}}, 21220, "busy", true},
		{"an unknown status", "answer", 15 * time.Second, url.Values{"Status": {"paused"}}, 20001, "completed", true},
		{"other TwiML", "answer:1h", 15 * time.Second, url.Values{"Twiml": {"<Response/>"}}, 0, "completed", true},
		{"other TwiML before an answer", "no-answer", 10 * time.Second, url.Values{"Twiml": {"<Response/>"}}, 21220,
			"no-answer", true},
		{"two instructions", "answer:30s", 15 * time.Second,
			url.Values{"Twiml": {"<Response/>"}, "Url": {"https://app.test"}}, 20001, "completed", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			atDesk(t, Config{Default: test.script}, func(d *desk) {
				sid := d.place(alice)
				pass(test.after)
				status, body := d.rest("POST", "/Calls/"+sid+".json", test.form)
				if code, _ := body["code"].(float64); int(code) != test.code || (status == 200) != (test.code == 0) {
					t.Errorf("answered %d: %v", status, body)
				}
				pass(2 * time.Minute)
				if got := d.sim.Legs()[0].Status; got != test.end {
					t.Errorf("it ended %s, want %s", got, test.end)
				}
				told := false
				for _, s := range d.statuses() {
					told = told || s == test.end
				}
				if told != test.told {
					t.Errorf("its end was told: %t; %v", told, d.statuses())
				}
			})
		})
	}
}

func TestOnlyWhatHasEndedIsDeleted(t *testing.T) {
	atDesk(t, Config{Default: "no-answer"}, func(d *desk) {
		sid := d.place(alice)
		path := "/Calls/" + sid + ".json"
		if _, body := d.rest("DELETE", path, nil); body["code"] != 20009.0 {
			t.Errorf("a call that rings is deleted: %v", body)
		}
		pass(time.Minute)
		if status, _ := d.rest("DELETE", path, nil); status != 204 {
			t.Errorf("answered %d", status)
		}
		for _, method := range []string{"GET", "POST", "DELETE"} {
			if status, _ := d.rest(method, path, url.Values{"Status": {"canceled"}}); status != 404 {
				t.Errorf("%s of a deleted call is answered %d", method, status)
			}
		}
		if sids, _ := d.list(nil); len(sids) > 0 {
			t.Errorf("a deleted call is listed: %v", sids)
		}
	})
}

func TestABodyOfAMegabyteIsNoForm(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		status, body := d.rest("POST", "/Calls.json", url.Values{"To": {strings.Repeat("1", 1<<20)}})
		if status != 400 || body["code"] != 20001.0 {
			t.Errorf("answered %d: %v", status, body)
		}
	})
}
