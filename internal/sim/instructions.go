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
	if i := v.index(name); i >= 0 {
		return v.attrs[i].Value
	}
	return ""
}

func (v verb) has(name string) bool { return v.index(name) >= 0 }

func (v verb) index(name string) int {
	return slices.IndexFunc(v.attrs, func(a xml.Attr) bool { return a.Name.Space == "" && a.Name.Local == name })
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

// notes adds a line to the conversation.
func (s *Sim) notes(l *leg, line Line) {
	line.At = time.Now()
	s.mu.Lock()
	if len(l.Lines) < maxLines {
		l.Lines = append(l.Lines, line)
	}
	s.mu.Unlock()
	s.stir()
}

// hears records what is said to the person or machine that answered.
func (s *Sim) hears(l *leg, line Line) {
	line.Kind, line.Text = "say", strings.Join(strings.Fields(line.Text), " ")
	s.mu.Lock()
	l.Heard = append(l.Heard, line.Text)
	s.mu.Unlock()
	s.notes(l, line)
	s.news(l.SID, l.To, "hears “%s”", line.Text)
}

// play goes through a document, and returns the one that follows it; done says that
// the conversation is over.
func (s *Sim) play(l *leg, doc *document) (next *document, done bool) {
	if doc == nil {
		s.hears(l, Line{Text: broken})
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
			s.speak(l, v)
			if next, gone := s.pass(l, v.lasts()); gone {
				return next, next == nil
			}
		}
	}
	next, _ = s.pass(l, time.Second)
	return next, next == nil
}

// lasts is how long a verb takes. One whose exact name Twilio does not know takes no time.
func (v verb) lasts() time.Duration {
	switch {
	case v.isHeard():
		return time.Duration(len([]rune(v.said()))) * 70 * time.Millisecond * max(1, v.number("loop", 1))
	case v.name == "Pause":
		return v.number("length", 1) * time.Second
	case v.name == "Play":
		return 5 * time.Second * max(1, v.number("loop", 1))
	}
	return 0
}

// isHeard says whether a verb is a Say that a voice can say.
func (v verb) isHeard() bool {
	return v.name == "Say" && isSaid(v.said()) && languages.MatchString(v.attr("language"))
}

// speak records what a verb lets the person hear.
func (s *Sim) speak(l *leg, v verb) {
	switch {
	case v.isHeard():
		s.hears(l, Line{Text: v.said(), Voice: v.attr("voice"), Language: v.attr("language")})
	case v.name == "Pause":
		s.notes(l, Line{Kind: "pause", Seconds: int(v.number("length", 1))})
	case v.name == "Play":
		s.notes(l, Line{Kind: "play", Text: strings.TrimSpace(v.text)})
	}
}

// gather listens for keys while it speaks, and for a while after. The first key ends what is said.
func (s *Sim) gather(l *leg, doc *document, v verb) (next *document, done, pressed bool) {
	waits := v.number("timeout", 5) * time.Second
	script := l.nextPress()
	defer s.listen(l, v)()
	keys, whole := "", false
	for i := 0; i <= len(v.parts) && keys == ""; i++ {
		lasts := waits
		if i < len(v.parts) {
			s.speak(l, v.parts[i])
			lasts = v.parts[i].lasts()
		}
		next, gone := (*document)(nil), false
		if keys, whole, next, gone = s.hear(l, lasts, &script); gone {
			return next, next == nil, true
		}
	}
	for more := keys; more != "" && !whole && !v.isFull(keys); keys += more {
		next, gone := (*document)(nil), false
		if more, _, next, gone = s.hear(l, waits, &press{}); gone {
			return next, next == nil, true
		}
	}
	if keys = v.entered(keys); keys == "" {
		return nil, false, false
	}
	s.mu.Lock()
	l.Pressed = append(l.Pressed, keys)
	s.mu.Unlock()
	s.news(l.SID, l.To, "presses %s", keys)
	return s.at(l, doc.base, v.attr("action"), v.attr("method"), keys), false, true
}

// finish is the key that ends what is entered into a Gather; empty: none.
func (v verb) finish() string {
	if !v.has("finishOnKey") {
		return "#"
	}
	return v.attr("finishOnKey")
}

// isFull says whether Twilio takes no more keys than these.
func (v verb) isFull(keys string) bool {
	n, finish := int(v.number("numDigits", 0)), v.finish()
	return n > 0 && len(keys) >= n || finish != "" && strings.Contains(keys, finish)
}

// entered is what Twilio makes of pressed keys.
func (v verb) entered(keys string) string {
	if finish := v.finish(); finish != "" {
		keys, _, _ = strings.Cut(keys, finish)
	}
	if n := int(v.number("numDigits", 0)); n > 0 {
		keys = keys[:min(n, len(keys))]
	}
	return keys
}

// listen makes the phone's keys count until end is called. It tells the person so.
func (s *Sim) listen(l *leg, v verb) (end func()) {
	set := func(on bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for l.listens = on; len(l.keys) > 0; {
			<-l.keys
		}
	}
	set(true)
	s.notes(l, Line{Kind: "gather", Seconds: int(v.number("timeout", 5)), Keys: int(v.number("numDigits", 0)),
		Finish: v.finish()})
	return func() { set(false) }
}

// hear lets d pass while Twilio listens, unless keys are pressed before: a person's, one by one, or the script's, as a
// whole.
func (s *Sim) hear(l *leg, d time.Duration, script *press) (keys string, whole bool, next *document, gone bool) {
	whole = script.keys != "" && script.after <= d
	if whole {
		d = script.after
	}
	if keys, next, gone = s.passOr(l, d, l.keys); gone || keys != "" {
		script.keys = "" // a person has taken over
		return keys, false, next, gone
	}
	script.after -= d
	if whole {
		keys, script.keys = script.keys, ""
		s.presses(l, keys)
	}
	return keys, whole, nil, false
}

// nextPress returns what the script presses at the next question.
func (l *leg) nextPress() (p press) {
	if len(l.presses) > 0 {
		p, l.presses = l.presses[0], l.presses[1:]
	}
	return p
}

// pass lets a part of the conversation pass. gone says that it was cut short: the person hung up, the TimeLimit
// was reached, or a request ended the call or gave it the document next.
func (s *Sim) pass(l *leg, d time.Duration) (next *document, gone bool) {
	_, next, gone = s.passOr(l, d, nil)
	return next, gone
}

// passOr is pass, but ends as soon as a key is pressed.
func (s *Sim) passOr(l *leg, d time.Duration, pressed <-chan string) (key string, next *document, gone bool) {
	end := l.cutAt
	if !l.hangsUp.IsZero() && l.hangsUp.Before(end) {
		end = l.hangsUp
	}
	t := time.NewTimer(min(l.scaled(d), max(0, time.Until(end))))
	defer t.Stop()
	select {
	case <-t.C:
		return "", nil, !time.Now().Before(end)
	case key = <-pressed:
		return key, nil, false
	case twiml := <-l.twiml:
		return "", s.other(l, twiml), true
	case <-l.hungUp:
	case <-l.ended:
	case <-s.ctx.Done():
	}
	return "", nil, true
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
