package source

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
)

// maxFields is how many fields of a form are read.
const maxFields = 1000

// field is one field of a form.
type field struct{ name, value string }

// formFields are the first fields of an urlencoded form, and whether it has more. What is badly encoded stays as it was
// sent: "91% full" is worth hearing.
func formFields(body string) (all []field, more bool) {
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		if len(all) == maxFields {
			return all, true
		}
		name, value, _ := strings.Cut(pair, "=")
		all = append(all, field{unescaped(name), unescaped(value)})
	}
	return all, false
}

func unescaped(s string) string {
	text, err := url.QueryUnescape(s)
	if err != nil {
		text = strings.ReplaceAll(s, "+", " ")
	}
	return strings.ToValidUTF8(text, "")
}

// multipartFields are the first fields of a multipart form, without files, and whether it has more. Where the form
// breaks off, they are those before.
func multipartFields(body []byte, boundary string) (all []field, more bool, err error) {
	if boundary == "" {
		return nil, false, errors.New("its type names no boundary")
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxFields {
		part, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // a form that breaks off is an error that wraps it
			return all, false, nil
		}
		if err != nil {
			return all, false, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return all, false, err
		}
		if part.FileName() == "" {
			all = append(all, field{part.FormName(), strings.ToValidUTF8(string(value), "")})
		}
	}
	return all, true, nil
}
