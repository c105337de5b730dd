package page

import (
	"html/template"
	"net/http"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// now is what the page Now shows.
type now struct {
	Title   template.HTML
	Verdict verdict
	Words   []word
	Tiles   []tile
	Rows    []row
}

// A tile is a number, with what it counts.
type tile struct {
	Text  string // its id in the catalogue
	Value string
	Of    template.HTML // beside it; may be empty
}

// Now shows whether calls are getting through, and those that ring, wait and are new.
func (s *Server) Now(r *http.Request, v viewer) (*view, error) {
	body, err := s.now(r, v)
	if err != nil {
		return nil, err
	}
	return &view{viewer: v, Page: "now", Title: body.Title, Live: "live", Body: body}, nil
}

// LiveNow is what changes of Now.
func (s *Server) LiveNow(r *http.Request, v viewer) ([]fragment, error) {
	n, err := s.now(r, v)
	if err != nil {
		return nil, err
	}
	f := fragments{book: s.books[v.Language], page: "now"}
	f.add("lead", "lead", n)
	for _, w := range n.Words {
		f.add("word-"+w.ID, "word", w)
	}
	f.add("tiles", "tiles", n)
	for _, r := range slices.Backward(n.Rows) { // so that the newest comes to stand above the others
		f.add("call-"+r.ID, "row", r)
	}
	return f.list, f.err
}

func (s *Server) now(r *http.Request, v viewer) (n *now, err error) {
	p, err := s.picture(r.Context(), question{v.Asker.OnlyOf(), v.midnight().Unix()})
	if err != nil {
		return nil, err
	}
	n = &now{}
	title, ringing := "nav.now", p.today.Dialing
	if ringing > 0 {
		title = "now.title"
	}
	if n.Title, err = v.say(title, "Count", ringing); err != nil {
		return nil, err
	}
	if n.Verdict, err = v.verdict(p, s.Ways()); err != nil {
		return nil, err
	}
	if n.Words, err = s.words(v, p); err != nil {
		return nil, err
	}
	if n.Tiles, err = v.tiles(&p.today); err != nil {
		return nil, err
	}
	n.Rows, err = v.rows(p)
	return n, err
}

// rows are the calls of a picture.
func (v viewer) rows(p *picture) (rows []row, err error) {
	q := p.queue
	q.Now = v.now
	for i := range p.calls {
		r, err := v.row(&p.calls[i].Call, q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// midnight is when today began, by the viewer's clock.
func (v viewer) midnight() time.Time {
	here := v.now.In(v.zoneOf(""))
	return time.Date(here.Year(), here.Month(), here.Day(), 0, 0, 0, 0, here.Location())
}

// tiles are the numbers of Now.
func (v viewer) tiles(t *store.Today) ([]tile, error) {
	first := tile{Text: "tile.first", Value: "–"}
	if t.Newest > 0 {
		first.Value = v.percent(t.First, t.Newest)
		of, err := v.say("tile.of", "Of", v.count(t.Newest))
		if err != nil {
			return nil, err
		}
		first.Of = of
	}
	return []tile{
		{Text: "tile.reached", Value: v.bounded(t.Ended[call.Reached])},
		first,
		{Text: "tile.dialing", Value: v.bounded(t.Dialing)},
		{Text: "tile.waiting", Value: v.bounded(t.Waiting)},
	}, nil
}
