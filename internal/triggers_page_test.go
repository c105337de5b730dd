package internal_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/internal/edge"
	events "redial/internal/source"
	"redial/internal/trigger"
)

// TestTriggersPage holds what the page says of a file of triggers against what is read.
func TestTriggersPage(t *testing.T) {
	text := page(t, "docs/triggers.md")
	for heading, want := range map[string][]string{
		"## People": fieldsOf(t, "people: {a: {x: 1}}"), "## Rotas": fieldsOf(t, "rotas: {a: {x: 1}}"),
		"## Triggers": fieldsOf(t, "triggers: {a: {x: 1}}"), "### Functions": trigger.Functions(),
		"### What a template sees": eventsNames(),
	} {
		if diff := cmp.Diff(want, inCells(t, text, heading)); diff != "" {
			t.Errorf("%s: -code +page:\n%s", heading, diff)
		}
	}
	for _, kind := range events.Kinds() {
		if !strings.Contains(section(t, text, "## Triggers"), "`"+string(kind)+"`") {
			t.Errorf("the source %s is not on the page", kind)
		}
	}
}

// inCells are all words in the first column of a section's table, of which a cell may have several.
func inCells(t *testing.T, text, heading string) (words []string) {
	t.Helper()
	for line := range strings.Lines(section(t, text, heading)) {
		if cells := strings.Split(line, " |"); strings.HasPrefix(line, "| `") {
			for _, m := range regexp.MustCompile("`\\.?(\\w+)`").FindAllStringSubmatch(cells[0], -1) {
				words = append(words, m[1])
			}
		}
	}
	return slices.Sorted(slices.Values(words))
}

// fieldsOf are the fields that an object of a file may have, as the mistake of one that it may not have says.
func fieldsOf(t *testing.T, file string) []string {
	t.Helper()
	_, err := trigger.ReadFile([]byte(file), trigger.Settings{
		Reader: edge.NewReader(edge.Reader{}), Now: time.Now(), Env: func(string) (string, bool) { return "", false },
	})
	if err == nil {
		t.Fatal("it may have any field")
	}
	_, names, found := strings.Cut(err.Error(), "it may have: ")
	if !found {
		t.Fatal(err)
	}
	names, _, _ = strings.Cut(names, "\n")
	return slices.Sorted(strings.SplitSeq(names, ", "))
}

// eventsNames are what a template sees of an event.
func eventsNames() (names []string) {
	for name := range (&events.Event{}).Data() {
		names = append(names, name)
	}
	return slices.Sorted(slices.Values(names))
}
