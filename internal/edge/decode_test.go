package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"redial/api"
	"redial/internal/twilio"
)

// What passes is text in UTF-8, says one thing, and can be decoded.
func FuzzCheckJSON(f *testing.F) {
	for _, body := range []string{
		`{"to": "+81", "say": {"text": "\u3042"}}`, `{"a": 1, "a": 2}`, `{"a": {"b": [{"x": 1, "\u0078": 2}]}}`,
		`"\ud800"`, `"\ud83d\ude00"`,
		"{\"say\": \"\x83T\x81[\"}", "\xef\xbb\xbf{}", `{} {}`, `{"":0,"":0}`, `1e700`, ``,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if CheckJSON(body) != nil {
			return
		}
		var v any
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber() // 1e700 is sound, and no float64
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%q passes, and can't be decoded: %v", body, err)
		}
		if !utf8.Valid(body) {
			t.Errorf("%q passes, and is not UTF-8", body)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		garbled := strings.Count(string(again), "\uFFFD") + strings.Count(string(again), `\ufffd`)
		given := strings.Count(string(body), "\uFFFD") + strings.Count(strings.ToLower(string(body)), `\ufffd`)
		if garbled > given {
			t.Errorf("%q passes, and is decoded to %s", body, again)
		}
		if was, is := names(t, body), names(t, again); was != is {
			t.Errorf("%q has %d names, and %d are decoded: %s", body, was, is, again)
		}
	})
}

// A string says what encoding/json reads in it.
func FuzzText(f *testing.F) {
	for _, quoted := range []string{`""`, `"a"`, `"\u3042\n"`, `"\ud83d\ude00"`, `"\\"`, `"\""`, "\"\u007f\u3042\""} {
		f.Add([]byte(quoted))
	}
	f.Fuzz(func(t *testing.T, quoted []byte) {
		quoted = bytes.TrimSpace(quoted)
		if CheckJSON(quoted) != nil || quoted[0] != '"' {
			return
		}
		var want string
		if err := json.Unmarshal(quoted, &want); err != nil {
			t.Fatal(err)
		}
		if got := text(quoted); got != want {
			t.Errorf("%s says %q, not %q", quoted, got, want)
		}
	})
}

// names counts the names in all the objects of a value.
func names(t *testing.T, body []byte) (n int) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	var isObject []bool // the values that are open
	isName := false     // the next token is one
	for {
		token, err := d.Token()
		if err != nil {
			return n
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			isObject = append(isObject, token == json.Delim('{'))
			isName = token == json.Delim('{')
			continue
		case json.Delim('}'), json.Delim(']'):
			isObject = slices.Delete(isObject, len(isObject)-1, len(isObject))
		default:
			if isName {
				n++
				isName = false
				continue
			}
		}
		isName = len(isObject) > 0 && isObject[len(isObject)-1]
	}
}

// Whatever the edge to Twilio finds keeps a request from being taken, also what names no field.
func TestNothingThatTheEdgeFindsIsLost(t *testing.T) {
	for _, tc := range []struct {
		prefix string
		err    error
		want   []api.FieldError
	}{
		{"", nil, nil},
		{"to[1]", nil, nil},
		{"", &twilio.FieldError{Field: "url", Problem: errors.New("is wrong")},
			[]api.FieldError{{Field: "url", Detail: "is wrong"}}},
		{"to[1]", &twilio.FieldError{Field: "say", Problem: errors.New("is wrong")},
			[]api.FieldError{{Field: "to[1].say", Detail: "is wrong"}}},
		{"", errors.New("a fault"), []api.FieldError{{Field: "body", Detail: "a fault"}}},
		{"to[1]", errors.New("a fault"), []api.FieldError{{Field: "to[1]", Detail: "a fault"}}},
	} {
		var f Faults
		f.twilioAt(tc.prefix, tc.err)
		if tc.prefix == "" {
			f = Faults{}
			f.twilio(tc.err)
		}
		if !slices.Equal(f.list, tc.want) {
			t.Errorf("%q, %v: %v, want %v", tc.prefix, tc.err, f.list, tc.want)
		}
	}
}
