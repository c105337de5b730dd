package internal_test

import (
	"go/doc/comment"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fileLine is a line of a doc.go that says what one of the package's files is for.
var fileLine = regexp.MustCompile(`(?m)^([a-z0-9_]+\.go)(?:: | {2,})\S`)

// TestDocsListTheirFiles holds the list of files in a package's doc.go against the package: each of its files
// once, tests and doc.go itself apart. A package of one file needs no list.
func TestDocsListTheirFiles(t *testing.T) {
	for _, p := range packages(t) {
		dir := strings.TrimPrefix(p.ImportPath, module+"/")
		files := sources(t, dir)
		if len(files) < 2 {
			continue
		}
		if !slices.Contains(files, "doc.go") {
			t.Errorf("%s has no doc.go that says what it is for and lists its %d files", dir, len(files))
			continue
		}
		want := slices.DeleteFunc(files, func(name string) bool { return name == "doc.go" })
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(listedFiles(t, dir)))); diff != "" {
			t.Errorf("%s/doc.go: -files +list:\n%s", dir, diff)
		}
	}
}

// listedFiles are the files that a package's doc.go lists, in its order.
func listedFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, dir, "doc.go"), nil,
		parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range new(comment.Parser).Parse(f.Doc.Text()).Content {
		if code, ok := block.(*comment.Code); ok {
			for _, m := range fileLine.FindAllStringSubmatch(code.Text, -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// sources are the names of the Go files in a folder, whatever system they are built for, tests apart.
func sources(t *testing.T, dir string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			names = append(names, filepath.Base(path))
		}
	}
	return names
}
