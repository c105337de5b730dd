package main

import (
	"io"
	"log/slog"
	"slices"
	"strings"
)

// logging has the flags that say how a command logs.
type logging struct {
	LogFormat string `help:"text or json." env:"REDIAL_LOG_FORMAT" default:"text" enum:"text,json"`
	LogLevel  string `help:"debug, info, warn or error." env:"REDIAL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error"`
}

func (l logging) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.LogLevel)) // kong has checked the enum
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: errorInOneLine}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// errorInOneLine keeps an error readable that has several lines, as those of a connection to PostgreSQL have. What it
// says of one address twice, with TLS and without, is said once.
func errorInOneLine(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindAny {
		return a
	}
	if err, ok := a.Value.Any().(error); ok {
		return slog.String(a.Key, strings.Join(slices.Compact(strings.FieldsFunc(err.Error(), breaks)), " "))
	}
	return a
}
