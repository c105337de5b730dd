package sim

import (
	"cmp"
	"fmt"

	"golang.org/x/text/language"
)

// catalogue is the page's words in a language, by the English ones.
type catalogue map[string]string

// say is a text of the page, with its arguments.
func (c catalogue) say(english string, args ...any) string {
	text := cmp.Or(c[english], english)
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// length is a length of time, in words.
func (c catalogue) length(seconds int) string {
	if seconds < 60 {
		return c.say("%d s", max(0, seconds))
	}
	return c.say("%d min %d s", seconds/60, seconds%60)
}

// catalogues are the languages of the page.
var catalogues = map[string]catalogue{"en": english, "ja": japanese}

var languagesOfDesk = language.NewMatcher([]language.Tag{language.English, language.Japanese})

// languageOf is the page's language for what a browser says in Accept-Language.
func languageOf(accepted string) string {
	wanted, _, _ := language.ParseAcceptLanguage(accepted) // in case of an error: none
	_, i, _ := languagesOfDesk.Match(wanted...)
	return []string{"en", "ja"}[i]
}

// english has only what does not stand on the page as it is used elsewhere.
var english = catalogue{
	"there is no such call":              "There is no such call.",
	"the phone does not ring":            "The phone does not ring.",
	"the call is over":                   "The call is over.",
	"nobody has answered":                "Nobody has answered yet.",
	"Twilio has lost track of this call": "Twilio has lost track of this call.",
}

var japanese = catalogue{
	"en":  "ja",
	"ja":  "en",
	"日本語": "English",

	"Fake phones":                "模擬電話",
	"Colors":                     "配色",
	"System":                     "自動",
	"Light":                      "ライト",
	"Dark":                       "ダーク",
	"%d ringing":                 "%d台が着信中",
	"%d on the line":             "%d台が通話中",
	"1 phone rings.":             "1台が着信中です。",
	"%d phones ring.":            "%d台が着信中です。",
	"1 is on the line.":          "1台が通話中です。",
	"%d are on the line.":        "%d台が通話中です。",
	"1 call is on its way.":      "1件を発信しています。",
	"%d calls are on their way.": "%d件を発信しています。",
	"Nothing has rung yet.":      "まだ着信はありません。",
	"Nothing rings. There was 1 call, at %s.":                                    "いま着信はありません。これまでに1件（%s）。",
	"Nothing rings. There were %d calls, the last at %s.":                        "いま着信はありません。これまでに%d件、最後は%sです。",
	"No real phone rings: these phones are only here.":                           "本物の電話は鳴りません。ここにあるのは模擬の電話だけです。",
	"What scripts do is %g times as fast as life.":                               "スクリプトの電話は実際の%g倍の速さで動きます。",
	"%s rings: a call from %s.":                                                  "%sに%sから着信です。",
	"Phones without a script":                                                    "スクリプトのない電話",
	"answer by themselves":                                                       "自動で応答",
	"wait for you":                                                               "手動で応答",
	"A phone appears here as soon as it is called.":                              "電話がかかると、ここに現れます。",
	"Call one from a terminal:":                                                  "ターミナルからかけてみてください。",
	"%d more phones have not been called for longer, and are not shown.":         "ほかに、しばらく着信のない電話が%d台あります（表示していません）。",
	"The simulator does not answer. This page goes on when it does.":             "シミュレーターが応答しません。つながりしだい、表示を続けます。",
	"Keys 0 to 9, * and # of your keyboard go to the phone that is on the line.": "キーボードの0〜9、*、#は、通話中の電話のキーとして使えます。",

	"The last calls, the oldest first:":    "最近の着信（古い順）：",
	"Call from":                            "発信元",
	"gives up in %d s":                     "あと%d秒",
	"Answer":                               "応答",
	"Decline":                              "拒否",
	"Ignore":                               "無視",
	"Hang up":                              "電話を切る",
	"Keypad":                               "キーパッド",
	"star":                                 "スター",
	"hash":                                 "シャープ",
	"Twilio listens for keys.":             "Twilioがキー入力を待っています。",
	"Nobody listens for keys now.":         "いまはキー入力を待っていません。",
	"What is heard and pressed":            "聞こえた内容と押したキー",
	"plays":                                "再生",
	"silence, %d s":                        "無音（%d秒）",
	"listens for a key, up to %d s":        "キー入力を待つ（1桁、最長%d秒）",
	"listens for %d keys, up to %d s each": "キー入力を待つ（%d桁、1桁につき最長%d秒）",
	"listens for keys, up to %d s each":    "キー入力を待つ（1桁につき最長%d秒）",
	"(%s ends it)":                         "（%sで終了）",
	"pressed":                              "押したキー",
	"while nobody listened":                "（待ち受けていないとき）",
	"Has not been called yet":              "まだ着信はありません",
	"1 call before":                        "以前の着信（1件）",
	"%d calls before":                      "以前の着信（%d件）",
	"The latest %d are shown.":             "最新の%d件を表示しています。",
	"At":                                   "時刻",
	"From":                                 "発信元",
	"Result":                               "結果",
	"How long":                             "長さ",
	"Answers":                              "応答のしかた",
	"by itself":                            "自動",
	"by hand":                              "手動",
	"Give it a script":                     "スクリプトを設定",
	"Steps, one for each call; the last one is repeated": "着信1回ごとの動作（最後の動作を繰り返します）",
	"Set": "設定",

	"A call is on its way":   "発信しています",
	"Rings":                  "着信中",
	"Rings on, ignored":      "着信中（無視）",
	"On the line":            "通話中",
	"A machine has answered": "留守番電話が応答中",
	"Answered":               "応答あり",
	"Answered by a machine":  "留守番電話が応答",
	"Declined":               "拒否",
	"Busy":                   "話し中",
	"Ignored":                "無視",
	"Not answered":           "応答なし",
	"Canceled by the caller": "発信側が取り消し",
	"Can’t be reached":       "接続できない",
	"%d s":                   "%d秒",
	"%d min %d s":            "%d分%d秒",

	"there is no such call":              "その通話はありません。",
	"the phone does not ring":            "いまは着信していません。",
	"the call is over":                   "通話はもう終わっています。",
	"nobody has answered":                "まだ応答していません。",
	"Twilio has lost track of this call": "Twilioがこの通話を見失っています（stuck）。",
}
