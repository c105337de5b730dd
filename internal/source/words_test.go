package source

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"redial/internal/spoken"
)

const storm = `{"status":"firing","truncatedAlerts":30,"alerts":[
{"status":"firing","labels":{"alertname":"KubePodCrashLooping","namespace":"shop",
	"pod":"checkout-7d9f8b6c5d-x2k4q","severity":"critical"}},
{"status":"firing","labels":{"alertname":"NodeDown","instance":"web-01:9100","severity":"warning"}},
{"status":"firing","labels":{"alertname":"NodeDown","instance":"web-02:9100","severity":"warning"}},
{"status":"firing","labels":{"alertname":"HighLatency","service":"search"}},
{"status":"resolved","labels":{"alertname":"HighErrorRate","service":"payments"}}]}`

// spokenOf is what is heard if nobody wrote what is to be said. Whoever has nothing but this text knows what is broken,
// and where.
func spokenOf(t *testing.T) []spokenCase {
	t.Helper()
	return []spokenCase{
		{"two alerts", Alertmanager, file(t, "alertmanager.json"),
			"Critical alert from Alertmanager, 2 in all. Disk on db 01 is 97.3 percent full. Target Down on web 02.",
			"緊急の警報、全部で2件です。ディービー 01のディスクの使用率が97.3パーセントです。ほかに1件あります。"},
		{"one is over", Alertmanager, file(t, "alertmanager_resolved.json"),
			"Recovery notice from Alertmanager. Target Down on web 02.",
			"アラートマネージャーから、次の件が解消したお知らせです。ウェブ 02で、ターゲットが停止しています。"},
		{"a storm", Alertmanager, sent(storm),
			"Critical alert from Alertmanager, 34 in all. Kube Pod Crash Looping on checkout. Node Down on web 01. And 32 more.",
			"緊急の警報、全部で34件です。チェックアウトで、クーバネティス ポッドがクラッシュを繰り返しています。ほかに33件あります。"},
		{"Grafana", Grafana, file(t, "grafana.json"),
			"Critical alert from Grafana. checkout api answers 12.5 percent of requests with 5 x x.",
			"グラファナから、緊急の警報です。チェックアウト エーピーアイがリクエストの12.5パーセントに、500番台で応答しています。"},
		{"Opsgenie", Opsgenie, file(t, "opsgenie.json"),
			"Alert. Checkout is down. No answer for 5 minutes.",
			"警報です。チェックアウトが停止しています。応答が、5分間ありません。"},
		{"Opsgenie of Alertmanager", Opsgenie, file(t, "opsgenie_alertmanager.json"),
			"Critical alert, 2 in all. Disk on db 01 is 97.3 percent full. And 1 more.",
			"緊急の警報、全部で2件です。ディービー 01のディスクの使用率が97.3パーセントです。ほかに1件あります。"},
		{"PagerDuty of Alertmanager", PagerDuty, file(t, "pagerduty_alertmanager.json"),
			"Alert. Target Down on web 02.",
			"警報です。ウェブ 02で、ターゲットが停止しています。"},
		{"PagerDuty of Uptime Kuma", PagerDuty, file(t, "pagerduty.json"),
			"Warning. Uptime Kuma Monitor Down, Shop, timeout of 48 seconds exceeded.",
			"警告です。アップタイム クマ モニターが停止しています。ショップ、48秒でタイムアウトしました。"},
		{"OnCall", OnCall, sent(`{"alert_uid":"u1","title":"Queue is long","state":"alerting","message":"1,204 jobs wait"}`),
			"Alert. Queue is long. 1204 jobs wait.", "警報です。キューが長くなっています。ジョブが1204件、待っています。"},
		{"GoAlert of Uptime Kuma", GoAlert, form(t, "summary", "[Shop] [🔴 Down] timeout"),
			"Alert. Shop, Down, timeout.", "警報です。ショップ、停止、タイムアウトです。"},
		{"Uptime Kuma", UptimeKuma, file(t, "kuma.json"),
			"Alert from Uptime Kuma. Shop is down. connection refused at 10 dot 0 dot 0 dot 5.",
			"アップタイムクマから、警報です。ショップが停止しています。10ドット0ドット0ドット5への接続が拒否されました。"},
		{"its Test button", UptimeKuma, file(t, "kuma_test.json"),
			"Alert from Uptime Kuma. Phone Testing.", "アップタイムクマから、警報です。電話 テストです。"},
		{"ntfy", Text, headers(&Request{Body: []byte("Disk of db1 is full")}, "Priority", "urgent"),
			"Critical alert. Disk of db 1 is full.", "緊急の警報です。ディービー 1のディスクが満杯です。"},
		{"a text", Text, &Request{Body: []byte("お客様が玄関でお待ちです。")},
			"Message. The rest is on the screen.", "メッセージです。お客様が玄関でお待ちです。"},
		{"nothing", JSON, &Request{}, "Alert. It came without a text.", "警報です。内容は届いていません。"},
		{"Japanese", JSON, sent(`{"title":"サーバー室の温度","message":"室温が41.5度です。空調を確認してください。","severity":"critical"}`),
			"Critical alert. The rest is on the screen.", "緊急の警報です。サーバー室の温度。室温が41.5度です。空調を確認してください。"},
		{"English that has no words in Japanese", JSON, sent(`{"title":"Marmalade shortage","labels":{"site":"Kaede 2"}}`),
			"Alert. Marmalade shortage on Kaede 2.", "警報です。対象は、ケーエーイーディーイー 2です。詳しくは、画面で確認してください。"},
		{"English that is half understood", JSON,
			sent(`{"title":"The invoices for November were not sent to anybody","labels":{"host":"db-01"}}`),
			"Alert. The invoices for November were not sent to anybody on db 01.",
			"警報です。対象は、ディービー 01です。詳しくは、画面で確認してください。"},
		{"a site", JSON, sent(`{"title":"TLS certificate of www.example.com expires in 3 days"}`),
			"Alert. TLS certificate of example dot com expires in 3 days.",
			"警報です。エグザンプル ドット コムのティーエルエス証明書の期限が、あと3日で切れます。"},
		{"a place alone", JSON, sent(`{"labels":{"host":"db-01"},"state":"down"}`),
			"Alert. It is about db 01.", "警報です。対象は、ディービー 01です。"},
		{"more than there is time for", JSON,
			sent(`{"title":"Backup failed","text":"` + strings.Repeat("The disk is full. ", 50) + `"}`),
			"Alert. Backup failed. The disk is full. The disk is full. The disk is full. The disk is full. The disk is full.",
			"警報です。バックアップが失敗しました。ディスクが満杯です。ディスクが満杯です。ディスクが満杯です。"},
		{"markup", JSON, sent(
			`{"title":"</Say><Dial>+15550100</Dial>","text":"<break time=\"60s\"/>{{ .x }} &lt;Say&gt; \u0000\u202ehttp://x/"}`),
			"Alert. x.", "警報です。エックスです。"},
	}
}

