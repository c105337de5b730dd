package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// Whoever lists this machine's processes sees no secret: each flag that takes one is marked as such, so that it is
// warned of, and has a setting in its place; no argument takes one.
func TestNoSecretHasToStandOnTheCommandLine(t *testing.T) {
	parser, err := newConsole(io.Discard, io.Discard).parser(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`(^|-)(api-keys?|keys?|tokens?|secrets?|passwords?|database|database-url)($|-)`)
	// a key's name at Twilio, whose secret is another setting; what is no secret; the token of a simulated Twilio
	open := []string{"twilio-api-key", "idempotency-key", "auth-token"}
	simulated := []string{"desk", "sim", "demo"}
	walked := 0
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			if !secret.MatchString(f.Name) || f.IsBool() || slices.Contains(open, f.Name) {
				continue
			}
			walked++
			if !f.Tag.Has("secret") {
				t.Errorf("%s --%s is not marked as a secret", n.Path(), f.Name)
			}
			if len(f.Envs) == 0 && !slices.Contains(simulated, n.Name) {
				t.Errorf("%s --%s has no setting in its place", n.Path(), f.Name)
			}
		}
		for _, p := range n.Positional {
			if secret.MatchString(p.Name) && n.Parent.Name != "incidents" { // there it is its sender's name of an incident
				t.Errorf("%s takes %s as an argument", n.Path(), p.Name)
			}
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	if walked < 20 {
		t.Errorf("%d flags were looked at", walked)
	}
}

// No command prints the API key that it was given, whatever goes wrong.
func TestNoCommandPrintsItsAPIKey(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"type": "about:blank", "title": "Unauthorized", "status": 401,
			"detail": "this API key is not known"}`)
	}))
	defer refuses.Close()
	const core = "SECRETSECRETSECRET"
	for what, server := range map[string]string{
		"refused": refuses.URL, "away": "http://127.0.0.1:1", "no URL": "http://[::1",
		"with a password": "http://u:" + core + "@127.0.0.1:1",
	} {
		keys := []string{"rdl_" + core, core + "\n" + core, "Bearer " + core, core + "é"}
		if what != "refused" {
			keys = keys[:1]
		}
		for _, key := range keys {
			for _, line := range everyCommand {
				t.Setenv("REDIAL_API_KEY", key)
				t.Setenv("REDIAL_URL", server)
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				var out, errs strings.Builder
				status := run(ctx, strings.Fields(line), newConsole(&out, &errs))
				cancel()
				text, worked := out.String()+errs.String(), status == statusOK && !strings.HasPrefix(line, "listen")
				if strings.Contains(text, core) || worked {
					t.Errorf("%s, redial %s ends with %d: %s", what, line, status, text)
				}
			}
		}
	}
}
