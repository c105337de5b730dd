package source

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"

	multipartType = "multipart/form-data; boundary=x"
	oneField      = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n"
)

func sent(body string) *Request { return &Request{Body: []byte(body), ContentType: jsonType} }

func file(t *testing.T, name string) *Request {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return &Request{Body: body, ContentType: jsonType}
}

// form is a form in several parts, as axios and browsers send it.
func form(t *testing.T, pairs ...string) *Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &Request{Body: body.Bytes(), ContentType: w.FormDataContentType()}
}

func query(r *Request, pairs string) *Request {
	r.Query, _ = url.ParseQuery(pairs)
	return r
}

func path(r *Request, path string) *Request {
	r.Path = path
	return r
}

func headers(r *Request, pairs ...string) *Request {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	r.Header = h.Get
	return r
}

// told is a member in one line: what is empty is left out.
func told(m *Member) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q", m.State, m.Key)
	for _, part := range []struct{ name, text string }{
		{"title", m.Title}, {"text", m.Text}, {"severity", m.Severity}, {"link", m.Link},
		{"at", stamp(m.At)}, {"ended", stamp(m.Ended)},
	} {
		if part.text != "" {
			fmt.Fprintf(&b, " %s=%q", part.name, part.text)
		}
	}
	names := make([]string, 0, len(m.Labels))
	for name, value := range m.Labels {
		names = append(names, name+"="+value)
	}
	slices.Sort(names)
	if len(names) > 0 {
		fmt.Fprintf(&b, " %q", names)
	}
	return b.String()
}

// sections are the lines of a file below each heading.
func sections(t *testing.T, name string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	all, heading := map[string][]string{}, ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if after, ok := strings.CutPrefix(line, "# "); ok {
			heading = after
		} else if line != "" {
			all[heading] = append(all[heading], line)
		}
	}
	return all
}

