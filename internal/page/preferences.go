package page

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// A choice is one of the switches at the foot of each page.
type choice struct {
	Legend  string // its id in the catalogue
	Options []option
}

// An option is a button of a switch.
type option struct {
	Name, Value string
	Text        any
	Lang        string // of the text, if it is not the page's
	Pressed     bool
}

// namesOf are the languages, each by its own name.
var namesOf = map[string]string{"en": "English", "ja": "日本語"}

// Choices are the switches at the foot of each page.
func (v *view) Choices() ([]choice, error) {
	list := []choice{{Legend: "choice.language"}, {Legend: "choice.zone"}, {Legend: "choice.theme"}}
	for _, l := range languages {
		lang := l.String()
		list[0].Options = append(list[0].Options, option{"language", lang, namesOf[lang], lang, v.Language == lang})
	}
	for i, all := range map[int][]string{1: zones, 2: themes} {
		name := map[int]string{1: "zone", 2: "theme"}[i]
		for _, value := range all {
			text, err := v.say(name + "." + value)
			if err != nil {
				return nil, err
			}
			pressed := value == map[int]string{1: v.Zone, 2: v.Theme}[i]
			list[i].Options = append(list[i].Options, option{Name: name, Value: value, Text: text, Pressed: pressed})
		}
	}
	return list, nil
}

const preferenceAge = 365 * 24 * time.Hour

// Prefer keeps how the viewer likes the page, in cookies of the browser, and shows the page again.
func (s *Server) Prefer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		for _, p := range []struct {
			field, cookie string
			all           []string
		}{{"language", languageCookie, codes(languages)}, {"theme", themeCookie, themes}, {"zone", zoneCookie, zones}} {
			if value := r.PostFormValue(p.field); slices.Contains(p.all, value) {
				http.SetCookie(w, &http.Cookie{
					Name: p.cookie, Value: value, Path: "/", MaxAge: int(preferenceAge / time.Second),
					HttpOnly: true, SameSite: http.SameSiteLaxMode,
				})
			}
		}
		w.Header().Set("Location", rootOf(r.URL.Path)+back(r.PostFormValue("back")))
		w.WriteHeader(http.StatusSeeOther)
	})
}

func codes(list []language.Tag) (codes []string) {
	for _, l := range list {
		codes = append(codes, l.String())
	}
	return codes
}

// home is the way from the root to itself.
const home = "."

// back is a way from the root to a page of ours, home if a text is no such way.
func back(text string) string {
	u, err := url.Parse(text)
	if text == "" || err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || strings.HasPrefix(u.Path, "/") ||
		strings.ContainsAny(text, "\\\r\n") || slices.Contains(strings.Split(u.Path, "/"), "..") {
		return home
	}
	return u.String()
}
