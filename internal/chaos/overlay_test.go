package chaos

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// overlay writes a file for go build -overlay that replaces texts of the source. A key of broken is a file and a
// text in it, separated by "|".
func overlay(t *testing.T, broken map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(broken)) {
		file, text, _ := strings.Cut(key, "|")
		path, err := filepath.Abs(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		source, err := os.ReadFile(cmp.Or(replace[path], path))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(source), text) != 1 {
			t.Fatalf("%s has %d times what is to be broken: %s", file, strings.Count(string(source), text), text)
		}
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(to, []byte(strings.Replace(string(source), text, broken[key], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[path] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
