package spoken

import "strings"

// Text is a text as a voice of a language says it, and whether all of it is said: false if parts are left out that
// only a voice of another language could say. The language is a tag such as ja-JP; an empty one is English. What is
// said ends with the end of a sentence, or is empty.
func Text(text, language string) (said string, whole bool) {
	v := voiceOf(language)
	all := read(text)
	all.stop()
	return v.say(all, false)
}

// Name is the name of a machine, a place or a part of a system, as a voice says it: without an end, and letter by
// letter where a word is not known.
func Name(name, language string) (said string, whole bool) {
	all := read(hostOf(name))
	all.drop(func(i *item) bool { return i.kind == stop || i.kind == pause })
	return voiceOf(language).say(all, true)
}

// hostOf is the host that a URL leads to, or the name itself. A probe of a URL has no other name than that URL.
func hostOf(name string) string {
	_, rest, isURL := strings.Cut(name, "://")
	if !isURL {
		return name
	}
	host, _, _ := strings.Cut(rest, "/")
	host = host[strings.LastIndex(host, "@")+1:]
	host, _, _ = strings.Cut(host, "?")
	return host
}

// voice says items in a language. spell is for names: what is not known is spelled.
type voice interface {
	say(all items, spell bool) (said string, whole bool)
}

// Japanese tells whether a language tag is that of Japanese.
func Japanese(language string) bool { return base(language) == "ja" }

func base(language string) string {
	code, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(language)), "-")
	return code
}

func voiceOf(language string) voice {
	switch base(language) {
	case "ja":
		return kanaVoice{}
	case "en", "":
		return english
	}
	return plain
}
