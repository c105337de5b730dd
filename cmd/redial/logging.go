package main

import (
	"io"
	"log/slog"
)

// logging has the flags that say how a command logs.
type logging struct {
	LogFormat string `help:"text or json." env:"REDIAL_LOG_FORMAT" default:"text" enum:"text,json"`
	LogLevel  string `help:"debug, info, warn or error." env:"REDIAL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error"`
}

func (l logging) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.LogLevel)) // kong has checked the enum
	o := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
