package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every text can be given: directly, with another @ before an @ at its beginning, in a file, and on standard input.
func TestEveryTextCanBeGiven(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.TrimSpace(rapid.OneOf(rapid.StringN(1, 100, 4000),
			rapid.StringMatching(`[@-]{1,3}[a-z]{0,3}`)).Draw(t, "text"))
		if strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) != text || text == "" {
			return // readText removes such an end
		}
		file := filepath.Join(folder, "text")
		if err := os.WriteFile(file, []byte("\ufeff"+text+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		ways := []content{content("@" + file), "-"}
		switch {
		case text[0] == '@':
			ways = append(ways, content("@"+text))
		case text != "-":
			ways = append(ways, content(text))
		}
		for _, given := range ways {
			if got, err := given.text(t.Context(), strings.NewReader(text+"\n")); got != text || err != nil {
				t.Errorf("%q gives %q, %v, and not %q", given, got, err, text)
			}
		}
	})
}
