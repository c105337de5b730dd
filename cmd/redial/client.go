package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"redial/api"
)

// server says which redial a client command talks to.
type server struct {
	URL string `help:"The redial to talk to; default ${default}." env:"REDIAL_URL" secret:"url" default:"${defaultURL}" placeholder:"URL"`
	Key string `name:"api-key" help:"API key, where that redial needs one." env:"REDIAL_API_KEY" secret:"" placeholder:"KEY"`
}

// defaultURL is where a redial serves with default settings.
const defaultURL = "http://127.0.0.1:8080"

func (s server) client() *api.Client { return &api.Client{URL: s.URL, Key: s.Key} }

// command is a command line of redial that asks this server.
func (s server) command(args ...string) string {
	if s.URL != defaultURL && s.URL != os.Getenv("REDIAL_URL") {
		args = append(args, "--url", s.client().Address()) // without a password
	}
	for i, arg := range args {
		args[i] = quoted(arg)
	}
	return "redial " + strings.Join(args, " ")
}

// quoted quotes a word for the shell.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+-_./:=@%,", r)
	}
	if word != "" && strings.TrimLeftFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// plainPath matches a path that no shell needs quoted.
var plainPath = regexp.MustCompile(`^[\w/.+-]+$`)

// self is the command that runs this program in another terminal and in any folder.
func self() string {
	own, err := os.Executable()
	if err != nil {
		return "redial"
	}
	if found, err := exec.LookPath("redial"); err == nil {
		if found, err = filepath.EvalSymlinks(found); err == nil && found == own {
			return "redial"
		}
	}
	if plainPath.MatchString(own) {
		return own
	}
	return quoted(own)
}
