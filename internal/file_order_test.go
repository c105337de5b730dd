package internal_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ordered are the packages whose doc.go lists their files in an order that holds, the highest first. An arrow is a
// use of a name, also of a method or a field, that another file declares. Arrows run down the list; the number is
// how many pairs of files may have one that runs back up. No package may have more than 5.
var ordered = map[string]int{
	"api":                   2,
	"cmd/redial":            0,
	"internal/app":          0,
	"internal/browsertest":  0,
	"internal/call":         0,
	"internal/chaos":        0,
	"internal/crashpoint":   0,
	"internal/dialer":       1,
	"internal/edge":         0,
	"internal/incident":     0,
	"internal/mutants":      1,
	"internal/page":         0,
	"internal/pgtest":       0,
	"internal/mariadbtest":  0,
	"internal/phone":        2,
	"internal/seldom":       0,
	"internal/shown":        0,
	"internal/sim":          3,
	"internal/source":       0,
	"internal/store":        4,
	"internal/store/engine": 0,
	"internal/trigger":      0,
	"internal/spoken":       0,
	"internal/twilio":       0,
	"internal/web":          3,
	"internal/webhook":      0,

	"internal/alertmanagertest": 0,
}

// TestFilesInOrder holds the files of a package against the order in its doc.go.
func TestFilesInOrder(t *testing.T) {
	for _, pkg := range slices.Sorted(maps.Keys(ordered)) {
		t.Run(pkg, func(t *testing.T) {
			files := parsePackage(t, filepath.Join(root, pkg))
			if back := runningUp(files.arrows(t), listedFiles(t, pkg)); len(back) > ordered[pkg] {
				t.Errorf("%d arrows between files run back up, and %d may:\n%s", len(back), ordered[pkg], strings.Join(back, "\n"))
			}
		})
	}
}

// Every kind of use is found, and counted only where it runs up: else the test above could not fail.
func TestArrowsRunningUpAreFound(t *testing.T) {
	high := `package p
type T struct{ Field int }
func (T) Method() {}
type G[X any] struct{}
func (G[X]) Generic() {}
func Func() (t T) { return t }
func Many() (g G[int]) { return g }
const Const = 1
func Down() { down() }`
	for name, use := range map[string]string{
		"T": "var _ T", "Const": "_ = Const", "Func": "Func()",
		"Method": "Func().Method()", "Field": "_ = Func().Field", "Generic": "Many().Generic()",
	} {
		low := "package p\nfunc down() { " + use + " }"
		arrows := parseSources(t, map[string]string{"high.go": high, "low.go": low}).arrows(t)
		if !slices.Contains(arrows, arrow{"low.go", "high.go", name, 2}) {
			t.Errorf("%s: the arrow is not found among %v", use, arrows)
		}
		if back := runningUp(arrows, []string{"high.go", "low.go"}); len(back) != 1 {
			t.Errorf("%s: of one pair of files run back up: %q", use, back)
		}
	}
	arrows := parseSources(t, map[string]string{"high.go": high, "low.go": "package p\nfunc down() {}"}).arrows(t)
	if back := runningUp(arrows, []string{"high.go", "low.go"}); len(back) != 0 {
		t.Errorf("an arrow that runs down is counted: %q", back)
	}
	if back := runningUp(arrows, []string{"low.go", "high.go"}); len(back) != 1 {
		t.Errorf("the other way round it runs up, and is not counted: %q", back)
	}
}

// source is a package as its files say it.
type source struct {
	fset    *token.FileSet
	files   []*ast.File
	exports map[string]string // of what it imports: the compiler's file
}

// parsePackage reads a package, tests apart.
func parsePackage(t *testing.T, folder string) *source {
	t.Helper()
	s := &source{fset: token.NewFileSet(), exports: map[string]string{}}
	for _, p := range goList[compiledPackage](t, folder, "-export", "-deps",
		"-json=ImportPath,Dir,Export,GoFiles,DepOnly", ".") {
		s.exports[p.ImportPath] = p.Export
		if p.DepOnly {
			continue
		}
		for _, name := range p.GoFiles {
			s.add(t, filepath.Join(p.Dir, name), nil)
		}
	}
	return s
}

func parseSources(t *testing.T, sources map[string]string) *source {
	t.Helper()
	s := &source{fset: token.NewFileSet()}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		s.add(t, name, sources[name])
	}
	return s
}

// add parses a file; text is its source, or nil if it is to be read.
func (s *source) add(t *testing.T, path string, text any) {
	t.Helper()
	f, err := parser.ParseFile(s.fset, path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	s.files = append(s.files, f)
}

// arrow is the use of a name of another file.
type arrow struct {
	from, to string // files
	name     string
	line     int // of from
}

// arrows returns all uses of names that another file of the package declares.
func (s *source) arrows(t *testing.T) (all []arrow) {
	t.Helper()
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	compiled := func(path string) (io.ReadCloser, error) { return os.Open(s.exports[path]) }
	conf := types.Config{Importer: importer.ForCompiler(s.fset, "gc", compiled)}
	pkg, err := conf.Check("p", s.fset, s.files, info)
	if err != nil {
		t.Fatal(err)
	}
	for id, used := range info.Uses {
		if used.Pkg() != pkg {
			continue
		}
		from, to := s.fset.Position(id.Pos()), s.fset.Position(used.Pos())
		if from.Filename != to.Filename {
			all = append(all, arrow{filepath.Base(from.Filename), filepath.Base(to.Filename), id.Name, from.Line})
		}
	}
	return all
}

// runningUp returns one arrow, in words, for each pair of files that has any that run back up.
func runningUp(arrows []arrow, order []string) (back []string) {
	said := map[[2]string]string{}
	for _, a := range arrows {
		if slices.Index(order, a.from) <= slices.Index(order, a.to) {
			continue
		}
		pair := [2]string{a.from, a.to}
		words := fmt.Sprintf("%s:%d uses %s of %s, which stands higher in doc.go", a.from, a.line, a.name, a.to)
		if before, ok := said[pair]; !ok || words < before {
			said[pair] = words
		}
	}
	return slices.Sorted(maps.Values(said))
}

// compiledPackage is what the go command says of a package whose parts are compiled.
type compiledPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}
