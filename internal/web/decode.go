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

// checkJSON returns a 400 for a body that is not one JSON value.
func checkJSON(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	var v json.RawMessage
	err := d.Decode(&v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		return problem(400, "the body goes on after the JSON value")
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return problem(400, "the body is not JSON: %v, at byte %d", e, e.Offset)
	}
	return problem(400, "the body is not JSON: it ends too early")
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