// Each sender's event is understood: the members that a phone may ring for, one in a line.
func TestWhatSendersSend(t *testing.T) {
	want := sections(t, "members.txt")
	for _, c := range []struct {
		name    string
		source  Kind
		request *Request
	}{
		{"a group of Alertmanager", Alertmanager, file(t, "alertmanager.json")},
		{"its last alert is over", Alertmanager, file(t, "alertmanager_resolved.json")},
		{"Grafana", Grafana, file(t, "grafana.json")},
		{"Grafana before its unified alerting", Grafana, sent(
			`{"title":"[Alerting] CPU","ruleId":12,"ruleName":"CPU","state":"alerting","ruleUrl":"https://g/1","message":"hot","evalMatches":[]}`)},
		{"Opsgenie", Opsgenie, file(t, "opsgenie.json")},
		{"Opsgenie of Alertmanager", Opsgenie, file(t, "opsgenie_alertmanager.json")},
		{"Opsgenie, no priority", Opsgenie, sent(`{"message":"m"}`)},
		{"Opsgenie, closed", Opsgenie, path(sent(`{"source":"x"}`), "/a%2Fb%20c/close")},
		{"Opsgenie, acknowledged", Opsgenie, path(sent(``), "/ab/acknowledge")},
		{"Opsgenie, another message", Opsgenie, path(sent(`{"message":"now worse"}`), "/ab/message")},
		{"Opsgenie, a message without words", Opsgenie, path(sent(`{"message":"[FIRING:2]  "}`), "/ab/message")},
		{"Opsgenie of Grafana", Opsgenie, sent(
			`{"message":"m","alias":"a","priority":"P1","source":"Grafana","details":{"url":"https://grafana.example.com/a"}}`)},
		{"Opsgenie, a note", Opsgenie, path(sent(`{"note":"n"}`), "/ab/notes")},
		{"PagerDuty of Uptime Kuma", PagerDuty, file(t, "pagerduty.json")},
		{"PagerDuty of Alertmanager", PagerDuty, file(t, "pagerduty_alertmanager.json")},
		{"PagerDuty, over", PagerDuty, sent(`{"routing_key":"k","event_action":"resolve","dedup_key":"d"}`)},
		{"PagerDuty, acknowledged", PagerDuty, sent(`{"event_action":"acknowledge","dedup_key":"d"}`)},
		{"PagerDuty, no key", PagerDuty, sent(
			`{"event_action":"trigger","payload":{"summary":"s","source":"x","severity":"info"},"links":[{"href":"https://l/1"}]}`)},
		{"OnCall", OnCall, sent(
			`{"alert_uid":"u1","title":"Queue is long","state":"alerting","message":"1,204 jobs wait","link_to_upstream_details":"https://q/1","image_url":null}`)},
		{"OnCall, over", OnCall, sent(`{"alert_uid":"u1","title":"Queue is long","state":"ok"}`)},
		{"OnCall of Uptime Kuma", OnCall, sent(`{"title":"Shop is down","message":"timeout","state":"alerting"}`)},
		{"OnCall of Uptime Kuma, up", OnCall, sent(`{"title":"Shop is up","message":"200 - OK","state":"ok"}`)},
		{"OnCall of Uptime Kuma, test", OnCall,
			sent(`{"title":"General notification","message":"Testing","state":"alerting"}`)},
		{"OnCall of Alertmanager", OnCall, file(t, "alertmanager_resolved.json")},
		{"GoAlert", GoAlert, query(&Request{}, "summary=Disk+full&details=91%25&dedup=d1")},
		{"GoAlert of Uptime Kuma", GoAlert, form(t, "summary", "[Shop] [🔴 Down] timeout")},
		{"GoAlert of Uptime Kuma, up", GoAlert, form(t, "summary", "[Shop] [✅ Up] 200 - OK", "action", "close")},
		{"Uptime Kuma", UptimeKuma, file(t, "kuma.json")},
		{"Uptime Kuma in a form", UptimeKuma, form(t, "data",
			`{"heartbeat":{"status":1,"time":"2026-11-27 02:20:00"},"monitor":{"id":7,"name":"Shop"},"msg":"up"}`)},
		{"Uptime Kuma in a URL", UptimeKuma, query(&Request{},
			"msg=m&heartbeat="+url.QueryEscape(
				`{"status":0}`)+"&monitor="+url.QueryEscape(
				`{"id":7,"name":"Shop"}`))},
		{"Uptime Kuma's Test button", UptimeKuma, file(t, "kuma_test.json")},
		{"ntfy", Text, headers(&Request{Body: []byte("Disk of db1 is full")},
			"Title", "=?UTF-8?B?44OH44Kj44K544Kv?=", "Priority", "urgent", "Tags", "warning,db1", "Click", "https://n/1")},
		{"ntfy in a URL", Text, query(&Request{}, "title=T&message=M&priority=4")},
		{"curl -d, which says that it is a form", JSON,
			&Request{Body: []byte("Disk of db1 is 91% full"), ContentType: formType}},
		{"curl --data-urlencode", JSON, &Request{Body: []byte("Disk%20of+db1%21"), ContentType: formType}},
		{"Opsgenie, what is over", Opsgenie, sent(
			`{"message":"[RESOLVED]  ","alias":"a","description":"\nAlerts Resolved:\nLabels:\n - alertname = X\nAnnotations:\n"}`)},
		{"curl -d of JSON", JSON, &Request{Body: []byte(`{"title":"T"}`), ContentType: formType}},
		{"a form", Form, &Request{Body: []byte("title=Disk&text=91%+full&state=down"), ContentType: formType}},
		{"nothing", JSON, &Request{}},
		{"a URL alone", JSON, query(&Request{}, "key=k1&state=up")},
		{"a URL and a text", JSON,
			query(&Request{Body: []byte("all is well"), ContentType: "text/plain"}, "key=k1&state=up")},
		{"Apprise", JSON, sent(`{"version":"1.0","title":"Backup","message":"failed","type":"failure"}`)},
		{"Apprise, over", JSON, sent(`{"version":"1.0","title":"Backup","message":"done","type":"success"}`)},
		{"Icinga", JSON, sent(`{"key":"db1!disk","state":"RECOVERY","title":"disk on db1"}`)},
		{"Gatus", JSON,
			sent(`{"title":"shop/front","status":"TRIGGERED","description":"[STATUS] == 200","labels":{"group":"shop"}}`)},
		{"a sensor", JSON, sent(`{"room":"server room","temp":41.5,"Door":true}`)},
		{"JSON that is broken", JSON, sent(`{"text":"Check "shop" is down"}`)},
		{"a list", JSON, sent(`[{"title":"a","severity":"page"},{"title":"b","state":"ok"},3]`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Read(c.source, c.request)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i := range e.Members {
				got = append(got, told(&e.Members[i]))
			}
			if diff := cmp.Diff(want[c.name], got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A group is told as a whole, too.
func TestAGroupAsAWhole(t *testing.T) {
	e, err := Read(JSON, file(t, "alertmanager.json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `firing "{}:{}" title="Disk on db-01 is 97.3154% full; TargetDown" ` +
		`link="https://alerts.example.com" at="2026-11-27T02:10:00Z"`
	if got := told(&e.Member); got != want || e.Source != Alertmanager || e.Fires != 2 {
		t.Errorf("source %s, %d fire: %s", e.Source, e.Fires, got)
	}
	over, err := Read(Alertmanager, file(t, "alertmanager_resolved.json"))
	if err != nil {
		t.Fatal(err)
	}
	if over.State != Resolved || over.Fires != 0 || over.Ended.IsZero() {
		t.Errorf("%+v", over.Member)
	}
}

// What is wrong with a body is said, and the phone rings all the same.
func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		source  Kind
		request *Request
		want    string
	}{
		{Alertmanager, sent(`{"title":"x"}`), "not what the source alertmanager sends"},
		{PagerDuty, sent(`{}`), "not what the source pagerduty sends"},
		{Opsgenie, sent(``), "not what the source opsgenie sends"},
		{UptimeKuma, sent(`{"heartbeat":1}`), "not what the source uptime-kuma sends"},
		{OnCall, sent(`[1]`), "not what the source oncall sends"},
		{GoAlert, sent(`{"details":""}`), "not what the source goalert sends"},
		{JSON, sent(`{"a":`), "not JSON"},
		{JSON, &Request{Body: []byte("nope"), ContentType: "application/json; ="}, "not JSON"},
		{JSON, sent(`{"a":1} {}`), "goes on after its value"},
		{JSON, sent(strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100)), "too deep"},
		{JSON, &Request{Body: []byte(oneField), ContentType: multipartType}, "breaks off"},
		{JSON, &Request{Body: []byte("title=Disk"), ContentType: multipartType}, "breaks off"},
		{JSON, &Request{Body: []byte("a\xffb")}, "not UTF-8"},
		{Form, &Request{Body: []byte(strings.Repeat("a=1&", 2000)), ContentType: formType}, "more than 1000 fields"},
	} {
		e, err := Read(c.source, c.request)
		if err != nil {
			t.Fatal(err)
		}
		if e.State != Firing || len(e.Members) != 1 || !strings.Contains(strings.Join(e.Doubts, "; "), c.want) {
			t.Errorf("%s: %s: doubts %q, want %q", c.source, told(&e.Member), e.Doubts, c.want)
		}
	}
}

func TestWhatIsNotRead(t *testing.T) {
	if _, err := Read(JSON, &Request{Body: make([]byte, MaxBody)}); err != nil {
		t.Errorf("the largest body: %v", err)
	}
	if _, err := Read(JSON, &Request{Body: make([]byte, MaxBody+1)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Read("smoke", &Request{}); err == nil || !strings.Contains(err.Error(), "smoke") {
		t.Errorf("no such source: %v", err)
	}
}

// A sender that says no state never says that something is over: whatever differs under the
// same title is another thing.
func TestMessagesAreNamedByTheirWords(t *testing.T) {
	key := func(source Kind, body string) string {
		t.Helper()
		e, err := Read(source, sent(body))
		if err != nil {
			t.Fatal(err)
		}
		return e.Key
	}
	const lost = `{"title":"Watchtower","message":"Database container is gone"`
	if a, b := key(JSON, `{"title":"Watchtower","message":"No update of web"}`), key(JSON, lost+"}"); a == b {
		t.Errorf("two messages are one: %q", a)
	}
	if a, b := key(JSON, lost+`,"who":"ben"}`), key(JSON, lost+"}"); a == b {
		t.Errorf("a message to somebody else is the same: %q", a)
	}
	if a, b := key(JSON, lost+"}"), key(JSON, lost+"}"); a != b {
		t.Errorf("one message is two: %q, %q", a, b)
	}
	for _, state := range []string{`"state":"alerting"`, `"type":"failure"`} {
		over := `{"title":"Watchtower","message":"all is well","state":"ok"}`
		if a, b := key(JSON, lost+","+state+"}"), key(JSON, over); a != b {
			t.Errorf("what fires with %s is %q, and over %q", state, a, b)
		}
	}
}

// Of a storm, the alerts that fire are read before those that are over, wherever they stand; the others are counted.
func TestAStormIsCounted(t *testing.T) {
	var alerts []string
	for i := range 5000 {
		status := "resolved"
		if i%5 == 4 {
			status = "firing"
		}
		alerts = append(alerts, fmt.Sprintf(`{"status":%q,"fingerprint":"f%d","labels":{"alertname":"A%d"}}`, status, i, i))
	}
	body := fmt.Sprintf(`{"status":"firing","alerts":[%s],"groupKey":"g","truncatedAlerts":7}`, strings.Join(alerts, ","))
	e, err := Read(Alertmanager, sent(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Members) != MaxMembers || e.More != 4007 || e.Fires != 1000 || e.Key != "g" {
		t.Errorf("%d members, %d more, %d fire, key %q", len(e.Members), e.More, e.Fires, e.Key)
	}
	if firing(e.Members) != 1000 || e.Members[0].Key != "f4" || e.Members[999].Key != "f4999" {
		t.Errorf("from %s to %s, %d fire", e.Members[0].Key, e.Members[999].Key, firing(e.Members))
	}
	mixed := strings.Replace(body, `"firing","fingerprint"`, `"resolved","fingerprint"`, 600)
	if e, err = Read(Alertmanager, sent(mixed)); err != nil {
		t.Fatal(err)
	}
	if len(e.Members) != MaxMembers || e.More != 4007 || e.Fires != 400 || firing(e.Members) != 400 {
		t.Errorf("%d members, %d more, %d fire", len(e.Members), e.More, e.Fires)
	}
	inOrder := slices.IsSortedFunc(e.Members, func(a, b Member) int {
		return strings.Compare(fmt.Sprintf("%5s", a.Key), fmt.Sprintf("%5s", b.Key))
	})
	if !inOrder {
		t.Error("the members are not in their sender's order")
	}
}

// Data is made of plain maps, lists and scalars, which is all that templates may see.
func TestDataIsPlain(t *testing.T) {
	e, err := Read(Alertmanager, file(t, "alertmanager.json"))
	if err != nil {
		t.Fatal(err)
	}
	data := e.Data()
	if !plain(data) {
		t.Errorf("not plain: %#v", data)
	}
	member := data["members"].([]any)[0].(map[string]any)
	if member["at"] != "2026-11-27T02:14:51Z" || member["labels"].(map[string]any)["alertname"] != "DiskFull" {
		t.Errorf("%v", member)
	}
	if raw := data["raw"].(map[string]any); raw["truncatedAlerts"] != int64(0) {
		t.Errorf("%v", raw["truncatedAlerts"])
	}
}

func plain(value any) bool {
	switch v := value.(type) {
	case nil, string, bool, int, int64, float64:
		return true
	case []any:
		return !slices.ContainsFunc(v, func(one any) bool { return !plain(one) })
	case map[string]any:
		for _, one := range v {
			if !plain(one) {
				return false
			}
		}
		return true
	}
	return false
}

// Everything down to the largest depth is read, and nothing below it.
func TestDepth(t *testing.T) {
	for _, c := range []struct{ open, end string }{{`[`, `]`}, {`{"a":`, `}`}} {
		for depth, want := range map[int]int{maxDepth: 0, maxDepth + 1: 1} {
			read := newTree([]byte(strings.Repeat(c.open, depth) + "1" + strings.Repeat(c.end, depth)))
			if _, err := read.whole(); err != nil || read.left != want {
				t.Errorf("%d times %s: %d are left out, %v", depth, c.open, read.left, err)
			}
		}
	}
}

// A text that just fits stays whole.
func TestTextsThatFit(t *testing.T) {
	if got := clip("abcdef", 6); got != "abcdef" {
		t.Error(got)
	}
	if got := clip("abcdefg", 6); got != "abc…" {
		t.Error(got)
	}
}

func TestMoments(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-27T11:05:00+09:00": "2026-11-27T02:05:00Z", "2026-11-27 02:14:51.123": "2026-11-27T02:14:51Z",
		"1795745091": "2026-11-27T02:04:51Z", "1795745091000": "2026-11-27T02:04:51Z", "0001-01-01T00:00:00Z": "",
		"": "", "yesterday": "", "5": "", "9e99": "", "NaN": "", "99999-01-01T00:00:00Z": "",
	} {
		if got := stamp(moment(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if moment("2026-11-27 02:14:51.123").Nanosecond() != int(123*time.Millisecond) {
		t.Error("parts of a second are lost")
	}
}
