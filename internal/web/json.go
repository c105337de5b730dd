package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"syscall"

	"redial/internal/bodies"
	"redial/internal/edge"
)

const typeJSON = "application/json"

// reply answers with a value as JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body := encoded.Get().(*bytes.Buffer)
	defer keep(body)
	if err := json.NewEncoder(body).Encode(v); err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return ignoreGone(err)
}

// encoded has buffers for answers.
var encoded = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keep gives a buffer back. One that has grown large is left to the garbage collector.
func keep(b *bytes.Buffer) {
	if b.Cap() <= 64<<10 {
		b.Reset()
		encoded.Put(b)
	}
}

// ignoreGone drops the error of a client that is gone: its request was done.
func ignoreGone(err error) error {
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return context.Canceled
}

const maxBody = 1 << 20 // bytes of a JSON request

// readBody reads a JSON request's body as it was sent: one value of sound text.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := checkType(r.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	body, err := readAtMost(w, r, maxBody)
	if err != nil {
		return nil, err
	}
	return body, edge.CheckJSON(body)
}

// checkType says what is wrong with the type of a JSON request's body.
func checkType(contentType string) error {
	kind, with, err := mime.ParseMediaType(contentType)
	if err != nil || kind != typeJSON {
		return edge.Problem(http.StatusUnsupportedMediaType, "send the request as Content-Type: application/json")
	}
	charset := with["charset"]
	if charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return edge.Problem(http.StatusBadRequest, "the body is said to be %.40q; send it as UTF-8", charset)
	}
	return nil
}

// endedError is why a body that was read is not to be used.
type endedError struct{ error }

func readAtMost(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, edge.Problem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", most)
	}
	if ended, ok := errors.AsType[*endedError](err); ok {
		return nil, ended.error
	}
	if errors.Is(err, bodies.ErrBusy) {
		return nil, edge.Problem(http.StatusServiceUnavailable,
			"redial handles as much as its memory allows just now; nothing was changed")
	}
	if err != nil {
		return nil, edge.Problem(http.StatusBadRequest, "the body could not be read")
	}
	return body, nil
}
