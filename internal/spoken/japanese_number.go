package spoken

import (
	"strconv"
	"strings"
	"time"
)

// japaneseUnits stand behind a number.
var japaneseUnits = map[unit]string{
	"%": "パーセント", "°": "度", "times": "倍", "B": "バイト", "kB": "キロバイト", "MB": "メガバイト", "GB": "ギガバイト",
	"TB": "テラバイト", "B/s": "バイト毎秒", "kB/s": "キロバイト毎秒", "MB/s": "メガバイト毎秒", "GB/s": "ギガバイト毎秒",
	"kbit": "キロビット毎秒", "Mbit": "メガビット毎秒", "Gbit": "ギガビット毎秒", "/s": "毎秒", "ms": "ミリ秒", "s": "秒",
	"m": "分", "h": "時間", "d": "日", "xx": "00番台",
}

var japaneseCompares = [5]string{"", "未満", "超", "以下", "以上"}

// japaneseNumber is a number with its unit and what it is compared with.
func japaneseNumber(one *item) string {
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
