package main

import (
	"slices"
	"strings"
	"testing"
)

// The same seed draws the same changes, and another seed others.
func TestTheSeedDraws(t *testing.T) {
	t.Chdir("../..")
	for _, pkg := range drawnFrom {
		drawn := func(seed string) (list []string) {
			mutants, err := shuffled(seed, pkg)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range mutants {
				list = append(list, m.where()+m.change())
			}
			return list
		}
		first := drawn("a")
		if len(first) < 40 || !slices.Equal(first, drawn("a")) || slices.Equal(first, drawn("b")) {
			t.Errorf("%s: %d changes are drawn, or not by the seed", pkg, len(first))
		}
	}
}

// A test notices the change that it is there for. No test notices a change without effect.
func TestAChangeIsNoticed(t *testing.T) {
	t.Chdir("../..")
	all, err := sites("phone")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(m mutant) bool {
		return strings.HasSuffix(m.file, "parse.go") && m.to == "!(len(text) > maxText)"
	})
	if i < 0 {
		t.Fatal("the bound of a text in parse.go could not be changed")
	}
	m := all[i]
	for _, change := range []struct {
		to      string
		noticed bool
	}{{m.to, true}, {"(" + string(m.source[m.start:m.end]) + ")", false}} {
		m.to = change.to
		overlay, clean, err := m.overlay()
		if err != nil {
			t.Fatal(err)
		}
		defer clean()
		if by := evidence(overlay, []string{"./internal/phone"}); (by != "") != change.noticed {
			t.Errorf("%s %s is noticed by %q", m.where(), m.change(), by)
		}
		if change.noticed { // a test that fails anyway proves nothing
			unchanged["./internal/phone"] = "TestAnother"
			if by := evidence(overlay, []string{"./internal/phone"}); by != "" {
				t.Errorf("%s %s is noticed by %q, which fails without it", m.where(), m.change(), by)
			}
			delete(unchanged, "./internal/phone")
		}
	}
}
