package spoken

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What machines write, and what is heard of it in English.
func TestInEnglish(t *testing.T) {
	for text, want := range map[string]string{
		// names
		"TargetDown":                    "Target Down.",
		"KubeAPIDown":                   "Kube API Down.",
		"KubePodCrashLooping":           "Kube Pod Crash Looping.",
		"PostgreSQLDown on MySQL":       "Postgres Down on MySQL.",
		"Postgresqlx":                   "Postgresqlx.",
		"node_memory_MemAvailable":      "node memory Mem Available.",
		"checkout-7d9f8b6c5d-x2k4q":     "checkout.",
		"checkout-7d9f8b6c5d-hx7wz":     "checkout.",
		"checkout-api is slow":          "checkout api is slow.",
		"db-01.example.com:9100 is off": "db 01 is off.",
		"web-02:8080":                   "web 02.",
		"10.0.0.5:443 and 10.1.2.0/24":  "10 dot 0 dot 0 dot 5 and 10 dot 1 dot 2 dot 0.",
		"fe80::1 is gone":               "is gone.",
		"/var/lib/postgresql is full":   "var lib postgresql is full.",
		"example.com has no answer":     "example dot com has no answer.",
		"v1.2.3 is out":                 "1 dot 2 dot 3 is out.",
		"ECONNREFUSED":                  "connection refused.",
		"connect ETIMEDOUT 10.0.0.5:80": "connection timed out at 10 dot 0 dot 0 dot 5.",
		"HTTP 5xx":                      "HTTP 5 x x.",
		`instance="db-01:9100"`:         "instance db 01.",
		// what nobody can follow
		"550e8400-e29b-41d4-a716-446655440000 is gone":         "is gone.",
		"commit 3f2a9bc failed":                                "commit failed.",
		"failed at 2026-11-27T02:14:51Z on db1":                "failed on db 1.",
		"See https://wiki.example.com/disk?x=1.":               "",
		"Full. Details: https://x.example.com/a?b=c":           "Full.",
		"url=https://x.example.com/a is slow":                  "is slow.",
		"<https://g.example.com/x|Dashboard> says so":          "Dashboard says so.",
		"Probe failed (instance https://a.example.com)":        "Probe failed.",
		"off (https://x.example.com/a)now":                     "off now.",
		"mail to ops@example.com failed":                       "mail failed.",
		"TLS certificate of www.example.com expires in 3 days": "TLS certificate of example dot com expires in 3 days.",
		"Probe of https://shop.example.com/a failed":           "Probe failed.",
		"Full: see www.example.com.":                           "Full.",
		"call +819012345678":                                   "call.",
		// numbers
		"97.3154%":                    "97.3 percent.",
		"99.97% of 14151331895 bytes": "99.97 percent of 14.2 billion bytes.",
		"1e12, 1e9, 1e6, 100%, 99%":   "1 trillion, 1 billion, 1 million, 100 percent, 99 percent.",
		"web–01 — down":               "web 01, down.",
		"99.999%":                     "99.99 percent.",
		"1,204 jobs":                  "1204 jobs.",
		"0.00123 and 0.00000001":      "0.0012 and 0.",
		"1.5e+09":                     "1.5 billion.",
		"1 GiB of 4 GiB":              "1 gigabyte of 4 gigabytes.",
		"512Mi, 10MB/s":               "512 megabytes, 10 megabytes per second.",
		"for 300s":                    "for 5 minutes.",
		"for 1h30m0s":                 "for 1 hour 30 minutes.",
		"took 48000ms, 0.25s, 1.24s":  "took 48 seconds, 250 milliseconds, 1.2 seconds.",
		"in 3d":                       "in 3 days.",
		">= 90% for > 10 min":         "at least 90 percent for more than 10 minutes.",
		"has <4 GiB left":             "has less than 4 gigabytes left.",
		"filling up (< 10% left)":     "filling up, less than 10 percent left.",
		"filling up (<10% left)":      "filling up, less than 10 percent left.",
		"-5.3°C":                      "minus 5.3 degrees.",
		"3/5 keys at 02:14":           "3 of 5 keys at 02:14.",
		"backup of 2026-11-27":        "backup of November 27 2026.",
		"123456789012345":             "",
		// marks
		"[Shop] [🔴 Down] timeout":                  "Shop, Down, timeout.",
		"Firing 🔥🔥! (soon)":                        "Firing. soon.",
		"a=b==c {x:y} #12 ${foo} {{ .bar }}":       "a b c x y 12 foo bar.",
		"**Bold** and `code`":                      "Bold and code.",
		`<break time="10s"/>hi <b>there</b> & you`: "hi there you.",
		"&lt;Say&gt;x&lt;/Say&gt;":                 "x.",
		"can't -> reach":                           "can't reach.",
		"R&D":                                      "R and D.",
		"one\n\n - two\n - three":                  "one. two. three.",
		"a,,, b... c":                              "a, b. c.",
		"１２％ Ｆｕｌｌ":                                 "12 percent Full.",
		"":                                         "",
		"🔥":                                        "",
		// what an English voice can't say
		"ディスク is full": "is full.",
	} {
		if got, _ := Text(text, "en-US"); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

// The same in Japanese. Where English is left out, whole is false.
func TestInJapanese(t *testing.T) {
	saysInJapanese(t, []japaneseCase{
		{"db-01のディスク使用率が97.3154%です。至急確認してください（https://x.example.com/a）", "ディービー 01のディスク使用率が97.3パーセントです。至急確認してください。", true},
		{"ｱﾗｰﾄ：ＣＰＵ使用率９０％超", "アラート、シーピーユー使用率90パーセント超。", true},
		{"「決済」が停止、5分経過", "決済、が停止、5分経過。", true},
		{"DiskFull", "ディスクが満杯です。", true},
		{"TargetDown web-02:8080", "ターゲット停止 ウェブ 02です。", true},
		{"KubePodCrashLooping", "クーバネティス ポッドがクラッシュを繰り返しています。", true},
		{"CPU >= 90% for > 10 min", "10分以上、シーピーユー 90パーセント以上です。", true},
		{"1h30m 1.5e9 12345678 1.5e12", "1時間 30分 15億 1230万 1.5兆。", true},
		{"3/5 02:05 2026-11-27 10.0.0.5 -3%", "5のうち3 2時5分 2026年11月27日 10ドット0ドット0ドット5 マイナス3パーセント。", true},
		{"5xx", "500番台。", true},
		{"The disk of db-01 is currently 97.3% full", "ディービー 01のディスクの使用率が97.3パーセントです。", true},
		{"Filesystem has less than 3% space left.", "ファイルシステムの空き容量が3パーセント未満です。", true},
		{"No answer for 5 minutes", "応答が、5分間ありません。", true},
		{"Backup failed for more than 2h, disk is full", "2時間以上、バックアップが失敗しました。ディスクが満杯です。", true},
		{"PostgreSQL (db-01) is down", "ポストグレス、ディービー 01が停止しています。", true},
		{"The disk is full, is down", "ディスクが満杯です。停止。", true},
		{"a.example.com [FIRING:1] is Disk", "発生 1が、ディスクです。", true},
		{"Disk on [FIRING:1] is Disk", "発生 1のディスクが、ディスクです。", true},
		{"Shop, Down, timeout", "ショップ、停止、タイムアウトです。", true},
		{"No data for orders per minute", "1分あたりの注文のデータがありません。", true},
		{"One or more targets are unreachable", "ターゲットに接続できません。", true},
		{"Water leak", "水漏れです。", true},
		{"Marmalade is down", "", false},
		{"The quick brown fox", "", false},
		{"Disk of the marmalade", "", false},
		{"Disk is full, marmalade", "ディスクが満杯です。", false},
		{"Привет", "", false},
		{"", "", true},
	})
}

type japaneseCase struct {
	text, want string
	whole      bool
}

func saysInJapanese(t *testing.T, all []japaneseCase) {
	t.Helper()
	for _, c := range all {
		if got, whole := Text(c.text, "ja-JP"); got != c.want || whole != c.whole {
			t.Errorf("%q:\n got %q %v\nwant %q %v", c.text, got, whole, c.want, c.whole)
		}
	}
}

// What is half understood is not said in fragments, and a negation never becomes its contrary, or a word of its own.
func TestNegationsInJapanese(t *testing.T) {
	saysInJapanese(t, []japaneseCase{
		{"TLS certificate of www.example.com expires in 3 days", "エグザンプル ドット コムのティーエルエス証明書の期限が、あと3日で切れます。", true},
		{"Certificate expires", "証明書の期限が近づいています。", true},
		{"CertExpiringSoon", "証明書の期限がまもなく切れます。", true},
		{"Certificate expires on 2026-12-01", "証明書の期限は2026年12月1日です。", true},
		{"Certificate expires tomorrow", "証明書の期限が明日切れます。", true},
		{"Certificate has expired", "証明書の期限が切れています。", true},
		{"Certificate expired 3 days ago", "証明書の期限が3日前に切れました。", true},
		{"Certificate hasn't expired", "", false},
		{"Nightly import did not finish", "夜間 インポートが終わっていません。", true},
		{"Nightly import didn’t finish", "夜間 インポートが終わっていません。", true},
		{"The invoices for November were not sent to anybody", "", false},
		{"The report was not sent", "レポートが送信されていません。", true},
		{"NoKey", "キーがありません。", true},
		{"Someone is at the door", "", false},
		{"Error found on disk", "ディスクのエラー検出です。", true},
		{"Disk not found", "ディスクが見つかりません。", true},
		{"Disk is not full", "", false},
		{"Disk can't be full", "", false},
		{"Neither disk is full", "", false},
		{"Nothing is down", "", false},
		{"Nobody answers", "", false},
		{"Backup never failed", "", false},
		{"Backup finished without error", "", false},
		{"Server cannot be reached", "サーバーに接続できません。", true},
		{"Missing backup", "バックアップがありません。", true},
		{"Disk is full. Import is not a failure.", "ディスクが満杯です。", false},
		{"ディスクはnot fullです", "", false},
		{"ラックNo.3の温度が高い", "ラックノー 3の温度が高い。", true},
	})
	if got, _ := Name("NoKey", "ja-JP"); got != "ノー キー" {
		t.Errorf("a name is said as %q", got)
	}
}

// Where something is negated, only whole sentences are said: no word of what is left says the contrary.
func TestNegationsAreNoFragments(t *testing.T) {
	words := rapid.SampledFrom(strings.Fields("disk backup is was has full failed finished ready server to of in on open"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(words, 1, 6).Draw(t, "words")
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		text[at] = rapid.SampledFrom(append([]string{"isn't", "didn't", "won't"}, negations...)).Draw(t, "negation")
		said, whole := Text(strings.Join(text, " "), "ja-JP")
		if whole != (said != "") {
			t.Fatalf("%q is said as %q, whole %v", text, said, whole)
		}
		if whole && !strings.Contains(said, "ません") && !strings.Contains(said, "ない") {
			t.Fatalf("%q is said without its negation: %q", text, said)
		}
	})
}

// Every sentence of alerts is found by its own pattern, and leaves no slot open.
func TestClauses(t *testing.T) {
	for _, c := range clauses {
		all, want := items{}, c.said
		for _, p := range c.parts {
			switch {
			case p.slot == 'A' || p.slot == 'B':
				all.word(map[byte]string{'A': "Disk", 'B': "Server"}[p.slot])
			case p.slot != 0:
				all.add(item{kind: number, text: map[byte]string{'N': "5", 'M': "7"}[p.slot]})
			case !p.maybe:
				all.word(p.words[0])
			}
		}
		for slot, said := range map[string]string{"A": "ディスク", "B": "サーバー", "N": "5", "M": "7"} {
			want = strings.ReplaceAll(want, slot, said)
		}
		if got, ok := sentenceOf(all); !ok || got != want {
			t.Errorf("%v is said as %q, want %q", all, got, want)
		}
		if strings.ContainsFunc(want, func(r rune) bool { return unicode.Is(unicode.Latin, r) }) {
			t.Errorf("a Japanese voice is given letters: %q", want)
		}
	}
}

// Each word of the glossary stands there once, and is Japanese: of two the last would win unseen.
func TestGlossary(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(glossaryLines) {
		said, list, _ := strings.Cut(strings.TrimSpace(line), " ")
		if said != "-" && strings.ContainsFunc(said, func(r rune) bool { return !japanese(r) }) {
			t.Errorf("%q is not Japanese", said)
		}
		for word := range strings.FieldsSeq(list) {
			if seen[word] || word != strings.ToLower(word) {
				t.Errorf("%q stands there twice, or in capitals", word)
			}
			seen[word] = true
		}
	}
}

// A name is spelled where it is no word, because there is nothing else to call it by.
func TestNames(t *testing.T) {
	for _, c := range []struct{ name, english, japanese string }{
		{"db-01.example.com:9100", "db 01", "ディービー 01"},
		{"https://user:pw@shop.example.com/health?x=1", "shop", "ショップ"},
		{"kaede2", "kaede 2", "ケーエーイーディーイー 2"},
		{"10.0.0.5:443", "10 dot 0 dot 0 dot 5", "10ドット0ドット0ドット5"},
		{"shop/checkout", "shop checkout", "ショップ チェックアウト"},
		{"決済サーバー", "", "決済サーバー"},
	} {
		if got, _ := Name(c.name, "en"); got != c.english {
			t.Errorf("%q: %q", c.name, got)
		}
		if got, _ := Name(c.name, "ja"); got != c.japanese {
			t.Errorf("%q: %q", c.name, got)
		}
	}
	if _, whole := Name("marmaladenglas", "ja"); whole {
		t.Error("fourteen letters are spelled")
	}
}

// Of other languages nothing is known: their words stay, and signs go.
func TestOtherLanguages(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"de-DE", "Zertifikat läuft in <3d ab: {host=web-1} 97.35%", "Zertifikat läuft in 3 d ab, host web 1 97.3 %."},
		{"ru-RU", "Сервер db-1 не отвечает", "Сервер db 1 не отвечает."},
	} {
		if got, whole := Text(c.text, c.language); got != c.want || !whole {
			t.Errorf("%s: %q %v", c.language, got, whole)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		text string
		most time.Duration
		want string
	}{
		{"One two. Three four.", time.Minute, "One two. Three four."},
		{"One two. Three four.", 1800 * time.Millisecond, "One two."},
		{"One two three four five.", 1400 * time.Millisecond, "One two."},
		{"One 1.5 two, three four.", 2000 * time.Millisecond, "One."},
		{"One two for 1.5, three four five six.", 2600 * time.Millisecond, "One two for 1.5."},
		{"Disks have at least 1.5 gigabytes left.", 3000 * time.Millisecond, "Disks."},
		{"ディスクが満杯です。至急確認してください。", 3 * time.Second, "ディスクが満杯です。"},
		{"ディスクが満杯です。至急確認してください。", 2 * time.Second, "ディスク。"},
		{"Incomprehensibilities.", time.Second, ""},
		{"", time.Second, ""},
	} {
		if got := Fit(c.text, c.most); got != c.want {
			t.Errorf("%q in %v: %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

// heard are the characters that may be said in a language beside letters and digits.
func heard(language string) string {
	switch base(language) {
	case "ja":
		return " 、。."
	case "en":
		return " ,.':"
	}
	return " ,.':%°-"
}

// sound holds what is promised of everything that is said.
func sound(t interface {
	Helper()
	Errorf(string, ...any)
}, said, language string) {
	t.Helper()
	if !utf8.ValidString(said) || said != strings.TrimSpace(said) || strings.Contains(said, "  ") {
		t.Errorf("%s: not tidy: %q", language, said)
	}
	if said != strings.TrimLeft(said, ",、.。") || strings.Contains(said, "、、") {
		t.Errorf("%s: a pause between nothing: %q", language, said)
	}
	for _, r := range said {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
		switch {
		case !letter && !strings.ContainsRune(heard(language), r):
			t.Errorf("%s: %q is no sound: %q", language, r, said)
		case base(language) == "ja" && unicode.Is(unicode.Latin, r):
			t.Errorf("a Japanese voice is given %q: %q", r, said)
		case base(language) == "en" && japanese(r):
			t.Errorf("an English voice is given %q: %q", r, said)
		}
	}
	if strings.Contains(said, "://") {
		t.Errorf("%s: a URL is left: %q", language, said)
	}
	if fit := Fit(said, Limit); Length(fit) > Limit || !strings.HasPrefix(said, strings.TrimRight(fit, ".。")) {
		t.Errorf("%s: %v: %q of %q", language, Length(fit), fit, said)
	}
}

var languages = []string{"en-US", "ja-JP", "de-DE"}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"Disk on db-01 is 97.3154% full", `<Say>x</Say> <break time="1s"/> &amp;lt;b&gt;`,
		"http://a?b=c) d [e](mailto:f@g)", "😀👩‍👩‍👧🔥ﾃﾞｨｽｸ", "\u202e\u0000\ufffd\u2028",
		"a=b {c} \"d\" 'e' `f` #1 @x 0x1F 1e308 1e-308 9999999999999999999 5xx 1/2 2026-13-45 25:61 ::1 1.2.3.4/33",
		"は。「a」b、c・9%", "-1,00 1,000,0 +5 ~3 <=4 >5 >=6 <7 -8ms 1h2m3s 5 % ms", "ſ ﬁ ½ ㎞ ① Ⅳ ² K",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, language := range languages {
			said, whole := Text(text, language)
			sound(t, said, language)
			if again, wholeAgain := Text(text, language); again != said || wholeAgain != whole {
				t.Errorf("the same text was said in two ways: %q, %q", said, again)
			}
			name, _ := Name(text, language)
			sound(t, name, language)
		}
	})
}

// parts are what texts of machines are made of.
var parts = rapid.SampledFrom(strings.Fields("Disk is full on db-01 web-02:8080 a.example.com " +
	"https://x.example.com/a?b=c {{x}} ${y} [FIRING:1] 97.3154% 5m0s 3f2a9bc 🔥 ディスク が満杯です。 「決済」 DiskFull " +
	">= <4GiB 512MB/s 48000ms 1,204 5xx 3/5 <b>x</b> -5 02:14 10.0.0.5 can't /var/lib (soon) a=b, end. K8s s3 x"))

// Whatever parts a text has, everything that is promised holds.
func TestAnyText(t *testing.T) {
	part := rapid.OneOf(parts, rapid.StringN(0, 8, 24), rapid.StringMatching(`[!-~]{1,8}`))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), " ")
		for _, language := range languages {
			said, _ := Text(text, language)
			sound(t, said, language)
		}
	})
}

// What was said as a whole is said again in the same words: a template may do what is done anyway.
func TestSaidTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(parts, 0, 12).Draw(t, "parts"), " ")
		for _, language := range []string{"en-US", "ja-JP"} {
			said, whole := Text(text, language)
			if again, _ := Text(said, language); whole && again != said {
				t.Fatalf("%q is said as %q, and that as %q", text, said, again)
			}
		}
	})
}

// A text is shortened to nothing rather than to more than fits, and only at its end.
func TestFitIsShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said, _ := Text(rapid.String().Draw(t, "text"), rapid.SampledFrom(languages).Draw(t, "language"))
		most := time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond
		if fit := Fit(said, most); Length(fit) > most || Fit(fit, most) != fit {
			t.Fatalf("%q in %v: %q takes %v", said, most, fit, Length(fit))
		}
	})
}
