package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"
)

// content is a text, or says where it is: - is standard input, and @FILE is a file. A text that begins with @ is
// written with another @ before it.
type content string

// maxContent is much more than a message may have, which is 4000 characters.
const maxContent = 64 << 10 // bytes

// stdin says whether the text is on standard input.
func (c content) stdin() bool { return c == "-" }

// text returns the text.
func (c content) text(ctx context.Context, stdin io.Reader) (string, error) {
	return c.read(ctx, stdin, readText)
}

// data returns what is to be sent as it is.
func (c content) data(ctx context.Context, stdin io.Reader) (string, error) {
	return c.read(ctx, stdin, readData)
}

func (c content) read(
	ctx context.Context, stdin io.Reader, readFrom func(context.Context, string, opener) (string, error),
) (string, error) {
	name, elsewhere := strings.CutPrefix(string(c), "@")
	switch {
	case c.stdin():
		return readFrom(ctx, "standard input", func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil })
	case !elsewhere:
		return string(c), nil
	case strings.HasPrefix(name, "@"):
		return name, nil
	case name == "":
		return "", errors.New("@ is to be followed by the name of a file, or, in a text that begins with @, by another @")
	}
	text, err := readFrom(ctx, name, func() (io.ReadCloser, error) { return os.Open(name) })
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w; a text that begins with @ is written @%s", err, c)
	}
	return text, err
}

type opener func() (io.ReadCloser, error)

// readText reads a text that was written in an editor: it removes a byte order mark at the beginning and newlines at
// the end.
func readText(ctx context.Context, from string, open opener) (string, error) {
	b, err := readAll(ctx, from, open, maxContent)
	text := strings.TrimSpace(strings.TrimPrefix(string(b), "\ufeff"))
	switch {
	case err != nil:
		return "", err
	case len(b) > maxContent:
		return "", fmt.Errorf("%s has more than %d KiB, and a message at most 4000 characters", from, maxContent>>10)
	case !utf8.Valid(b):
		return "", fmt.Errorf("%s is not text in UTF-8", from)
	case text == "":
		return "", fmt.Errorf("%s is empty", from)
	}
	return text, nil
}

// maxData is what a server reads of an event.
const maxData = 4 << 20 // bytes

// readData reads an event as a sender would send it.
func readData(ctx context.Context, from string, open opener) (string, error) {
	b, err := readAll(ctx, from, open, maxData)
	switch {
	case err != nil:
		return "", err
	case len(b) > maxData:
		return "", fmt.Errorf("%s has more than %d MiB, which is what an event may have", from, maxData>>20)
	case len(b) == 0:
		return "", fmt.Errorf("%s is empty", from)
	}
	return string(b), nil
}

// readAll reads a byte more than the most, if there are so many. It returns when ctx is done, even if nothing was read.
func readAll(ctx context.Context, from string, open opener, most int64) (b []byte, err error) {
	done := make(chan error, 1)
	go func() {
		r, err := open()
		if err == nil {
			b, err = io.ReadAll(io.LimitReader(r, most+1))
			err = errors.Join(err, r.Close())
		}
		done <- err
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-done:
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		if err != nil {
			return nil, fmt.Errorf("%s can't be read: %w", from, err)
		}
	}
	return b, nil
}
