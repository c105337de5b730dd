package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"redial/api"
)

// faults collects what is wrong with the fields of a request.
type faults []api.FieldError

func (f *faults) add(field, detail string) {
	*f = append(*f, api.FieldError{Field: field, Detail: detail})
}

// problem is the answer to a request with faults, nil if there are none.
func (f faults) problem() error {
	if len(f) == 0 {
		return nil
	}
	p := problem(422, "the request can't be taken as it is: %s: %s", f[0].Field, f[0].Detail)
	p.Errors = f
	return p
}

// checkJSON returns a 400 for a body that is not one JSON value of sound text. encoding/json
// would put U+FFFD, which is spoken as garbage, where the text is no UTF-8 or has half of a
// surrogate pair, and would take the last of two fields with one name, where whoever checked
// the body before it may have seen the first.
func checkJSON(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(body))
	err := d.SkipValue()
	if err == nil {
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
		return problem(400, "the body goes on after the JSON value")
	}
	e, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return problem(400, "the body is not JSON: it is empty")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return problem(400, "the body has a name twice in one object: %.60q, again at byte %d; give it once", e.JSONPointer.LastToken(), e.ByteOffset)
	}
	return problem(400, "the body is not JSON in UTF-8: %.200s, at byte %d", e.Err, e.ByteOffset)
}

// object decodes a JSON object field by field, so that whatever is wrong is told
// with the field's name. into has a pointer for every field that there may be.
func (f *faults) object(raw json.RawMessage, prefix string, into map[string]any) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	var have map[string]json.RawMessage
	if err := json.Unmarshal(raw, &have); err != nil {
		f.add(or(prefix, "body"), "must be a JSON object")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		dst, known := into[name]
		switch path := join(prefix, name); {
		case !known:
			f.add(path, "is not a field here; there are: "+list(slices.Sorted(maps.Keys(into))))
		default:
			if err := json.Unmarshal(have[name], dst); err != nil {
				f.add(path, wrongType(err))
			}
		}
	}
}

// parameters takes those of a query that are none of the names, in their order: a filter
// that is mistyped would select everything.
func (f *faults) parameters(v url.Values, names ...string) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !slices.Contains(names, name) {
			f.add(name, "is not a parameter here; there are: "+list(names))
		}
	}
}

func wrongType(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := map[reflect.Kind]string{
			reflect.String: "a string", reflect.Int: "a whole number", reflect.Bool: "true or false",
			reflect.Slice: "a list of strings", reflect.Map: "an object of strings",
		}[e.Type.Kind()]
		return "must be " + or(want, e.Type.String()) + ", not " + e.Value
	}
	return err.Error()
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func list(names []string) string {
	var b bytes.Buffer
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n)
	}
	return b.String()
}
