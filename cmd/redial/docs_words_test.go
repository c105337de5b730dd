package main

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"redial/api/apitest"
)

var (
	inline   = regexp.MustCompile("`([^`\n]+)`")
	setting  = regexp.MustCompile(`\b(?:REDIAL|TWILIO)_[A-Z][A-Z_]*[A-Z]\b`)
	flagWord = regexp.MustCompile(`(?:^|\s)--([a-z][a-z-]*)`)
	route    = regexp.MustCompile(`^(GET|POST|PUT|DELETE) (/(?:v1|twilio_api)/[^? ]*)`)
)

// TestWordsOfPages looks up the commands, flags, settings and routes that running text names.
func TestWordsOfPages(t *testing.T) {
	parser, err := newConsole(io.Discard, io.Discard).parser(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	model := parser.Model
	doc, err := apitest.Document()
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"REDIAL_TEST_DATABASE_URL", "REDIAL_TEST_MYSQL_URL", "REDIAL_FORM", "TWILIO_TOKEN"} // two mistakes
	err = kong.Visit(model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			known = append(known, f.Envs...)
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pages(t) {
		if name == "CHANGELOG.md" || strings.HasPrefix(name, "docs/adr/") { // these pages tell the past
			continue
		}
		for _, word := range setting.FindAllString(text, -1) {
			if !slices.Contains(known, word) {
				t.Errorf("%s names %s, which is no setting", name, word)
			}
		}
		for _, m := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			code := strings.TrimPrefix(m[1], "bin/")
			if r := route.FindStringSubmatch(code); r != nil && !hasPath(doc, r[1], r[2]) {
				t.Errorf("%s names %s %s, which is no path of openapi.yaml", name, r[1], r[2])
			}
			if slices.Contains(logged, code) {
				continue
			}
			if node := named(model.Node, code); node == nil {
				t.Errorf("%s names `%s`, which is no command", name, code)
			} else {
				for _, f := range flagWord.FindAllStringSubmatch(code, -1) {
					if strings.HasPrefix(code, "redial ") && !hasFlag(node, f[1]) {
						t.Errorf("%s names `%s`, and there is no --%s", name, code, f[1])
					}
				}
			}
		}
	}
}

// TestCommandLinePage compares the page's table with the commands.
func TestCommandLinePage(t *testing.T) {
	parser, err := newConsole(io.Discard, io.Discard).parser(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var there, listed []string
	for _, command := range parser.Model.Children {
		if !command.Hidden {
			there = append(there, command.Name)
		}
	}
	row := regexp.MustCompile("(?m)^\\| `redial (\\w+)")
	for _, m := range row.FindAllStringSubmatch(pages(t)["docs/command-line.md"], -1) {
		listed = append(listed, m[1])
	}
	slices.Sort(there)
	slices.Sort(listed)
	if diff := cmp.Diff(there, listed); diff != "" {
		t.Errorf("-commands +page:\n%s", diff)
	}
}

// logged are texts of the log that look like commands.
var logged = []string{"redial serves", "redial is told to stop"}

// hasPath says whether the contract has a method and a path. The path may have examples in the place of ids.
func hasPath(doc *openapi3.T, method, path string) bool {
	for like, item := range doc.Paths.Map() {
		fits := regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(like), "[^/]+") + "$")
		if item.GetOperation(method) != nil && fits.MatchString(path) {
			return true
		}
	}
	return false
}

var parameter = regexp.MustCompile(`\\\{\w+\\\}`)

// named is the command with which code in running text begins. It is the root if the code begins with no command, and
// nil if it begins with an unknown one.
func named(root *kong.Node, code string) *kong.Node {
	node := root
	words := strings.Fields(code)
	if len(words) < 2 || words[0] != "redial" {
		return node
	}
	for _, word := range words[1:] {
		i := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == word })
		if i < 0 {
			if node == root && regexp.MustCompile(`^[a-z]`).MatchString(word) {
				return nil
			}
			break
		}
		node = node.Children[i]
	}
	return node
}

func hasFlag(node *kong.Node, name string) bool {
	if name == "version" { // see asHelp
		return true
	}
	name = strings.TrimPrefix(name, "no-")
	for n := node; n != nil; n = n.Parent {
		if slices.ContainsFunc(n.Flags, func(f *kong.Flag) bool { return f.Name == name }) {
			return true
		}
	}
	return slices.ContainsFunc(node.Children, func(child *kong.Node) bool {
		return slices.ContainsFunc(child.Flags, func(f *kong.Flag) bool { return f.Name == name })
	})
}
