package page

import (
	"strconv"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"redial/internal/store"
)

// bounded writes a count that ends at store.TodayMost.
func (v viewer) bounded(n int) string {
	if n > store.TodayMost {
		return v.count(store.TodayMost) + "+"
	}
	return v.count(n)
}

// count writes a count as the viewer's language does.
func (v viewer) count(n int) string {
	return message.NewPrinter(language.Make(v.Language)).Sprint(n)
}

func (v viewer) percent(part, whole int) string {
	return strconv.Itoa(int(float64(part)/float64(whole)*100+0.5)) + "%"
}
