package source

import (
	"bytes"
	"fmt"
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"
)

// content is a request whose body is decoded, whatever its sender called it.
type content struct {
	*Request
	raw    any    // an object, a list, a scalar or nil
	fields fields // raw if it is an object, else empty
	text   string // raw if it is a text
	more   int    // alerts that were not read, of a list with that name
	firing int    // of them, those that fire
	doubts []string
}

func (c *content) doubt(format string, args ...any) {
	c.doubts = append(c.doubts, fmt.Sprintf(format, args...))
}

// open decodes a body. A body that begins as JSON does is JSON, whatever its type says: curl says that it sends a
// form, browsers that it is a text.
func open(r *Request) *content {
	c := &content{Request: r}
	kind, params := mediaType(r.ContentType)
	body := bytes.TrimSpace(bytes.TrimPrefix(r.Body, []byte("\ufeff")))
	switch {
	case len(body) == 0:
	case kind == "multipart/form-data":
		c.multipart(r.Body, params["boundary"])
	case body[0] == '{' || body[0] == '[' || strings.HasSuffix(kind, "json"):
		c.json(body, strings.HasSuffix(kind, "json"))
	case kind == "application/x-www-form-urlencoded":
		c.form(string(body))
	default:
		c.plain(body)
	}
	c.wrapped()
	switch raw := c.raw.(type) {
	case map[string]any:
		c.fields = raw
	case string:
		c.text = raw
	}
	return c
}

// mediaType is the type of a body, and its parameters. Of a type that is badly written it is as much as can be read.
func mediaType(header string) (string, map[string]string) {
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		kind, _, _ = strings.Cut(header, ";")
	}
	return strings.ToLower(strings.TrimSpace(kind)), params
}

// json decodes JSON. What is no JSON is a text, and in doubt if it was announced as JSON: it may be a template that
// put a quote into a string.
func (c *content) json(body []byte, announced bool) {
	t := newTree(body)
	raw, err := t.whole()
	if err != nil {
		c.plain(body)
		if announced || body[0] == '{' {
			c.doubt("the body is not JSON, and was read as text: %.200s", err)
		}
		return
	}
	c.raw, c.more, c.firing = raw, t.more, t.firing
	if t.left > 0 {
		c.doubt("the body is too deep or has too many values: %d of them were left out", t.left)
	}
}

// form decodes the fields of a form. A form of one name without a value is a text: that is what curl -d makes of it.
func (c *content) form(body string) {
	if strings.ContainsAny(body, "=&") {
		c.collect(formFields(body))
		return
	}
	if text, err := url.QueryUnescape(body); err == nil && !strings.ContainsAny(body, " \n") {
		body = text
	}
	c.plain([]byte(body))
}

func (c *content) multipart(body []byte, boundary string) {
	all, more, err := multipartFields(body, boundary)
	if err != nil {
		c.doubt("the form breaks off: %.200s", err)
	}
	c.collect(all, more)
}

// collect makes an object of a form's fields. A field that is there several times becomes a list.
func (c *content) collect(all []field, more bool) {
	object := map[string]any{}
	for _, f := range all {
		switch before := object[f.name].(type) {
		case nil:
			object[f.name] = f.value
		case string:
			object[f.name] = []any{before, f.value}
		case []any:
			object[f.name] = append(before, f.value)
		}
	}
	if more {
		c.doubt("the form has more than %d fields: the others were left out", maxFields)
	}
	c.raw = object
}

func (c *content) plain(body []byte) {
	if !utf8.Valid(body) {
		c.doubt("the text is not UTF-8: what could not be read was left out")
	}
	c.raw = strings.ToValidUTF8(string(body), "")
}

// wrapped takes JSON out of the one field of a form that holds it.
func (c *content) wrapped() {
	object, ok := c.raw.(map[string]any)
	if !ok || len(object) != 1 {
		return
	}
	for _, name := range []string{"data", "payload"} {
		if inner, ok := unquoted(object[name]).(map[string]any); ok {
			c.raw = inner
		}
	}
}

// header is a header's text, in whatever way it was encoded.
func (c *content) header(name string) string {
	if c.Header == nil {
		return ""
	}
	value := c.Header(name)
	if decoded, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		return decoded
	}
	return value
}
