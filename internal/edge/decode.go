package edge

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"redial/api"
)

// An answer that lists the faults of a request is bounded, whatever the request contains.
const (
	maxFaults = 20   // that are listed; the others are counted
	maxField  = 200  // bytes of a field's name
	maxDetail = 1000 // room for the line of a setting with many hosts
	maxValues = 1000 // in a list or an object within a field
	maxNames  = 5000 // in a body, far more than the fields of any request can have
)

// Faults collects what is wrong with the fields of a request: the first faults, and how many more there are.
type Faults struct {
	list []api.FieldError
	more int
}

// None says that nothing is wrong.
func (f *Faults) None() bool { return f.count() == 0 }

func (f *Faults) count() int { return len(f.list) + f.more }

// Add adds a fault of a field.
func (f *Faults) Add(field, detail string) {
	if len(f.list) == maxFaults {
		f.more++
		return
	}
	f.list = append(f.list, api.FieldError{Field: brief(field, maxField), Detail: brief(detail, maxDetail)})
}

// Wrong adds the fault that an error of a field describes; nil is none.
func (f *Faults) Wrong(field string, err error) {
	if err != nil {
		f.Add(field, Text(err))
	}
}

// brief shortens a text that somebody sent, which may have any length.
func brief(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Problem is the answer to a request with faults. It is nil if there are none.
func (f *Faults) Problem() error {
	if f.None() {
		return nil
	}
	p := Problem(422, "the request can't be taken as it is: %s: %s", f.list[0].Field, f.list[0].Detail)
	if f.more > 0 {
		p.Detail += fmt.Sprintf("; of %d faults, errors lists the first %d", f.count(), maxFaults)
	}
	p.Errors, p.MoreErrors = f.list, f.more
	return p
}

// Problem makes an error that is answered as it is.
func Problem(status int, detail string, args ...any) *api.Problem {
	return &api.Problem{
		Type: "about:blank", Status: status, Title: http.StatusText(status), Detail: fmt.Sprintf(detail, args...),
	}
}

// CheckJSON returns a 400 for a body that is not one JSON value of sound text. encoding/json would read text that is
// no UTF-8, or has half of a surrogate pair, as U+FFFD, which is spoken as garbage. And it would take the last of two
// fields with one name, while a program that checked the body before may have taken the first.
//
// Names are kept in memory to find one that stands twice. That is left out for a body with so many names that it is
// refused anyway.
func CheckJSON(body []byte) error {
	d := decoding(body, values(body) > maxNames)
	defer d.done()
	err := d.SkipValue()
	if err == nil {
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
		return Problem(400, "the body goes on after the JSON value")
	}
	e, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return Problem(400, "the body is not JSON: it is empty")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return Problem(400, "the body has a name twice in one object: %.60q, again at byte %d; give it once",
			e.JSONPointer.LastToken(), e.ByteOffset)
	}
	return Problem(400, "the body is not JSON in UTF-8: %.200s, at byte %d", e.Err, e.ByteOffset)
}

// A decoder reads a value. No step can fail if CheckJSON has found the value to be well-formed.
type decoder struct {
	jsontext.Decoder
	value json.RawMessage
	from  bytes.Buffer
}

// decoders keeps decoders that are done: a request takes one for each object in it.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// reading begins to read a value in which no name stands twice, as CheckJSON has found.
func reading(value json.RawMessage) *decoder { return decoding(value, true) }

func decoding(value json.RawMessage, duplicates bool) *decoder {
	d := decoders.Get().(*decoder)
	d.value, d.from = value, *bytes.NewBuffer(value)
	d.Reset(&d.from, jsontext.AllowDuplicateNames(duplicates))
	return d
}

// done gives a decoder back, without the value. A decoder that has read a large value may have become large itself: it
// is left to the garbage collector.
func (d *decoder) done() {
	large := len(d.value) > 64<<10
	d.value, d.from = nil, bytes.Buffer{}
	d.Reset(&d.from)
	if !large {
		decoders.Put(d)
	}
}

// next is the next value, a part of the whole.
func (d *decoder) next() json.RawMessage {
	v, _ := d.ReadValue()
	end := d.InputOffset()
	return d.value[end-int64(len(v)) : end : end]
}

