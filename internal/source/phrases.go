package source

import (
	"strconv"
	"strings"
)

// phrases are what redial itself says about events in a language.
type phrases struct {
	language string
	gap      string                              // between two sentences
	stop     string                              // behind a sentence that another one follows
	senders  map[Kind]string                     // as the language calls them; of a borrowed API nobody knows who sends
	states   map[State]string                    // how a sentence about what does not fire begins
	levels   map[level]string                    // what is reported, by how bad it is
	message  string                              // of a text, which is no alert
	report   func(what, by string, n int) string // by may be empty; n things are reported at once
	place    func(what, where string) string
	others   string // with # for the number
	look     string // something could not be said
	empty    string // nothing was sent
}

var englishPhrases = phrases{
	language: "en-US", gap: " ", stop: ". ",
	senders: map[Kind]string{
		Alertmanager: "Alertmanager", Grafana: "Grafana", UptimeKuma: "Uptime Kuma",
	},
	states:  map[State]string{Resolved: "Recovery notice", Acknowledged: "Acknowledgement", Updated: "Update"},
	levels:  map[level]string{critical: "Critical alert", alert: "Alert", warning: "Warning", notice: "Notice"},
	message: "Message",
	report: func(what, by string, n int) string {
		if by != "" {
			what += " from " + by
		}
		if n > 1 {
			what += ", " + strconv.Itoa(n) + " in all"
		}
		return what + "."
	},
	place: func(what, where string) string {
		if what == "" {
			return "It is about " + where + "."
		}
		return strings.TrimSuffix(what, ".") + " on " + where + "."
	},
	others: "And # more.",
	look:   "The rest is on the screen.",
	empty:  "It came without a text.",
}

var japanesePhrases = phrases{
	language: "ja-JP", stop: "。",
	senders: map[Kind]string{
		Alertmanager: "アラートマネージャー", Grafana: "グラファナ", UptimeKuma: "アップタイムクマ",
	},
	states:  map[State]string{Resolved: "次の件が解消したお知らせ", Acknowledged: "対応開始のお知らせ", Updated: "続報"},
	levels:  map[level]string{critical: "緊急の警報", alert: "警報", warning: "警告", notice: "お知らせ"},
	message: "メッセージ",
	report: func(what, by string, n int) string {
		switch {
		case n > 1:
			what += "、全部で" + strconv.Itoa(n) + "件" // without its sender, whose name in kana takes three seconds
		case by != "":
			what = by + "から、" + what
		}
		return what + "です。"
	},
	place: func(what, where string) string {
		if strings.Contains(what, "が") || strings.HasSuffix(what, "ません。") || strings.HasSuffix(what, "ました。") {
			return where + "で、" + what
		}
		return what + "対象は、" + where + "です。"
	},
	others: "ほかに#件あります。",
	look:   "詳しくは、画面で確認してください。",
	empty:  "内容は届いていません。",
}

// lead is the first sentence: who reports what.
func (p *phrases) lead(source Kind, state State, bad level, n int) string {
	what, isState := p.states[state]
	switch {
	case isState:
	case source == Text && bad == alert:
		what = p.message
	default:
		what = p.levels[bad]
	}
	return p.report(what, p.senders[source], n)
}

// rest counts what is not told by name.
func (p *phrases) rest(n int) string { return strings.Replace(p.others, "#", strconv.Itoa(n), 1) }

// placed is a sentence that tells what is wrong and where. Where it is says nothing by itself, but is better than
// nothing.
func (p *phrases) placed(what, where string) string {
	if where == "" {
		return what
	}
	return p.place(what, where)
}

// level is how bad something is, as far as words can tell it.
type level int

const (
	notice level = iota
	warning
	alert
	critical
)

// levelWords are what senders call a severity. What has none, or another, is an alert.
var levelWords = map[string]level{
	"critical": critical, "crit": critical, "page": critical, "emergency": critical, "emerg": critical, "fatal": critical,
	"disaster": critical, "urgent": critical, "sev1": critical, "p0": critical,
	"warning": warning, "warn": warning, "minor": warning,
	"info": notice, "information": notice, "informational": notice, "notice": notice, "none": notice, "debug": notice,
}

// worst is how bad the worst of some members is.
func worst(members []Member) level {
	bad := notice
	for i := range members {
		one, known := levelWords[strings.ToLower(members[i].Severity)]
		if !known {
			one = alert
		}
		bad = max(bad, one)
	}
	return bad
}
