package main

import (
	"strings"
	"testing"
)

// What is typed wrong is said before anything is tried, with the flag and what to write instead.
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
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			var out, errs strings.Builder
			status := run(t.Context(), test.args, newConsole(&out, &errs))
			if said := errs.String(); status != statusUsage || !strings.Contains(said, test.words) || !strings.Contains(said, "see redial "+test.args[0]+" --help") {
				t.Errorf("it ends with %d: %s", status, said)
			}
		})
	}
}
