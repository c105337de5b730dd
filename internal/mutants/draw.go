package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change: the bytes from start to end of a file become something else.
type mutant struct {
	pkg, file  string
	line       int
	start, end int
	to         string
	source     []byte
	within     string // the expression around it, for people; may be empty
}

func (m *mutant) where() string { return fmt.Sprintf("`%s:%d`", m.file, m.line) }

func (m *mutant) change() string {
	from, to := oneLine(string(m.source[m.start:m.end])), oneLine(m.to)
	if to == "" {
		return fmt.Sprintf("`%s` left out", from)
	}
	if m.within != "" {
		return fmt.Sprintf("`%s`: `%s` → `%s`", oneLine(m.within), from, to)
	}
	return fmt.Sprintf("`%s` → `%s`", from, to)
}

// oneLine makes a piece of code fit into a cell of a table.
func oneLine(s string) string {
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", "\\|")
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// overlay writes the changed file, and the file that tells the compiler to read it instead.
func (m *mutant) overlay() (path string, clean func(), err error) {
	folder, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return "", nil, err
	}
	clean = func() { _ = os.RemoveAll(folder) } // a temporary folder may stay
	changed := slices.Concat(m.source[:m.start], []byte(m.to), m.source[m.end:])
	file, err := filepath.Abs(m.file)
	text, path := filepath.Join(folder, "changed.go"), filepath.Join(folder, "overlay.json")
	if err == nil {
		err = os.WriteFile(text, changed, 0o600)
	}
	var replace []byte
	if err == nil {
		replace, err = json.Marshal(map[string]map[string]string{"Replace": {file: text}})
	}
	if err == nil {
		err = os.WriteFile(path, replace, 0o600)
	}
	return path, clean, err
}

// compiles says whether the changed package still compiles.
func (m *mutant) compiles() (bool, error) {
	overlay, clean, err := m.overlay()
	if err != nil {
		return false, err
	}
	defer clean()
	return exec.Command("go", "vet", "-overlay", overlay, "./internal/"+m.pkg).Run() == nil, nil
}

// draw draws n changes that compile, equal parts from each package.
func draw(seed string, n int) (drawn []mutant, err error) {
	for i, pkg := range drawnFrom {
		all, err := shuffled(seed, pkg)
		if err != nil {
			return nil, err
		}
		part := (n + len(drawnFrom) - 1 - i) / len(drawnFrom)
		for j := 0; j < len(all) && part > 0; j++ {
			ok, err := all[j].compiles()
			if err != nil {
				return nil, err
			}
			if ok {
				drawn, part = append(drawn, all[j]), part-1
			}
		}
	}
	return drawn, nil
}

// shuffled lists every change that could be made in a package, in random order.
func shuffled(seed, pkg string) ([]mutant, error) {
	all, err := sites(pkg)
	lots := rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed + pkg))))
	lots.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, err
}

// sites lists every change that could be made in a package.
func sites(pkg string) (all []mutant, err error) {
	files, err := filepath.Glob(filepath.Join("internal", pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		add := func(from, end token.Pos, to, within string) {
			p := set.Position(from)
			all = append(all, mutant{
				pkg: pkg, file: file, line: p.Line, start: p.Offset, end: set.Position(end).Offset, to: to,
				source: source, within: within,
			})
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			changes(n, source, set, add)
			return true
		})
	}
	return all, nil
}

// instead lists what each operator is changed into.
var instead = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*",
}

// changes names the changes that could be made at a node: another operator, a condition
// that never or always holds, a statement left out, a yes for a no, a number that is off by one.
func changes(n ast.Node, source []byte, set *token.FileSet, add func(from, end token.Pos, to, within string)) {
	text := func(n ast.Node) string {
		return string(source[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset])
	}
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if to, ok := instead[n.Op]; ok {
			add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), to, text(n))
		}
	case *ast.IfStmt:
		add(n.Cond.Pos(), n.Cond.End(), "false && ("+text(n.Cond)+")", "")
		add(n.Cond.Pos(), n.Cond.End(), "!("+text(n.Cond)+")", "")
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			add(n.Pos(), n.End(), text(n.X), "")
		}
	case *ast.ExprStmt:
		add(n.Pos(), n.End(), "", "")
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN || n.Tok == token.ADD_ASSIGN {
			add(n.Pos(), n.End(), "", "")
		}
	case *ast.Ident:
		switch n.Name {
		case "true":
			add(n.Pos(), n.End(), "false", "")
		case "false":
			add(n.Pos(), n.End(), "true", "")
		}
	case *ast.BasicLit:
		if n.Kind == token.INT {
			add(n.Pos(), n.End(), "("+n.Value+" + 1)", "")
		}
	}
}