// text is what a string says.
func text(quoted json.RawMessage) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	unquoted, _ := jsontext.AppendUnquote(nil, quoted)
	return string(unquoted)
}

// missing says that a field is not given.
func missing(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// Fields are all fields that an object may have, each with a pointer to where it is decoded.
type Fields []struct {
	Name string
	Into any
}

// into is where a field is decoded, nil if there is no such field.
func (l Fields) into(name string) any {
	for _, field := range l {
		if field.Name == name {
			return field.Into
		}
	}
	return nil
}

// names are the fields' names, for people.
func (l Fields) names() string {
	var names []string
	for _, field := range l {
		names = append(names, field.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Object decodes a JSON object field by field, so that each fault has the name of its field. Other names in the object
// are faults, and take no memory.
func (f *Faults) Object(raw json.RawMessage, prefix string, fields Fields) {
	if raw = bytes.TrimSpace(raw); missing(raw) {
		return
	}
	if raw[0] != '{' {
		f.Add(cmp.Or(prefix, "body"), "must be a JSON object")
		return
	}
	d := reading(raw)
	defer d.done()
	_, _ = d.ReadToken() // the brace
	for d.PeekKind() == '"' {
		token, _ := d.ReadToken()
		name := token.String()
		if dst := fields.into(name); dst != nil {
			f.field(join(prefix, name), d.next(), dst)
			continue
		}
		_ = d.SkipValue()
		if len(f.list) == maxFaults {
			f.more++ // its sentence would not be shown: it is not built
			continue
		}
		f.Add(join(prefix, name), "is not a field here; there are: "+fields.names())
	}
}

// field decodes one field. A json.RawMessage is kept as it was sent; its reader bounds it.
func (f *Faults) field(path string, value json.RawMessage, dst any) {
	if kept, ok := dst.(*json.RawMessage); ok {
		*kept = value
		return
	}
	if s, ok := dst.(*string); ok && value[0] == '"' {
		*s = text(value)
		return
	}
	if values(value) > maxValues {
		f.Add(path, fmt.Sprintf("has more than %d values", maxValues))
		return
	}
	if err := json.Unmarshal(value, dst); err != nil && !f.within(path, value, reflect.TypeOf(dst)) {
		f.Add(path, wrongType(err, value))
	}
}

// within adds a fault for each wrong part of a list, or of an object of strings. It returns false if no part is wrong
// by itself.
func (f *Faults) within(path string, value json.RawMessage, t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	open := map[reflect.Kind]byte{reflect.Slice: '[', reflect.Map: '{'}[t.Kind()]
	if open == 0 || len(value) == 0 || value[0] != open {
		return false
	}
	before, d := f.count(), reading(value)
	defer d.done()
	_, _ = d.ReadToken() // the bracket
	for i := 0; d.PeekKind() != ']' && d.PeekKind() != '}'; i++ {
		part := fmt.Sprintf("%s[%d]", path, i)
		if open == '{' {
			token, _ := d.ReadToken()
			part = join(path, token.String())
		}
		one := d.next()
		if err := json.Unmarshal(one, reflect.New(t.Elem()).Interface()); err != nil {
			f.Add(part, wrongType(err, one))
		}
	}
	return f.count() > before
}

// values counts the values in lists and objects, without decoding them.
func values(raw json.RawMessage) int {
	n, inside := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case !inside && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}

// Parameters adds a fault for each parameter of a query that is none of the names, in order: a mistyped filter would
// select everything.
func (f *Faults) Parameters(v url.Values, names ...string) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !slices.Contains(names, name) {
			f.Add(name, "is not a parameter here; there are: "+strings.Join(names, ", "))
		}
	}
}

// wrongType says of which type a value must be, and how to write it so.
func wrongType(err error, value json.RawMessage) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := map[reflect.Kind]string{
			reflect.String: "a string", reflect.Int: "a whole number", reflect.Bool: "true or false",
			reflect.Slice: "a list of strings", reflect.Map: "an object of strings",
		}[e.Type.Kind()]
		said := "must be " + cmp.Or(want, e.Type.String()) + ", not " + e.Value
		if e.Type.Kind() == reflect.String && (e.Value == "number" || e.Value == "bool") {
			said += `: write "` + brief(string(value), 30) + `"`
		}
		return said
	}
	return err.Error()
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
