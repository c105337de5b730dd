package page

import (
	"html/template"
	"slices"
	"strings"

	"redial/internal/call"
	"redial/internal/store"
)

// A verdict is the sentence with which Now begins: whether calls are getting through or, if not, what is wrong and what
// to do.
type verdict struct {
	Role     string
	Sentence template.HTML
	More     template.HTML
	Command  string // that says more about what is wrong; empty: nothing is
}

// howToLook is the command that examines the set-up.
const howToLook = "redial check"

// fewest is how many calls must have ended before their share says something.
const fewest = 5

// verdict is about what there is to see.
func (v viewer) verdict(p *picture, w Ways) (verdict, error) {
	role, id, pairs := judge(p, w)
	said, err := v.say(id, pairs...)
	if err != nil {
		return verdict{}, err
	}
	out := verdict{Role: role, Sentence: said}
	if role == "bad" || role == "missed" {
		if out.More, err = v.say(id + ".fix"); err != nil {
			return out, err
		}
		out.Command = howToLook
	}
	counts, err := v.counts(&p.today)
	out.More = v.joined(string(out.More), string(counts))
	return out, err
}

// judge says how it stands: a role, and the id of a sentence with its values.
func judge(p *picture, w Ways) (role, id string, pairs []any) {
	reached, ended := p.today.Ended[call.Reached], 0
	for o, n := range p.today.Ended {
		if o != call.OutcomeCanceled {
			ended += n
		}
	}
	switch {
	case w.TwilioAway:
		return "bad", "verdict.twilio_away", nil
	case p.pause != nil && p.pause.Kind != store.PauseOfFull:
		return "bad", "verdict.paused", []any{"Code", p.pause.Code}
	case ended >= fewest && reached == 0:
		return "bad", "verdict.none", []any{"Ended", ended}
	case w.CallbacksMissing:
		return "missed", "verdict.callbacks", nil
	case ended >= fewest && reached*2 < ended:
		return "missed", "verdict.few", nil
	case reached > 0:
		return "ok", "verdict.through", nil
	case ended > 0:
		return "still", "verdict.soon", nil
	case p.today.Dialing > 0:
		return "still", "verdict.dialing", nil
	case p.today.Waiting > 0:
		return "still", "verdict.waiting", nil
	}
	return "still", "verdict.nothing", nil
}

// counts says how many were reached, and how many wait until when.
func (v viewer) counts(t *store.Today) (template.HTML, error) {
	var parts []string
	add := func(id string, pairs ...any) error {
		said, err := v.say(id, pairs...)
		parts = append(parts, string(said))
		return err
	}
	var err error
	if n := t.Ended[call.Reached]; n > 0 && t.Newest > 0 {
		err = add("counts.reached", "Count", n, "Reached", v.bounded(n),
			"First", v.count(t.First), "Newest", v.count(t.Newest))
	}
	if err == nil && t.Waiting > 0 {
		if t.OldestNext.After(v.now) {
			err = add("counts.waiting", "Count", t.Waiting, "Waiting", v.bounded(t.Waiting), "Until", v.at(t.OldestNext, ""))
		} else {
			err = add("counts.due", "Count", t.Waiting, "Waiting", v.bounded(t.Waiting))
		}
	}
	return v.joined(parts...), err
}

// joined puts sentences one after another. Japanese has no spaces between them.
func (v viewer) joined(sentences ...string) template.HTML {
	sentences = slices.DeleteFunc(sentences, func(s string) bool { return s == "" })
	return template.HTML(strings.Join(sentences, map[string]string{"en": " "}[v.Language]))
}

// A word is a part of the house, with how it is. It opens to a sentence.
type word struct {
	ID   string
	Role string
	Sign string // the shape of its dot
	Text string // its id in the catalogue
	Says template.HTML
}

func (s *Server) words(v viewer, p *picture) ([]word, error) {
	ways := s.Ways()
	list := []word{twilioWord(p, ways), {ID: "database", Role: "ok", Text: "word.database.ok"}, s.callbacksWord(ways)}
	for i := range list {
		w := &list[i]
		w.Sign = map[string]string{"ok": "dot", "still": "ring"}[w.Role]
		if w.Sign == "" {
			w.Sign = "cross"
		}
		said, err := v.say(w.Text, "Database", s.Store.Name(), "Host", s.HostURL, "Code", codeOf(p.pause))
		if err != nil {
			return nil, err
		}
		w.Says, w.Text = said, "word."+w.ID
	}
	return list, nil
}

func codeOf(p *store.Pause) int {
	if p == nil {
		return 0
	}
	return p.Code
}

func twilioWord(p *picture, w Ways) word {
	switch {
	case w.TwilioAway:
		return word{ID: "twilio", Role: "bad", Text: "word.twilio.away"}
	case p.pause == nil:
		return word{ID: "twilio", Role: "ok", Text: "word.twilio.ok"}
	case p.pause.Kind == store.PauseOfFull:
		return word{ID: "twilio", Role: "still", Text: "word.twilio.full"}
	}
	return word{ID: "twilio", Role: "bad", Text: "word.twilio.paused"}
}

func (s *Server) callbacksWord(w Ways) word {
	switch {
	case s.HostURL == "":
		return word{ID: "callbacks", Role: "still", Text: "word.callbacks.asked"}
	case w.CallbacksMissing:
		return word{ID: "callbacks", Role: "missed", Text: "word.callbacks.missing"}
	}
	return word{ID: "callbacks", Role: "ok", Text: "word.callbacks.ok"}
}
