package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"redial/api"
)

// Every command that prints a result can also print it as JSON.
func TestEveryResultCanBeJSON(t *testing.T) {
	without := []string{"serve", "demo", "desk", "sim", "help", "completion"} // they go on, or print for people only
	parser, err := newConsole(io.Discard, io.Discard).parser(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		name := strings.TrimPrefix(leaf.FullPath(), "redial ")
		has := slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == "json" })
		if has == slices.Contains(without, name) {
			t.Errorf("redial %s has --json: %v", name, has)
		}
	}
	server := httptest.NewServer(hostile{state: "waiting"})
	defer server.Close()
	for _, line := range everyCommand {
		if strings.Contains(line, "--json") || strings.HasPrefix(line, "listen") || strings.Contains(line, "--wait") ||
			strings.HasPrefix(line, "wait") || strings.Contains(line, "--follow") {
			continue // it is tested as JSON elsewhere, or does not end
		}
		var out, errs strings.Builder
		run(t.Context(), append(strings.Fields(line), "--url", server.URL, "--json"), newConsole(&out, &errs))
		if !json.Valid([]byte(out.String())) && errs.String() == "" {
			t.Errorf("redial %s --json prints %s", line, &out)
		}
		for l := range strings.Lines(errs.String()) {
			if !json.Valid([]byte(l)) {
				t.Errorf("redial %s --json tells what is wrong in %q", line, l)
			}
		}
	}
}

// An empty list is a list: a script can go through it.
func TestListsOfNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"id": "1", "state": "waiting", "attempts": [], "calls": [], "events": [], `+
			`"deliveries": [], "endpoints": []}`)
	}))
	defer server.Close()
	for _, line := range []string{"show 1", "list", "webhooks list", "webhooks show 1", "webhooks replay 1 --dead"} {
		var out, errs strings.Builder
		status := run(t.Context(), append(strings.Fields(line), "--url", server.URL, "--json"), newConsole(&out, &errs))
		if status != statusOK || !strings.Contains(out.String(), "[]") || strings.Contains(out.String(), "null") {
			t.Errorf("redial %s --json ends with %d and prints %s%s", line, status, &out, &errs)
		}
	}
}

// A script gets the server's own words, and the wrong fields.
func TestAnErrorAsJSON(t *testing.T) {
	server := httptest.NewServer(problemHandler(api.Problem{
		Title: "Unprocessable Entity", Status: 422, Detail: "the request can't be taken",
		Errors: []api.FieldError{{Field: "to", Detail: "is missing"}},
	}))
	defer server.Close()
	var out, errs strings.Builder
	status := run(t.Context(), []string{"call", "+819012345678", "--say", "hi", "--json", "--url", server.URL},
		newConsole(&out, &errs))
	var f failure
	if err := json.Unmarshal([]byte(errs.String()), &f); err != nil || out.String() != "" {
		t.Fatalf("%v: %s, beside %q", err, &errs, &out)
	}
	if status != statusFailed || f.ExitStatus != status || f.Error != "to: is missing" || f.Problem == nil ||
		f.Problem.Status != 422 || f.Problem.Errors[0].Field != "to" {
		t.Errorf("exit status %d, %s", status, &errs)
	}
}

// An error about the API key says what to set.
func TestAKeyThatIsMissing(t *testing.T) {
	server := httptest.NewServer(problemHandler(api.Problem{
		Title: "Unauthorized", Status: 401, Detail: "this API key is not known",
	}))
	defer server.Close()
	var out, errs strings.Builder
	status := run(t.Context(), []string{"list", "--url", server.URL}, newConsole(&out, &errs))
	if status != statusFailed || !strings.Contains(errs.String(), "--api-key or REDIAL_API_KEY") {
		t.Errorf("exit status %d, %s", status, &errs)
	}
}
