package twilio

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// element is an element of a TwiML document.
type element struct {
	name     string
	attrs    []xml.Attr
	text     string // its own, without that of its children
	children []*element
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

var errRoot = errors.New("must have one root element, Response")

// parse reads one XML document with the root element Response. It takes nothing that
// would let Twilio's parser read another document than this one, or fetch a part of it.
func parse(doc string) (*element, error) {
	if strings.HasPrefix(doc, "\ufeff") {
		return nil, errors.New("begins with a byte order mark, which Twilio does not take: leave it out")
	}
	top, err := tree(doc)
	switch {
	case err != nil:
		return nil, err
	case len(top.children) != 1 || top.children[0].name != "Response":
		return nil, errRoot
	case strings.TrimSpace(top.text) != "":
		return nil, errors.New("is not well-formed: text outside of the root element")
	}
	return top.children[0], nil
}

// tree reads a document into an element around its root.
func tree(doc string) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(doc))
	encoding := "" // that it is said to have, other than UTF-8
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		encoding = charset
		return nil, errors.New("not UTF-8")
	}
	top := &element{}
	open := []*element{top}
	for {
		begin := d.InputOffset()
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return top, nil
		}
		if encoding != "" {
			return nil, fmt.Errorf("is said to be %.40q, and reaches Twilio as UTF-8: say so, or nothing", encoding)
		}
		if err != nil {
			return nil, fmt.Errorf("is not well-formed: %w", err)
		}
		in := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			e, err := newElement(t)
			if err != nil {
				return nil, err
			}
			in.children, open = append(in.children, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			in.text += string(t)
		case xml.ProcInst: // encoding/xml lets it pass anywhere
			if t.Target != "xml" || begin > 0 {
				return nil, errors.New("is not well-formed: it may have an XML declaration at its very beginning, " +
					"and no other instruction")
			}
		case xml.Directive:
			return nil, errors.New("must not have a document type")
		}
	}
}

const xmlSpace = "http://www.w3.org/XML/1998/namespace" // of xml:lang

func newElement(t xml.StartElement) (*element, error) {
	if t.Name.Space != "" {
		return nil, fmt.Errorf("has <%.40s> in a namespace, and TwiML knows none", t.Name.Local)
	}
	seen := map[string]bool{}
	for _, a := range t.Attr {
		switch {
		case a.Name.Space != "" && a.Name.Space != xmlSpace || a.Name.Local == "xmlns":
			return nil, fmt.Errorf("has an attribute %.40q in a namespace, and TwiML knows none", a.Name.Local)
		case seen[a.Name.Space+a.Name.Local]: // encoding/xml lets it pass
			return nil, fmt.Errorf("is not well-formed: attribute %.40q appears twice", a.Name.Local)
		case unspeakable(a.Value):
			return nil, fmt.Errorf("has an attribute %.40q with characters that are no text", a.Name.Local)
		}
		seen[a.Name.Space+a.Name.Local] = true
	}
	return &element{name: t.Name.Local, attrs: t.Attr}, nil
}

// heard says whether there is something to hear before the verbs end the call.
func heard(verbs []*element) bool {
	for _, v := range verbs {
		if v.name == "Hangup" || v.name == "Reject" {
			return false
		}
		if v.audible() {
			return true
		}
	}
	return false
}

// audible says whether a verb lets something be heard. A verb that leads elsewhere does, as far
// as can be known.
func (e *element) audible() bool {
	switch e.name {
	case "Say":
		return pronounceable(e.spoken())
	case "Play":
		return strings.TrimSpace(e.text) != "" || strings.ContainsAny(e.attr("digits"), "0123456789*#ABCD")
	case "Gather":
		return heard(e.children)
	case "Record":
		return e.attr("playBeep") != "false"
	case "Pause", "Leave", "Sms", "Start", "Stop":
		return false
	}
	return true
}

// spoken is all that an element has to be read aloud, in no order.
func (e *element) spoken() string {
	text := e.text
	if e.name == "sub" {
		text = e.attr("alias") // is read in its place
	} else {
		for _, c := range e.children {
			text += " " + c.spoken()
		}
	}
	return text
}

// pronounceable says whether a text has something that a voice can say: a letter that is
// not just drawn (U+3164 is not), nor only a mark on another (ー), or a digit.
func pronounceable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		unheard := unicode.In(r, unicode.Lm, unicode.Other_Default_Ignorable_Code_Point)
		return unicode.IsLetter(r) && !unheard || unicode.IsNumber(r)
	})
}
