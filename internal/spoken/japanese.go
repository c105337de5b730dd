package spoken

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// kanaVoice says items in Japanese: English words as kana, if they are known.
type kanaVoice struct{}

// japaneseUnits stand behind a number.
var japaneseUnits = map[unit]string{
	"%": "パーセント", "°": "度", "times": "倍", "B": "バイト", "kB": "キロバイト", "MB": "メガバイト", "GB": "ギガバイト",
	"TB": "テラバイト", "B/s": "バイト毎秒", "kB/s": "キロバイト毎秒", "MB/s": "メガバイト毎秒", "GB/s": "ギガバイト毎秒",
	"kbit": "キロビット毎秒", "Mbit": "メガビット毎秒", "Gbit": "ギガビット毎秒", "/s": "毎秒", "ms": "ミリ秒", "s": "秒",
	"m": "分", "h": "時間", "d": "日", "xx": "00番台",
}

var japaneseCompares = [5]string{"", "未満", "超", "以下", "以上"}

func (v kanaVoice) say(all items, spell bool) (said string, whole bool) {
	var b strings.Builder
	all, whole = negated(all), true
	pending, foreign := "", false // a mark before the next item; whether the one before is no Japanese
	for i := range all {
		text, native := "", all[i].kind == native
		switch one := &all[i]; one.kind {
		default:
			text = one.text
		case word:
			var known bool
			text, known = kanaOf(one.text, spell)
			whole = whole && known
		case number:
			text = v.number(one)
		case pause:
			if pending != "。" && b.Len() > 0 {
				pending = "、"
			}
		case stop:
			if b.Len() > 0 {
				pending = "。"
			}
		}
		if text == "" {
			continue
		}
		if pending == "" && b.Len() > 0 && (all[i].spaced || foreign && !native) {
			pending = " "
		}
		b.WriteString(pending + text)
		pending, foreign = "", !native
	}
	if pending == "。" {
		b.WriteString(pending)
	}
	return b.String(), whole
}

// negated puts "no" behind what there is none of.
func negated(all items) items {
	all = slices.Clone(all)
	for i := range len(all) - 1 {
		if a, b := &all[i], &all[i+1]; a.kind == word && b.kind == word && strings.EqualFold(a.text, "no") {
			a.text, b.text = b.text, a.text
		}
	}
	return all
}

func (kanaVoice) number(one *item) string {
	text := one.text
	switch {
	case strings.Contains(text, "-"):
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			text = day.Format("2006年1月2日")
		}
	case strings.Contains(text, ":"):
		hour, minute, _ := strings.Cut(text, ":")
		text = strings.TrimPrefix(hour, "0") + "時" + strings.TrimPrefix(minute, "0") + "分"
		text = strings.NewReplacer("時分", "時", "時0分", "時").Replace(text)
	case strings.Count(text, ".") > 1:
		text = strings.ReplaceAll(text, ".", "ドット")
	case one.scale != ones:
		text = myriads(text, one.scale)
	}
	if one.of != "" {
		text = one.of + "のうち" + text
	}
	if one.minus {
		text = "マイナス" + text
	}
	return text + japaneseUnits[one.unit] + japaneseCompares[one.compar]
}

// myriads is a large number as Japanese counts: by ten thousands.
func myriads(text string, by scale) string {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	for range by {
		value *= 1000
	}
	value *= 1000
	switch {
	case value >= 1e12:
		return rounded(value/1e12) + "兆"
	case value >= 1e8:
		return rounded(value/1e8) + "億"
	}
	return rounded(value/1e4) + "万"
}
