package webhook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"redial/internal/call"
	"redial/internal/permit"
	"redial/internal/store"
)

// CheckEvents says what is wrong with a list of types that are wanted.
func CheckEvents(types []string) error {
	for i, p := range types {
		if slices.Contains(types[:i], p) { // what stands there once is a short list
			return errors.New("must list each type once, and " + p + " stands there twice")
		}
		prefix, all := strings.CutSuffix(p, "*")
		whole := !all || prefix == "" || strings.HasSuffix(prefix, ".")
		if !whole || !slices.ContainsFunc(call.EventTypes(), store.Filter{p}.Wants) {
			return fmt.Errorf("must list types of events, such as call.ended, call.* or *, and there is no %.40q", p)
		}
	}
	if len(types) == 0 {
		return errors.New("must not be empty")
	}
	return nil
}

// web and edge ask the Sender.

// CheckURL is the package's CheckURL, under the Sender's settings.
func (s *Sender) CheckURL(link string) error { return CheckURL(link, s.AllowPrivate) }

// CheckOfCall checks the webhook that a call brings, which the configured secrets sign.
func (s *Sender) CheckOfCall(link string) error {
	if len(s.secrets) == 0 {
		return permit.Errorf("needs %s, which sign it", permit.WebhookSecrets)
	}
	return s.CheckURL(link)
}

// CheckEvents is the package's CheckEvents.
func (s *Sender) CheckEvents(types []string) error { return CheckEvents(types) }

// DefaultEvents is the package's DefaultEvents.
func (s *Sender) DefaultEvents() []string { return DefaultEvents() }

// Rotate gives an endpoint a new secret.
func (s *Sender) Rotate(e *store.Endpoint) { rotate(e, NewSecret(), s.Store.Now()) }
