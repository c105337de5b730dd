package main

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
)

// An error in what was typed comes before anything is tried, with the flag and what to write instead.
func TestWhatIsTypedWrong(t *testing.T) {
	tests := []struct {
		args  []string
		words string
	}{
		{[]string{"desk", "--speed", "0"}, "--speed must be more than 0"},
		{[]string{"sim", "--speed=-1"}, "--speed must be more than 0"},
		{[]string{"sim", "--speed", "NaN"}, "--speed must be more than 0"},
		{[]string{"sim", "--speed", "Inf"}, "--speed must be more than 0"},
		{[]string{"desk", "--faults", `{"callback_losed": 0.1}`}, `--faults can't be read: unknown field "callback_losed"`},
		{[]string{"sim", "--faults", `{} {}`}, "--faults can't be read: something follows"},
		{[]string{"sim", "--account", `{"state": "suspended"}`}, `--account can't be read: unknown field "state"`},
		{[]string{"sim", "--account", `{"status": "dead"}`}, `"dead" is none`},
		{[]string{"delete", ""}, "<id> is empty"},
		{[]string{"cancel", " "}, "<id> is empty"},
		{[]string{"delete", ".."}, "<id> can't be .."},
		{[]string{"webhooks", "remove", ""}, "<id> is empty"},
		{[]string{"list", "--to", ""}, "--to is empty"},
		{[]string{"call", "+819012345678", "--say", "hi", "--window="}, "--window is empty"},
		{[]string{"listen", "--events", ""}, "--events is empty"},
		{[]string{"listen", "--events=,"}, "--events is empty"},
		{[]string{"webhooks", "add", "https://example.com/hook", "--events", " "}, "--events is empty"},
		{[]string{"call", "+819012345678", "--say", "hi", "--holiday", "2026-12-25", "--holiday="}, "--holiday is empty"},
		{[]string{"call", "+819012345678", "--say", "hi", "--then", ""}, "--then is empty"},
		{[]string{"call", "+819012345678", "--say", "hi", "--metadata", ""}, "--metadata is empty"},
		{[]string{"list", "--limit", "0"}, "--limit must be at least 1"},
		{[]string{"list", "--limit", "-1"}, "--limit: needs a value; one that begins with - is written --limit=-1"},
		{[]string{"call", "+819012345678", "--ring-timeout", "-5s"},
			"--ring-timeout: needs a value; one that begins with - is written --ring-timeout=-5s"},
		{[]string{"serve", "--retention-days", "-1"}, "--retention-days: needs a value"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			var out, errs strings.Builder
			status := run(t.Context(), test.args, newConsole(&out, &errs))
			said := errs.String()
			if status != statusUsage || !strings.Contains(said, test.words) ||
				!strings.Contains(said, "; see redial "+test.args[0]+" ") {
				t.Errorf("it ends with %d: %s", status, said)
			}
		})
	}
}

// A URL or a key with which no request can be made is a wrong setting. The error shows no secret.
func TestAServerThatCantBeAsked(t *testing.T) {
	for _, test := range []struct{ url, key, words string }{
		{"127.0.0.1:8080", "",
			`"127.0.0.1:8080" is not the URL of a redial, such as http://127.0.0.1:8080; --url or REDIAL_URL`},
		{"localhost", "", `"localhost" is not the URL of a redial`},
		{"", "", `"" is not the URL of a redial, such as http://127.0.0.1:8080; --url or REDIAL_URL`},
		{"user:letters@127.0.0.1:8080", "", `"…@127.0.0.1:8080" is not`},
		{defaultURL, "two\nlines", "--api-key or REDIAL_API_KEY"},
	} {
		var out, errs strings.Builder
		t.Setenv("REDIAL_API_KEY", test.key)
		status := run(t.Context(), []string{"list", "--url", test.url}, newConsole(&out, &errs))
		said := errs.String()
		if status != statusUsage || !strings.Contains(said, test.words) ||
			strings.Contains(said, "is a secret") != strings.Contains(test.url, "letters") || strings.Contains(said, "letters") {
			t.Errorf("--url %q: it ends with %d: %s", test.url, status, said)
		}
	}
}

// full is a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// A result that can't be written is an error, for JSON, words and help.
func TestResultsThatCantBeWritten(t *testing.T) {
	server := httptest.NewServer(hostile{state: "waiting"})
	defer server.Close()
	for _, line := range []string{
		"list", "list --json", "show 1", "webhooks list", "explain +819012345678 --say hi", "version", "help", "help call",
		"presets", "completion bash",
	} {
		t.Setenv("REDIAL_URL", server.URL)
		var errs strings.Builder
		status := run(t.Context(), strings.Fields(line), newConsole(full{}, &errs))
		want := "the result can't be written: no space left on device"
		if status != statusFailed || !strings.Contains(errs.String(), want) || strings.Contains(errs.String(), "--help") {
			t.Errorf("redial %s ends with %d: %s", line, status, &errs)
		}
	}
}