type spokenCase struct {
	name              string
	source            Kind
	request           *Request
	english, japanese string
}

func TestWhatIsHeard(t *testing.T) {
	for _, c := range spokenOf(t) {
		t.Run(c.name, func(t *testing.T) {
			e, err := Read(c.source, c.request)
			if err != nil {
				t.Fatal(err)
			}
			for language, want := range map[string]string{"en-US": c.english, "ja-JP": c.japanese} {
				said, in := Words(e, language)
				if said != want || in != language {
					t.Errorf("%s:\n got %s\nwant %s", in, said, want)
				}
				soundSpeech(t, said, in)
			}
		})
	}
}

// soundSpeech holds what is promised of everything that a phone says.
func soundSpeech(t interface {
	Helper()
	Errorf(string, ...any)
}, said, in string) {
	t.Helper()
	if length := spoken.Length(said); said == "" || length > spoken.Limit || !utf8.ValidString(said) {
		t.Errorf("takes %v, or is nothing: %q", length, said)
	}
	for _, r := range said {
		switch {
		case !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" ,.':、。", r):
			t.Errorf("%q is no sound: %q", r, said)
		case in == "ja-JP" && unicode.Is(unicode.Latin, r), in == "en-US" && spoken.HasJapanese(string(r)):
			t.Errorf("a voice of %s is given %q: %q", in, r, said)
		}
	}
}

