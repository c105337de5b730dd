// Package permit makes errors about what an installation could permit, and does not. The code that refuses something
// says in plain words what would permit it. The code that shows the error replaces these words with the name of the
// setting. The package knows no setting, and never decides what is permitted.
package permit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Permission is something that an installation decides for all its calls, in plain words.
type Permission string

// The permissions.
const (
	Caller          Permission = "the default caller"
	DefaultRegion   Permission = "the default region"
	Regions         Permission = "the list of regions that may be called"
	NumberPrefixes  Permission = "the list of further prefixes"
	Verbs           Permission = "the list of further verbs"
	Hosts           Permission = "the list of hosts"
	Languages       Permission = "the list of further languages"
	PrivateWebhooks Permission = "webhooks to private addresses"
	WebhookSecrets  Permission = "secrets of webhooks"
	APIKeys         Permission = "API keys"
	Waiting         Permission = "the bound on the calls of a name"
	WaitingToNumber Permission = "the bound on the calls to a number"
	Triggers        Permission = "the file of triggers"
)

// refusal is an error whose arguments may be Permissions.
type refusal struct {
	format string
	args   []any
}

func (r *refusal) Error() string { return fmt.Sprintf(r.format, r.args...) }

// Errorf makes an error as fmt.Errorf does, but wraps none. Its arguments include the Permissions that it is
// about.
func Errorf(format string, args ...any) error { return &refusal{format, args} }

// Text is the text of an error. Each Permission in it is replaced by its name, if names has one. The error may be
// wrapped, as long as the wrapper's text contains that of the error.
func Text(err error, names map[Permission]string) string {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		return err.Error()
	}
	args := slices.Clone(r.args)
	for i, arg := range args {
		p, _ := arg.(Permission)
		if name, ok := names[p]; ok {
			args[i] = name
		}
	}
	return strings.Replace(err.Error(), r.Error(), fmt.Sprintf(r.format, args...), 1)
}
