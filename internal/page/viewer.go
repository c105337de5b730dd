package page

import (
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"

	"redial/internal/store"
)

// The cookies in which a browser keeps how its viewer likes the page. They are no secrets.
const (
	languageCookie = "redial-language"
	themeCookie    = "redial-theme"
	zoneCookie     = "redial-zone"
	// placeCookie is where the viewer is, as the browser knows it: the page's script sets it.
	placeCookie = "redial-place"
)

// Themes and zones that can be chosen, the first if nothing is.
var (
	themes = []string{"system", "light", "dark"}
	zones  = []string{"mine", "callee", "utc"}
)

// A viewer is somebody who looks at the page.
type viewer struct {
	texts
	Asker    store.Asker
	Language string
	Theme    string
	Zone     string // one of zones
	Place    string // where the viewer is, as the browser says
	Root     string // from the page to the root of the page: links work below any path
	place    *time.Location
	now      time.Time
	bare     bool // clocks are left empty: the page's script lets them run
}

var matcher = language.NewMatcher(languages)

func (s *Server) viewer(r *http.Request, a store.Asker) viewer {
	v := viewer{
		Asker: a, Language: languageOf(r), Theme: chosen(r, themeCookie, themes), Zone: chosen(r, zoneCookie, zones),
		Root: rootOf(r.URL.Path), now: s.Store.Now(),
	}
	v.texts = s.books[v.Language].texts
	v.Place, v.place = placeOf(r)
	return v
}

// Now is the time in milliseconds, by which the page's script lets clocks run.
func (v viewer) Now() int64 { return v.now.UnixMilli() }

// Scheme is the themes that the browser may draw.
func (v viewer) Scheme() string {
	if v.Theme == "system" {
		return "light dark"
	}
	return v.Theme
}

// languageOf is the language that was chosen, else the one that the browser likes best.
func languageOf(r *http.Request) string {
	_, i := language.MatchStrings(matcher, cookie(r, languageCookie), r.Header.Get("Accept-Language"))
	return languages[i].String()
}

const longestPlace = 64 // bytes of a zone's name

// placeOf is the zone of the viewer's clock, as the browser calls it, and UTC if that is not known.
func placeOf(r *http.Request) (string, *time.Location) {
	name := cookie(r, placeCookie)
	if len(name) > longestPlace {
		return "", time.UTC
	}
	place, err := time.LoadLocation(name)
	if err != nil || place == time.Local { // which is the server's
		return name, time.UTC
	}
	return name, place
}

func chosen(r *http.Request, name string, all []string) string {
	got := cookie(r, name)
	for _, v := range all {
		if v == got {
			return v
		}
	}
	return all[0]
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// rootOf is the way from a path to the root of the page.
func rootOf(path string) string {
	if up := strings.Count(path, "/") - 1; up > 0 {
		return strings.Repeat("../", up)
	}
	return "./"
}
