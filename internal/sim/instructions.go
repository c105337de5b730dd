package sim

import (
	"context"
	"encoding/xml"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	maxRedirect = 20 // documents in one call
	broken      = "an application error"
)

// verb is an element of a TwiML document, or, without a name, a piece of text in one.
type verb struct {
	name  string // empty, too, for a name in a namespace: TwiML has none of these
	attrs []xml.Attr
	text  string // all of its own text
	parts []verb // what stands in it, in order
}

// UnmarshalXML keeps the order of texts and elements, in which they are read aloud.
func (v *verb) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	if v.attrs = start.Attr; start.Name.Space == "" {
		v.name = start.Name.Local
	}
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			var inner verb
			if err := inner.UnmarshalXML(d, t); err != nil {
				return err
			}
			if inner.name != "" {
				v.parts = append(v.parts, inner)
			}
		case xml.CharData:
			v.text += string(t)
			v.parts = append(v.parts, verb{text: string(t)})
		case xml.EndElement:
			return nil
		}
	}
}

func (v verb) attr(name string) string {
	for _, a := range v.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// ssml are the elements that a text may have.
// Source: https://www.twilio.com/docs/voice/twiml/say/text-speech#use-ssml
var ssml = []string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}

// said is what a Say reads aloud: its own text and that of its SSML elements. Other elements in it are silent.
func (v verb) said() string {
	if alias := v.attr("alias"); v.name == "sub" {
		return alias
	}
	var text strings.Builder
	for _, p := range v.parts {
		switch {
		case p.name == "":
			text.WriteString(p.text)
		case slices.Contains(ssml, p.name):
			text.WriteString(p.said())
		}
	}
	return text.String()
}

// languages matches the languages of a Say: each has a region, except one kind of Arabic. Any other makes the Say
// fail.
var languages = regexp.MustCompile(`^(|arb|[a-z]{2,3}(-[A-Z]{2,3})+)$`)

