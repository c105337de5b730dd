package internal_test

import (
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheImageIsBuiltFromWhatItNeeds: .dockerignore keeps everything out but what it lists, so that no database, key or
// history of whoever builds gets into an image; all that the program is made of must be listed.
func TestTheImageIsBuiltFromWhatItNeeds(t *testing.T) {
	var let, kept []string
	for line := range strings.Lines(page(t, ".dockerignore")) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "!"):
			let = append(let, line[1:])
		case strings.HasPrefix(line, "**/"):
			kept = append(kept, line[3:])
		case line != "" && line != "*" && !strings.HasPrefix(line, "#"):
			t.Errorf(".dockerignore has %q, which this test does not know", line)
		}
	}
	for _, name := range append(filesOfTheProgram(t), "go.mod", "go.sum", "Makefile") {
		top, _, _ := strings.Cut(name, "/")
		listed := slices.Contains(let, top) && !slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
			return slices.ContainsFunc(kept, func(pattern string) bool {
				match, _ := path.Match(pattern, part)
				return match
			})
		})
		if !listed {
			t.Errorf("the image is built without %s", name)
		}
	}
}

// filesOfTheProgram are the files of ours that redial is made of, by their paths from the root.
func filesOfTheProgram(t *testing.T) (names []string) {
	t.Helper()
	const each = `{{if .Module}}{{if .Module.Main}}{{$dir := .Dir}}` +
		`{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", each, "./cmd/redial")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.FieldsSeq(string(out)) {
		name, err := filepath.Rel(top, line)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(name))
	}
	if len(names) < 100 {
		t.Fatalf("the program has %d files only", len(names))
	}
	return names
}

// TestTheImageHasTheGoOfTheModule: the image is built with the Go that go.mod names.
func TestTheImageHasTheGoOfTheModule(t *testing.T) {
	of := func(file, pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(page(t, file))
		if m == nil {
			t.Fatalf("%s says nothing like %s", file, pattern)
		}
		return m[1]
	}
	image, module := of("Dockerfile", `(?m)^FROM golang:(\S+) AS build$`), of("go.mod", `(?m)^go (\d+\.\d+)`)
	if image != module {
		t.Errorf("the image is built with Go %s, go.mod names %s", image, module)
	}
}
