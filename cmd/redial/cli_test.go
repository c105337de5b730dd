package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redial/api"
)

// cliSection is the text under a heading of docs/command-line.md.
func cliSection(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/command-line.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n"+heading+"\n")
	if !found {
		t.Fatalf("docs/command-line.md has no heading %q", heading)
	}
	section, _, _ := strings.Cut(rest, "\n## ")
	return section
}

// The page, the help and the code agree on the exit statuses.
func TestExitStatuses(t *testing.T) {
	want := map[int]string{
		statusOK: "reached", statusFailed: "did not work", statusUsage: "missing or wrong", 130: "Ctrl-C",
	}
	for outcome, status := range outcomeStatus {
		want[int(status)] = outcome
	}
	row := regexp.MustCompile(`(?m)^\| (\d+) \| (.*) \|$`)
	line := regexp.MustCompile(`(?m)^  (\d+) +(.*)$`)
	for where, found := range map[string][][]string{
		"docs/command-line.md": row.FindAllStringSubmatch(cliSection(t, "## Exit statuses"), -1),
		"redial help":          line.FindAllStringSubmatch(exitStatuses, -1),
	} {
		said := map[int]string{}
		for _, m := range found {
			status, _ := strconv.Atoi(m[1])
			said[status] = m[2]
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(said))); diff != "" {
			t.Errorf("%s, -code +text:\n%s", where, diff)
		}
		for status, word := range want {
			if !strings.Contains(said[status], word) {
				t.Errorf("%s says %q of %d, and not %s", where, said[status], status, word)
			}
		}
	}
}

// An error on the way to a server says what names the server; an error that the server returns does not.
func TestTheWayToAServer(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	const hint = "; --url or REDIAL_URL says where it is\n"
	for url, want := range map[string]int{
		other.URL: statusFailed, "http://127.0.0.1:1": statusFailed, "127.0.0.1:1": statusUsage,
		"localhost:8080": statusUsage, "ftp://redial.example.com": statusUsage,
	} {
		var out, errs strings.Builder
		status := run(t.Context(), []string{"cancel", "ID", "--hangup", "--url", url}, newConsole(&out, &errs))
		if status != want || !strings.HasSuffix(errs.String(), hint) {
			t.Errorf("of %q it says, with %d: %s", url, status, &errs)
		}
	}
	redial := httptest.NewServer(problemHandler(api.Problem{
		Title: "Not Found", Status: 404, Detail: "there is no such call",
	}))
	defer redial.Close()
	var out, errs strings.Builder
	run(t.Context(), []string{"cancel", "ID", "--url", redial.URL}, newConsole(&out, &errs))
	if errs.String() != "redial: there is no such call\n" {
		t.Errorf("of a call that is not there it says: %s", &errs)
	}
}

// The exit status tells a waiting user the outcome.
func TestTheExitStatusOfEachOutcome(t *testing.T) {
	for outcome, want := range outcomeStatus {
		server := httptest.NewServer(hostile{state: "ended", outcome: outcome, kind: "call.created"})
		for _, line := range []string{"call +819012345678 --say hi --wait", "call +819012345678 --say hi --wait --json"} {
			var out, errs strings.Builder
			status := run(t.Context(), append(strings.Fields(line), "--url", server.URL), newConsole(&out, &errs))
			if status != int(want) || errs.String() != "" {
				t.Errorf("redial %s of a call that is %s ends with %d, not %d: %s", line, outcome, status, want, &errs)
			}
		}
		server.Close()
	}
}

// A signal ends a command at once and silently, whatever it waits for.
func TestASignalEndsACommand(t *testing.T) {
	came := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the client is gone
		came <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	typing, nothing := io.Pipe()
	defer nothing.Close()
	for line, waits := range map[string]bool{
		"list": true, "show ID": true, "cancel ID --json": true, "explain +819012345678 --say hi": true,
		"webhooks list": true, "presets": true,
		"call +819012345678 --say -": false,
	} {
		for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				if waits {
					<-came
				}
				cancel(signaled{s})
			}()
			var out, errs strings.Builder
			con := newConsole(&out, &errs)
			con.in = typing
			status := run(ctx, append(strings.Fields(line), "--url", server.URL), con)
			if status != 128+int(s) || out.String()+errs.String() != "" {
				t.Errorf("redial %s ends with %d after %s: %s%s", line, status, s, &out, &errs)
			}
		}
	}
}
