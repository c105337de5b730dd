package internal_test

import (
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"redial/internal/app"
	"redial/internal/edge"
	"redial/internal/permit"
)

// naming are the packages that may call a setting by its name. The last three read variables of tests.
var naming = []string{"cmd/redial", "internal/app", "internal/edge", "internal/crashpoint", "internal/pgtest",
	"internal/mariadbtest"}

var settingName = regexp.MustCompile(`REDIAL_\w*`)

// TestSettingsAreNamedByFew: what a setting is called is known where settings are read, and where the answer to a
// request is written. Everybody else says in an error what would permit it, and permit.Text puts in the name.
func TestSettingsAreNamedByFew(t *testing.T) {
	for _, p := range packages(t) {
		dir := strings.TrimPrefix(p.ImportPath, module+"/")
		if slices.Contains(naming, dir) {
			continue
		}
		for _, file := range sources(t, dir) {
			for _, name := range settingName.FindAllString(page(t, path.Join(dir, file)), -1) {
				t.Errorf("%s/%s names the setting %s: only %s may", dir, file, name, strings.Join(naming, ", "))
			}
		}
	}
}

// TestEveryPermissionIsASetting holds what errors say that an installation may permit against the settings that
// there are.
func TestEveryPermissionIsASetting(t *testing.T) {
	var settings []string
	for f := range reflect.TypeFor[app.Config]().Fields() {
		settings = append(settings, f.Tag.Get("env"))
	}
	declared := regexp.MustCompile(`(?m)^\t\w+ +Permission = "([^"]+)"`)
	permissions := declared.FindAllStringSubmatch(page(t, "internal/permit/permit.go"), -1)
	if len(permissions) == 0 {
		t.Fatal("there is no permission")
	}
	for _, m := range permissions {
		if name := edge.Text(permit.Errorf("%s", permit.Permission(m[1]))); !slices.Contains(settings, name) {
			t.Errorf("%s is called %q, which is no setting", m[1], name)
		}
	}
}

// plainFault is a fault made of an error's own text, in which a permission has no name.
var plainFault = regexp.MustCompile(`\.Add\(.*\.Error\(\)\)`)

// TestFaultsNameSettings: whoever answers with an error does so by edge.Text, as edge.Faults.Wrong does.
func TestFaultsNameSettings(t *testing.T) {
	for _, dir := range []string{"internal/web", "internal/edge", "internal/app"} {
		for _, file := range sources(t, dir) {
			if line := plainFault.FindString(page(t, path.Join(dir, file))); line != "" {
				t.Errorf("%s/%s: %s names no setting: use Faults.Wrong", dir, file, line)
			}
		}
	}
}