// isSaid says whether a voice can say anything of a text: signs without a letter or a digit are silence.
func isSaid(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

func (v verb) number(name string, otherwise int) time.Duration {
	if n, err := strconv.Atoi(v.attr(name)); err == nil && n >= 0 {
		return time.Duration(min(n, 1000))
	}
	return time.Duration(otherwise)
}

// document is TwiML: the verbs to go through, and the URL that they came from.
type document struct {
	base  string // for relative URLs; empty if the TwiML stood in a request
	verbs []verb
}

func parseTwiml(doc, base string) *document {
	var root verb
	if err := xml.Unmarshal([]byte(doc), &root); err != nil || root.name != "Response" {
		return nil
	}
	return &document{base, root.parts}
}

// first returns the document that the create request holds, or the one at its Url or its FallbackUrl.
func (s *Sim) first(l *leg) *document {
	if twiml := l.Form.Get("Twiml"); twiml != "" {
		return parseTwiml(twiml, "")
	}
	link := l.Form.Get("Url")
	if twiml, ok := s.fetch(l, link, l.Form.Get("Method"), ""); ok {
		return parseTwiml(twiml, link)
	}
	fallback := l.Form.Get("FallbackUrl")
	if twiml, ok := s.fetch(l, fallback, l.Form.Get("FallbackMethod"), ""); ok {
		return parseTwiml(twiml, fallback)
	}
	return nil
}

// other returns the document that a later request gives the call.
func (s *Sim) other(l *leg, next string) *document {
	link, isLink := strings.CutPrefix(next, "url:")
	if !isLink {
		return parseTwiml(next, "")
	}
	return s.at(l, "", link, "", "")
}

// at fetches the document at a link, which may be relative to base.
func (s *Sim) at(l *leg, base, link, method, digits string) *document {
	u, err := url.Parse(link)
	if err != nil {
		return nil
	}
	if b, err := url.Parse(base); err == nil && base != "" {
		u = b.ResolveReference(u)
	}
	if !u.IsAbs() { // Twilio's error 15004
		return nil
	}
	twiml, ok := s.fetch(l, u.String(), method, digits)
	if !ok {
		return nil
	}
	return parseTwiml(twiml, u.String())
}

// hears records what is said to the person or machine that answered.
func (s *Sim) hears(l *leg, text string) {
	text = strings.Join(strings.Fields(text), " ")
	s.mu.Lock()
	l.Heard = append(l.Heard, text)
	s.mu.Unlock()
	s.news(l.SID, l.To, "hears “%s”", text)
}

// play goes through a document, and returns the one that follows it; done says that
// the conversation is over.
func (s *Sim) play(l *leg, doc *document) (next *document, done bool) {
	if doc == nil {
		s.hears(l, broken)
		s.pass(l, time.Second)
		return nil, true
	}
	for _, v := range doc.verbs {
		switch v.name {
		case "Hangup", "Reject":
			return nil, true
		case "Redirect":
			return s.at(l, doc.base, strings.TrimSpace(v.text), v.attr("method"), ""), false
		case "Gather":
			if next, done, pressed := s.gather(l, doc, v); pressed || done {
				return next, done
			}
		default:
			if next, gone := s.pass(l, s.speak(l, v)); gone {
				return next, next == nil
			}
		}
	}
	next, _ = s.pass(l, time.Second)
	return next, next == nil
}

// speak records what a verb says, and returns how long that takes. A verb whose exact name Twilio does not know
// takes no time.
func (s *Sim) speak(l *leg, v verb) time.Duration {
	switch v.name {
	case "Say":
		text := v.said()
		if !isSaid(text) || !languages.MatchString(v.attr("language")) {
			return 0
		}
		s.hears(l, text)
		return time.Duration(len([]rune(text))) * 70 * time.Millisecond * max(1, v.number("loop", 1))
	case "Pause":
		return v.number("length", 1) * time.Second
	case "Play":
		return 5 * time.Second * max(1, v.number("loop", 1))
	}
	return 0
}

// gather listens for keys while it speaks, and for a while after.
func (s *Sim) gather(l *leg, doc *document, v verb) (next *document, done, pressed bool) {
	var length time.Duration
	for _, inner := range v.parts {
		length += s.speak(l, inner)
	}
	p := l.nextPress()
	listens := length + v.number("timeout", 5)*time.Second
	if p.keys == "" || p.after > listens {
		next, gone := s.pass(l, listens)
		return next, gone && next == nil, gone
	}
	if next, gone := s.pass(l, p.after); gone {
		return next, next == nil, true
	}
	keys := p.keys
	if finish := v.attr("finishOnKey"); finish != "" {
		keys, _, _ = strings.Cut(keys, finish)
	}
	if n := int(v.number("numDigits", 0)); n > 0 {
		keys = keys[:min(n, len(keys))]
	}
	s.mu.Lock()
	l.Pressed = append(l.Pressed, keys)
	s.mu.Unlock()
	s.news(l.SID, l.To, "presses %s", keys)
	return s.at(l, doc.base, v.attr("action"), v.attr("method"), keys), false, true
}

// nextPress returns what the person presses at the next question.
func (l *leg) nextPress() (p press) {
	if len(l.presses) > 0 {
		p, l.presses = l.presses[0], l.presses[1:]
	}
	return p
}

// pass lets a part of the conversation pass. gone says that it was cut short: the person hung up, the TimeLimit
// was reached, or a request ended the call or gave it the document next.
func (s *Sim) pass(l *leg, d time.Duration) (next *document, gone bool) {
	end := l.cutAt
	if !l.hangsUp.IsZero() && l.hangsUp.Before(end) {
		end = l.hangsUp
	}
	t := time.NewTimer(min(s.scaled(d), max(0, time.Until(end))))
	defer t.Stop()
	select {
	case <-t.C:
		return nil, !time.Now().Before(end)
	case twiml := <-l.twiml:
		return s.other(l, twiml), true
	case <-l.ended:
	case <-s.ctx.Done():
	}
	return nil, true
}

// fetch asks the application for TwiML by a signed request, as Twilio does once a call is answered.
func (s *Sim) fetch(l *leg, link, method, digits string) (string, bool) {
	if link == "" {
		return "", false
	}
	bare, fragment, _ := strings.Cut(link, "#")
	d := overrides(fragment)
	s.mu.Lock()
	form := s.parameters(l, "in-progress")
	s.mu.Unlock()
	if digits != "" {
		form.Set("Digits", digits)
	}
	for try := 0; try <= d.retries; try++ {
		twiml, ok, again := s.fetchOnce(bare, method, form, d)
		if ok || !d.repeats(again) {
			return twiml, ok
		}
	}
	return "", false
}

// fetchOnce returns TwiML, or why there was none.
func (s *Sim) fetchOnce(link, method string, form url.Values, d delivery) (twiml string, ok bool, why string) {
	req, err := s.signed(link, method, form)
	if err != nil {
		return "", false, ""
	}
	ctx, cancel := context.WithTimeout(s.ctx, d.read)
	defer cancel()
	res, err := s.client.Do(req.WithContext(ctx))
	if err != nil {
		return "", false, "rt"
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTwiml))
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case err == nil && res.StatusCode >= http.StatusInternalServerError:
		return "", false, "5xx"
	case err != nil || res.StatusCode >= http.StatusMultipleChoices:
		return "", false, ""
	case kind == "text/plain":
		var text strings.Builder
		_ = xml.EscapeText(&text, body) // a Builder never fails
		return "<Response><Say>" + text.String() + "</Say></Response>", true, ""
	case strings.HasPrefix(kind, "audio/"):
		return "<Response><Play>x</Play></Response>", true, ""
	case kind != "text/xml" && kind != "application/xml" && kind != "text/html":
		return "", false, ""
	}
	return string(body), wellFormed(string(body)) == nil, ""
}
