package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"redial/internal/nearest"
)

// settings are the names of all variables that a part of the command line reads.
func settings(node kong.Visitable) []string {
	names := map[string]bool{}
	_ = kong.Visit(node, func(n kong.Visitable, next kong.Next) error { // this visitor never fails
		if flag, ok := n.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				names[name] = true
			}
		}
		return next(nil)
	})
	return slices.Sorted(maps.Keys(names))
}

// trimSettings removes newlines and spaces at the ends of settings in the environment, because some are read from
// files. A blank setting counts as not set. An exception is DATABASE_URL: without it, calls would go to another
// database than was meant.
func trimSettings(model *kong.Application) error {
	for _, name := range settings(model) {
		value, set := os.LookupEnv(name)
		if trimmed := strings.TrimSpace(value); set && value != trimmed {
			if err := os.Setenv(name, trimmed); err != nil {
				return fmt.Errorf("reading %s: %w", name, err)
			}
		}
		if os.Getenv(name) == "" && name != "DATABASE_URL" {
			if err := os.Unsetenv(name); err != nil {
				return fmt.Errorf("reading %s: %w", name, err)
			}
		}
	}
	return nil
}

// ours is the prefix of settings that only redial has; carriers is the prefix of settings that Twilio's own programs
// read, too.
const ours, carriers = "REDIAL_", "TWILIO_"

// ofTests are no settings of a command. Two are in CONTRIBUTING.md; the others tell a binary that is made to be killed
// where it must die.
var ofTests = []string{
	"REDIAL_TEST_DATABASE_URL", "REDIAL_TEST_MYSQL_URL",
	"REDIAL_CRASH", "REDIAL_CRASH_HITS", "REDIAL_STOP", "REDIAL_CLOCK_SKEW",
}

// warnUnknown warns of variables in the environment that are no settings, but were probably meant as such: those with
// our prefix, and those that resemble an unset setting of this command. A completion script that a starting shell
// reads causes no warning.
func (con *console) warnUnknown(command *kong.Context) {
	if commandOf(command) == "redial completion" {
		return
	}
	all := slices.Concat(settings(command.Model), ofTests)
	var unset []string
	if node := command.Selected(); node != nil {
		unset = slices.DeleteFunc(settings(node), func(name string) bool {
			_, set := os.LookupEnv(name)
			return set
		})
	}
	for _, pair := range slices.Sorted(slices.Values(os.Environ())) {
		name, _, _ := strings.Cut(pair, "=")
		upper := strings.ToUpper(name)
		var meant string
		switch {
		case slices.Contains(all, name):
			continue
		case strings.HasPrefix(upper, ours):
			meant = resembling(upper, all, ours)
			con.warning("%s is no setting of redial%s", name, didYouMean(meant))
			continue
		case strings.HasPrefix(upper, carriers):
			meant = resembling(upper, unset, carriers)
		default:
			meant = misspelt(upper, unset)
		}
		if meant != "" {
			con.warning("%s is no setting of redial%s", name, didYouMean(meant))
		}
	}
}

// resembling is the name that was probably meant. It is the first of these: the same name without the prefix; the
// nearest name with the prefix; a name of which the rest is a part, or that is a part of the rest (TWILIO_TOKEN,
// REDIAL_FROM_NUMBER).
func resembling(name string, names []string, prefix string) string {
	rest := strings.TrimPrefix(name, prefix)
	if slices.Contains(names, rest) {
		return rest
	}
	var rests []string
	for _, n := range names {
		if r, ok := strings.CutPrefix(n, prefix); ok {
			rests = append(rests, r)
		}
	}
	if r := nearest.Of(rest, rests); r != "" {
		return prefix + r
	}
	apart := func(r string) bool { return !hasWords(r, rest) && !hasWords(rest, r) }
	if parts := slices.DeleteFunc(rests, apart); len(parts) > 0 {
		return prefix + slices.MinFunc(parts, func(a, b string) int {
			return nearest.Distance(rest, a) - nearest.Distance(rest, b)
		})
	}
	return ""
}

// hasWords says whether the words stand together, and whole, in a name.
func hasWords(name, words string) bool { return strings.Contains("_"+name+"_", "_"+words+"_") }

// misspelt is the name that was certainly meant: so similar that no other program reads both.
func misspelt(name string, names []string) string {
	if n := nearest.Of(name, names); nearest.Distance(name, n) <= len(n)/5 {
		return n
	}
	return ""
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return "; did you mean " + name + "?"
}

// command finds a command by its name.
func command(model *kong.Application, name string) *kong.Node {
	return model.Children[slices.IndexFunc(model.Children, func(n *kong.Node) bool { return n.Name == name })]
}
