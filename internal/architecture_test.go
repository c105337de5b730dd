package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchitecturePage holds the map against the house: every package stands on it, and every file and every name
// that the page points to exists.
func TestArchitecturePage(t *testing.T) {
	text := page(t, "docs/architecture.md")
	names := map[string][]string{}
	var rooms []string
	for _, p := range packages(t) {
		dir := strings.TrimPrefix(p.ImportPath, module+"/")
		if files := sources(t, dir); len(files) > 0 {
			rooms = append(rooms, dir)
			names[filepath.Base(dir)] = declared(t, dir, files)
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(rooms)), listed(t, text, "## The rooms")); diff != "" {
		t.Errorf("-packages +map:\n%s", diff)
	}
	for _, m := range ourPath.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("the page points to %s, which does not exist", m[1])
		}
	}
	for _, m := range goName.FindAllStringSubmatch(text, -1) {
		if there, ours := names[m[1]]; ours && !slices.Contains(there, m[2]) {
			t.Errorf("the page points to %s.%s, which does not exist", m[1], m[2])
		}
	}
	for _, m := range linkedName.FindAllStringSubmatch(text, -1) {
		dir, file := filepath.Split(m[3])
		if there := declared(t, dir, []string{file}); !slices.Contains(there, m[2]) {
			t.Errorf("the page says that %s.%s stands in %s, and it does not", m[1], m[2], m[3])
		}
	}
	// A name without its package could go stale unseen.
	for _, m := range codeSpan.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		if bareName.MatchString(m[1]) && !slices.Contains(nobodys, m[1]) {
			t.Errorf("the page names `%s` without its package", m[1])
		}
	}
}

var (
	ourPath    = regexp.MustCompile(`(?:^|[^\w./-])((?:api|cmd|internal|docs|deploy)/[\w./-]*\w)`)
	goName     = regexp.MustCompile(`(?:^|[^\w./-])([a-z]+)\.(\w+(?:\.\w+)?)`)
	linkedName = regexp.MustCompile("\\[`([a-z]+)\\.([\\w.]+)`\\]\\(\\.\\./([^)]+\\.go)\\)")
	codeSpan   = regexp.MustCompile("`([^`]+)`")
	fenced     = regexp.MustCompile("(?s)```.*?```")
	bareName   = regexp.MustCompile(`^[A-Za-z]*[a-z][A-Z]\w*$|^\w+\.go$`)
)

// nobodys are names that belong to no one package: every package has the first, Twilio the second.
var nobodys = []string{"doc.go", "TimeLimit"}

// declared are the names that a package's files declare: X, and T.X for a method or field X of type T.
func declared(t *testing.T, dir string, files []string) (names []string) {
	t.Helper()
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names = append(names, ofReceiver(d)+d.Name.Name)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					names = append(names, ofSpec(s)...)
				}
			}
		}
	}
	return names
}

// ofReceiver is a method's type and a dot; empty for a function.
func ofReceiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

// ofSpec are the names of constants, of variables, or of a type with its fields and methods.
func ofSpec(s ast.Spec) (names []string) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			names = append(names, name.Name)
		}
	case *ast.TypeSpec:
		names = append(names, s.Name.Name)
		var members *ast.FieldList
		switch of := s.Type.(type) {
		case *ast.StructType:
			members = of.Fields
		case *ast.InterfaceType:
			members = of.Methods
		default:
			return names
		}
		for _, field := range members.List {
			for _, name := range field.Names {
				names = append(names, s.Name.Name+"."+name.Name)
			}
		}
	}
	return names
}
