package trigger

import (
	"fmt"
	"maps"
	"slices"
)

// Paste is YAML that makes a trigger of a name ring, as the article does that redial grew out of: a whole file if there
// is none in force, else what that lacks, below its triggers where it has others. It stands in one line, and has no
// double quotes, so that it can be copied out of JSON.
func (t *Triggers) Paste(name, number string) (yaml string, below bool) {
	rings := func(to, more string) string {
		return fmt.Sprintf("%s: {to: ['%s'], %ssay: {text: Hello world!}, policy: {preset: article}}", name, to, more)
	}
	f := t.File()
	if f == nil {
		return fmt.Sprintf("{people: {me: {number: '%s'}}, triggers: {%s}}", number, rings("me", "")), false
	}
	if people := slices.Sorted(maps.Keys(f.People)); len(people) > 0 {
		yaml = rings(people[0], "")
	} else {
		yaml = rings(number, "numbers: true, ")
	}
	if len(f.Triggers) > 0 {
		return yaml, true
	}
	return "triggers: {" + yaml + "}", false
}
