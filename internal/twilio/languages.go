package twilio

import (
	"slices"
	"strings"

	"redial/internal/nearest"
)

// languages are all languages that the Say verb takes. Of several regions of a language, the one
// that people mean most often comes first.
// Source: types SayLanguage and SsmlLangXmlLang and the voices of twilio-node 6.2.0 (lib/twiml/VoiceResponse.d.ts),
// and https://www.twilio.com/docs/voice/twiml/say/text-speech. As of 2026-11-26.
var languages = []string{
	"af-ZA", "am-ET", "ar-XA", "ar-AE", "arb", "bg-BG", "ca-ES", "cmn-CN", "cmn-TW", "cs-CZ", "da-DK", "de-DE",
	"de-AT", "el-GR", "en-US", "en-GB", "en-AU", "en-CA", "en-GB-WLS", "en-IE", "en-IN", "en-NZ", "en-ZA", "cy-GB",
	"es-ES", "es-MX", "es-US", "eu-ES", "fi-FI", "fil-PH", "fr-FR", "fr-BE", "fr-CA", "gl-ES", "gu-IN", "he-IL",
	"hi-IN", "bn-IN", "hu-HU", "id-ID", "is-IS", "it-IT", "ja-JP", "kn-IN", "ko-KR", "lt-LT", "lv-LV", "ml-IN",
	"mr-IN", "ms-MY", "nb-NO", "nl-NL", "nl-BE", "pa-IN", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sk-SK",
	"sr-RS", "sv-SE", "ta-IN", "te-IN", "th-TH", "tr-TR", "uk-UA", "vi-VN", "yue-HK", "yue-CN", "zh-CN", "zh-HK",
	"zh-TW",
}

// nearestLanguage is the one that is probably meant: written otherwise (ja_jp), without
// its region (ja), by its region alone (jp), or with another region (es-AR).
func nearestLanguage(tag string) string {
	tag = strings.ReplaceAll(strings.ReplaceAll(tag, "_", "-"), "-UK", "-GB")
	own, _, _ := strings.Cut(tag, "-")
	far := func(language string) int {
		parts := strings.Split(language, "-")
		region := parts[len(parts)-1]
		if d := nearest.Distance(tag, language); d == 0 {
			return 0
		}
		switch {
		case strings.EqualFold(own, parts[0]):
			return 1 + nearest.Distance(tag, language)
		case strings.EqualFold(tag, region):
			return 2
		}
		return 10 + min(nearest.Distance(tag, language), nearest.Distance(tag, parts[0])+1, nearest.Distance(tag, region)+1)
	}
	return slices.MinFunc(languages, func(a, b string) int { return far(a) - far(b) })
}
