// Package internal_test holds what is true of the house as a whole.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "redial"

// arrows says which of our packages a package may import, tests apart. A newcomer fails
// the test until it has a place here. apitest, alertmanagertest, browsertest, freeaddr, mariadbtest
// and pgtest are in no product package's list: they are for tests only.
var arrows = map[string][]string{
	"cmd/redial": {"internal/app", "api", "internal/sim", "internal/nearest", "internal/phone"},
	"api":        {},
	"internal/app": {"internal/web", "internal/hook", "internal/page", "internal/edge", "internal/dialer",
		"internal/webhook", "internal/twilio", "internal/bodies", "internal/trigger", "internal/source", "internal/store",
		"internal/store/engine", "internal/call", "internal/phone", "internal/seldom"},
	"internal/web": {"api", "internal/edge", "internal/shown", "internal/call", "internal/store", "internal/trigger",
		"internal/source", "internal/bodies", "internal/origin", "internal/twilio", "internal/seldom",
		"internal/crashpoint", "internal/permit"},
	"internal/page": {"api", "internal/edge", "internal/shown", "internal/call", "internal/store", "internal/phone",
		"internal/origin", "internal/seldom", "internal/page/timeline"},
	"internal/page/timeline": {"internal/call"},
	"internal/hook": {"api", "internal/edge", "internal/shown", "internal/store", "internal/trigger", "internal/source",
		"internal/bodies", "internal/origin", "internal/seldom", "internal/permit"},
	"internal/dialer": {"internal/call", "internal/store", "internal/seldom", "internal/crashpoint"},
	"internal/webhook": {"api", "internal/shown", "internal/call", "internal/store", "internal/seldom",
		"internal/crashpoint", "internal/permit"},
	"internal/trigger": {"api", "internal/edge", "internal/call", "internal/store", "internal/source", "internal/incident",
		"internal/spoken", "internal/phone", "internal/nearest", "internal/seldom", "internal/crashpoint"},
	"internal/incident": {},
	"internal/source":   {"internal/spoken"},
	"internal/spoken":   {},
	"internal/edge": {"api", "internal/call", "internal/phone", "internal/twilio", "internal/permit",
		"internal/nearest"},
	"internal/shown": {"api", "internal/call", "internal/store", "internal/trigger", "internal/source",
		"internal/phone"},
	"internal/twilio":       {"internal/call", "internal/crashpoint", "internal/nearest", "internal/permit"},
	"internal/store":        {"internal/call", "internal/incident", "internal/store/engine", "internal/crashpoint"},
	"internal/store/engine": {},
	"internal/call":         {},
	"internal/phone":        {"internal/permit"},
	"internal/nearest":      {},
	"internal/permit":       {},
	"internal/seldom":       {},
	"internal/bodies":       {},
	"internal/origin":       {},
	"internal/sim":          {},
	"internal/crashpoint":   {},
	"internal/chaos":        {"api", "internal/sim"},
	"internal/bench":        {},
	"internal/bench/floor":  {},
	"internal/mutants":      {},
	"internal/picture":      {},
	"api/apitest":           {"api"},
	"internal/pgtest":       {"internal/testserver"},
	"internal/mariadbtest":  {"internal/testserver"},
	"internal/testserver":   {},
	"internal/browsertest":  {},
	"internal/freeaddr":     {},

	"internal/alertmanagertest": {"internal/freeaddr"},
}

// owners says who alone may import what comes from outside: a package imported here,
// or anything below it, is known to the listed packages and to nobody else.
var owners = map[string][]string{
	"github.com/twilio/twilio-go":     {"internal/twilio"},
	"github.com/nyaruka/phonenumbers": {"internal/phone"},
	"database/sql":                    {"internal/store", "internal/store/engine", "internal/mariadbtest"},
	"github.com/goccy/go-yaml":        {"internal/trigger"},
	"github.com/chromedp":             {"internal/browsertest"},
	"github.com/go-sql-driver/mysql":  {"internal/store/engine", "internal/mariadbtest"},
	"github.com/jackc/pgx/v5":         {"internal/store/engine", "internal/pgtest"},
	"github.com/pressly/goose/v3":     {"internal/store/engine"},
	"modernc.org/sqlite":              {"internal/store/engine"},
	"github.com/standard-webhooks":    {"internal/webhook", "cmd/redial", "internal/chaos"},
	"github.com/alexedwards/scs":      {"internal/page"},
	"github.com/nicksnyder/go-i18n":   {"internal/page"},
	"github.com/prometheus/client_golang": {"internal/web", "internal/hook", "internal/dialer", "internal/webhook",
		"internal/store", "internal/trigger", "internal/app"},
}

// impure is what the core may not touch: it is given the time and does no I/O.
var impure = []string{"context", "os", "net", "io", "log", "database", "syscall", "math/rand", "crypto/rand"}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, known := arrows[from]
		if !known && len(p.Imports) > 0 {
			t.Errorf("%s has no place in the house: give it one in arrows, and on the map, docs/architecture.md", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if ours && !slices.Contains(allowed, to) {
				t.Errorf("%s must not import %s", from, to)
			}
		}
	}
}

func TestOwners(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imported := range p.Imports {
			for outside, in := range owners {
				if within(imported, outside) && !slices.Contains(in, from) {
					t.Errorf("%s must not import %s: that is for %s", from, imported, strings.Join(in, ", "))
				}
			}
		}
	}
}

func TestCoreIsPure(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != module+"/internal/call" {
			continue
		}
		for _, imported := range p.Imports {
			root, _, _ := strings.Cut(imported, "/")
			banned := func(bad string) bool { return within(imported, bad) }
			if strings.Contains(root, ".") || slices.ContainsFunc(impure, banned) {
				t.Errorf("the core must not import %s", imported)
			}
		}
	}
}

// within tells whether path is the package parent or lies below it.
func within(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || rest[0] == '/')
}

// packages asks the go command what is there. A package that does not compile is listed
// as well as can be: other checks speak of that.
func packages(t *testing.T) []pkg {
	t.Helper()
	return goList[pkg](t, "..", "-e", "-json=ImportPath,Imports", "./...")
}

// goList is what go list prints of some packages.
func goList[P any](t *testing.T, folder string, args ...string) (all []P) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = folder
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p P
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("reading go list: %v", err)
		}
		all = append(all, p)
	}
}
