// Package permit makes errors about what an installation may permit, and does not. Whoever refuses something says in
// plain words what would permit it; whoever shows the error puts the name of the setting in their place. It knows no
// setting, and never decides what is permitted.
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
)

// refusal is an error whose arguments may be Permissions.
type refusal struct {
	format string
	args   []any
}

func (r *refusal) Error() string { return fmt.Sprintf(r.format, r.args...) }

// Errorf makes an error as fmt.Errorf does, but wraps none. Among the arguments are the Permissions that it is about.
func Errorf(format string, args ...any) error { return &refusal{format, args} }

// Text is the text of an error, with the name of each Permission where it has one. The error may be wrapped, as long as
// its own text stands in that of the wrapper.
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
