package sim

import (
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const maxTwiml = 64 << 10 // bytes of a fetched document

// length is how long the instructions keep the line, given as TwiML or as a URL
// to fetch it from. One that can't be fetched or read is told of as an
// application error, which takes a second.
func (s *Sim) length(l *leg, twiml, link string) time.Duration {
	if twiml != "" {
		return duration(twiml)
	}
	if twiml, ok := s.fetch(l, link, l.Form.Get("Method")); ok {
		return duration(twiml)
	}
	if fallback := l.Form.Get("FallbackUrl"); fallback != "" {
		if twiml, ok := s.fetch(l, fallback, l.Form.Get("FallbackMethod")); ok {
			return duration(twiml)
		}
	}
	return time.Second
}

func (s *Sim) redirected(l *leg, next string) time.Duration {
	if link, ok := strings.CutPrefix(next, "url:"); ok {
		return s.length(l, "", link)
	}
	return s.length(l, next, "")
}

// fetch asks the application for TwiML, signed, as once the call is answered.
func (s *Sim) fetch(l *leg, link, method string) (string, bool) {
	if link == "" {
		return "", false
	}
	s.mu.Lock()
	form := s.parameters(l, "in-progress")
	s.mu.Unlock()
	req, err := s.signed(link, method, form)
	if err != nil {
		return "", false
	}
	res, err := s.client.Do(req)
	if err != nil {
		return "", false
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTwiml))
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case err != nil || res.StatusCode >= http.StatusMultipleChoices:
		return "", false
	case kind == "text/plain":
		return "<Response><Say>" + url.QueryEscape(string(body)) + "</Say></Response>", true
	case strings.HasPrefix(kind, "audio/"):
		return "<Response><Play>x</Play></Response>", true
	case kind != "text/xml" && kind != "application/xml" && kind != "text/html":
		return "", false
	}
	return string(body), wellFormed(string(body)) == nil
}

// duration is about how long TwiML keeps the line.
func duration(twiml string) (total time.Duration) {
	d := xml.NewDecoder(strings.NewReader(twiml))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return min(total+time.Second, time.Hour)
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		number := func(name string, otherwise int) time.Duration {
			for _, a := range start.Attr {
				if n, err := strconv.Atoi(a.Value); a.Name.Local == name && err == nil && n >= 0 {
					return time.Duration(min(n, 1000))
				}
			}
			return time.Duration(otherwise)
		}
		switch start.Name.Local {
		case "Say":
			var text string
			if d.DecodeElement(&text, &start) == nil {
				total += time.Duration(len([]rune(text))) * 70 * time.Millisecond * max(1, number("loop", 1))
			}
		case "Pause":
			total += number("length", 1) * time.Second
		case "Play":
			total += 5 * time.Second * max(1, number("loop", 1))
		case "Gather":
			total += number("timeout", 5) * time.Second
		}
	}
}