// A voice speaks the listener's own language, or English.
func TestWhoHearsWhat(t *testing.T) {
	e, err := Read(Alertmanager, file(t, "alertmanager_resolved.json"))
	if err != nil {
		t.Fatal(err)
	}
	for listener, want := range map[string]string{
		"": "en-US", "en-GB": "en-GB", "de-DE": "en-US", "ja-JP": "ja-JP", "ja": "ja",
	} {
		if _, got := Words(e, listener); got != want {
			t.Errorf("%q hears %s, want %s", listener, got, want)
		}
	}
}

// What a template says is heard as it is meant, and an alarm is heard even if it says nothing.
func TestWhatATemplateSays(t *testing.T) {
	e, err := Read(UptimeKuma, file(t, "kuma.json"))
	if err != nil {
		t.Fatal(err)
	}
	inEnglish, _ := Words(e, "en-US")
	inJapanese, _ := Words(e, "ja-JP")
	for _, c := range []struct{ text, language, want string }{
		{"{Shop} is down: see https://x.example.com", "en-US", "Shop is down."},
		{"Shop ist nicht erreichbar!", "de-DE", "Shop ist nicht erreichbar."},
		{"Shopが停止しました", "ja-JP", "ショップが停止しました。"},
		{"Shop is down", "ja-JP", inJapanese},
		{"ショップが停止しました", "en-US", inEnglish},
		{" 🔥 ", "en-US", inEnglish},
		{"", "ja-JP", inJapanese},
	} {
		if said, in := Say(c.text, e, c.language); said != c.want || in != c.language {
			t.Errorf("%q in %s: %q in %s, want %q", c.text, c.language, said, in, c.want)
		}
	}
}

// FuzzWords holds for whatever is sent that something is heard, in time, and never markup.
func FuzzWords(f *testing.F) {
	f.Add(0, []byte(storm), "")
	f.Add(9, []byte(`{"heartbeat":{"status":0},"monitor":{"name":"<Say>x</Say>"},"msg":"a://b"}`), "state=ok")
	f.Add(2, []byte("ディスク 満杯 {x} 3f2a9bc ://"), "title=%F0%9F%94%A5&p=5")
	f.Fuzz(func(t *testing.T, i int, body []byte, query string) {
		values, _ := url.ParseQuery(query)
		e, err := Read(Kinds()[uint(i)%uint(len(Kinds()))], &Request{Body: body, Query: values})
		if err != nil {
			t.Fatal(err)
		}
		for _, language := range []string{"en-US", "ja-JP"} {
			said, in := Words(e, language)
			soundSpeech(t, said, in)
			said, in = Say(e.Title+". "+e.Text, e, language)
			soundSpeech(t, said, in)
		}
	})
}

// However many members there are, and whatever they are called, all are told or counted, in time.
func TestAllAreCounted(t *testing.T) {
	title := rapid.SampledFrom([]string{
		"DiskFull", "", "ディスク満杯", "Marmalade", strings.Repeat("Long ", 40), "🔥", "a.b/c=d",
	})
	rapid.Check(t, func(t *rapid.T) {
		e := &Event{Source: rapid.SampledFrom(Kinds()).Draw(t, "source"), More: rapid.IntRange(0, 2000).Draw(t, "more")}
		for range rapid.IntRange(1, 20).Draw(t, "members") {
			e.Members = append(e.Members, Member{
				State: Firing, Title: title.Draw(t, "title"), Text: title.Draw(t, "text"),
				Labels: map[string]string{"instance": title.Draw(t, "instance")},
			})
		}
		for _, language := range []string{"en-US", "ja-JP"} {
			said, in := Words(e, language)
			soundSpeech(t, said, in)
		}
	})
}
