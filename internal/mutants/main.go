package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// drawnFrom are the packages that are changed.
var drawnFrom = []string{"call", "store", "dialer", "edge", "web", "webhook", "twilio", "phone"}

// limit is how long the tests of one package may take. A test that hangs because of a change has noticed it.
const limit = 10 * time.Minute

func main() {
	n := flag.Int("n", 40, "how many changes")
	seed := flag.String("seed", head(), "what the lots are drawn by")
	list := flag.Bool("list", false, "only draw")
	only := flag.Int("only", 0, "only this one of those that were drawn; 0: all")
	flag.Parse()
	mutants, err := draw(*seed, *n)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	noticed, tried := 0, 0
	fmt.Printf("%d changes drawn by %s\n\n| # | where | change | noticed by |\n|---|---|---|---|\n", len(mutants), *seed)
	for i, m := range mutants {
		if *only != 0 && *only != i+1 {
			continue
		}
		by := "–"
		if !*list {
			tried++
			if by = m.noticedBy(); by != "" {
				noticed++
			} else {
				by = "**nobody**"
			}
		}
		fmt.Printf("| %d | %s | %s | %s |\n", i+1, m.where(), m.change(), by)
	}
	if tried > 0 {
		fmt.Printf("\n%d of %d noticed.\n", noticed, tried)
	}
	if noticed < tried {
		os.Exit(1)
	}
}

func head() string {
	out, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "redial"
	}
	return strings.TrimSpace(string(out))
}

// noticedBy names the first test that fails with the change; empty if none does.
func (m *mutant) noticedBy() string {
	overlay, clean, err := m.overlay()
	if err != nil {
		return "an error: " + err.Error()
	}
	defer clean()
	for _, packages := range [][]string{
		{"./internal/" + m.pkg}, {"./internal/app"}, {"./cmd/redial", "./internal/chaos", "./internal/webhook"},
	} {
		if by := evidence(overlay, packages); by != "" {
			return by
		}
	}
	return ""
}

// unchanged caches the first test that fails without any change, by the packages whose tests ran; empty: none
// fails.
var unchanged = map[string]string{}

// evidence names the first test of packages that fails with the change. A test that also fails without it proves
// nothing.
func evidence(overlay string, packages []string) string {
	by, all := failing(overlay, packages), strings.Join(packages, " ")
	if by == "" {
		return ""
	}
	if _, known := unchanged[all]; !known {
		unchanged[all] = failing("", packages)
	}
	if red := unchanged[all]; red != "" {
		fmt.Fprintf(os.Stderr, "mutants: %s proves nothing: without a change %s fails too\n", by, red)
		return ""
	}
	return by
}

// failing runs the tests of packages, with a change or without any, and names the first that fails.
func failing(overlay string, packages []string) string {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	args := []string{"test", "-count=1", "-failfast", "-timeout", (limit + time.Minute).String()}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	args = append(args, packages...)
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	if err == nil {
		return ""
	}
	if ctx.Err() != nil {
		return "the tests of " + strings.Join(packages, " ") + ", which hang"
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		for _, sign := range []string{"--- FAIL: ", "panic: ", "fatal error: "} {
			if name, ok := strings.CutPrefix(line, sign); ok {
				name, _, _ = strings.Cut(name, " (")
				return name
			}
		}
	}
	return "the tests of " + strings.Join(packages, " ")
}
