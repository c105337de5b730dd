package spoken

import "strings"

// read turns a text into items.
func read(text string) items {
	r := &reading{}
	for line := range strings.SplitSeq(clean(text), "\n") {
		for part := range strings.FieldsSeq(line) {
			before := len(r.items)
			r.part(part)
			if len(r.items) > before {
				r.items[before].spaced = true
			}
		}
		r.stop()
	}
	return r.items
}

// part reads what stands between two spaces: Japanese, which has none, and chunks of anything else.
func (r *reading) part(text string) {
	for text != "" {
		if end := strings.IndexFunc(text, unlike(text)); end > 0 {
			r.run(text[:end])
			text = text[end:]
			continue
		}
		r.run(text)
		return
	}
}

// unlike tells whether a character is of another writing than a text begins with.
func unlike(text string) func(rune) bool {
	first := false
	for _, r := range text {
		first = eastern(r)
		break
	}
	return func(r rune) bool { return eastern(r) != first }
}

func eastern(r rune) bool {
	return japanese(r) || strings.ContainsRune("、。・「」『』【】〈〉《》", r)
}

func (r *reading) run(text string) {
	if !strings.ContainsFunc(text, eastern) {
		r.chunk(text)
		return
	}
	r.compar = equal
	for text != "" {
		end := strings.IndexFunc(text, func(c rune) bool { return !japanese(c) })
		if end < 0 {
			end = len(text)
		}
		if end > 0 {
			r.add(item{kind: native, text: text[:end]})
			text = text[end:]
			continue
		}
		mark := []rune(text)[0]
		if mark == '。' {
			r.stop()
		} else {
			r.pause()
		}
		text = text[len(string(mark)):]
	}
}
