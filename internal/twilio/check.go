package twilio

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"redial/internal/permit"
)

// checker holds a document against what TwiML knows and what an installation allows.
type checker struct {
	Rules
	callee func(number string) error // what keeps a number from being called
}

// checkTwiml returns a *FieldError for a document that Twilio would not take, that says
// nothing, or that does what the Rules don't allow.
func (c checker) checkTwiml(doc string) error {
	if n := length(doc); n > twimlLimit {
		return wrong("twiml", "has %d characters, and Twilio takes %d", n, twimlLimit)
	}
	root, err := parse(doc)
	if err == nil {
		err = c.children(root)
	}
	if err == nil && !heard(root.children) {
		err = errors.New("has nothing to hear before it ends: give it a Say with a letter or a digit, a Play, " +
			"a Gather with one of these, a Redirect or a Record")
	}
	if err != nil {
		return &FieldError{"twiml", err}
	}
	return nil
}

// children checks all that stands in an element, whether Twilio would come to it or not.
func (c checker) children(in *element) error {
	for _, e := range in.children {
		for _, check := range []func(e, in *element) error{c.checkName, c.checkAttributes, c.checkText} {
			if err := check(e, in); err != nil {
				return err
			}
		}
		if err := c.children(e); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) checkName(e, in *element) error {
	known, usable := within[in.name], within[in.name]
	if in.name == "Response" {
		known = slices.Concat(harmless, further)
		forbidden := func(v string) bool { return !slices.Contains(harmless, v) && !allows(c.Verbs, v) }
		usable = slices.DeleteFunc(slices.Clone(known), forbidden)
	}
	switch {
	case len(known) == 0:
		return fmt.Errorf("has <%.40s> in %s, where TwiML has no elements", e.name, in.name)
	case !slices.Contains(known, e.name):
		return fmt.Errorf("has <%.40s> in %s, which is not one of, in just these letters: %s%s",
			e.name, in.name, strings.Join(usable, ", "), meant(e.name, known))
	case in.name == "Response" && !slices.Contains(harmless, e.name) && !allows(c.Verbs, e.name):
		return permit.Errorf("has the verb %s, which this redial does not allow; to allow it, set %s=%s",
			e.name, permit.Verbs, strings.Join(append(slices.Clone(c.Verbs), e.name), ","))
	}
	return nil
}

func (c checker) checkAttributes(e, _ *element) error {
	for _, a := range e.attrs {
		name, value := a.Name.Local, strings.TrimSpace(a.Value)
		same := func(known string) bool { return strings.EqualFold(known, name) }
		if i := slices.IndexFunc(attributes, same); i >= 0 && !slices.Contains(attributes, name) {
			return fmt.Errorf("has a %s with the attribute %s, which TwiML does not know; did you mean %s?",
				e.name, name, attributes[i])
		}
		var problem error
		switch {
		case isURL.MatchString(name) && value == "":
			// it leads nowhere: an action to the document's own URL, a waitUrl to silence
		case e.name == "Stream" || e.name == "ConversationRelay":
			if isURL.MatchString(name) {
				problem = c.checkURL(value, "https", "wss")
			}
		case isURL.MatchString(name):
			problem = c.checkURL(value, "http", "https")
		case e.name == "Sms" && name == "to":
			problem = c.checkCallee(value)
		case e.name == "Say" && name == "lang":
			problem = errors.New("is passed over by Twilio, and means language")
		case e.name == "Say" && name == "language", e.name == "lang" && name == "lang":
			problem = c.checkLanguage(a.Value)
		case e.name == "Say" && name == "voice":
			problem = c.checkVoice(a.Value)
		}
		if problem != nil {
			return fmt.Errorf("has a %s whose %.40s %w", e.name, name, problem)
		}
	}
	return nil
}

// checkText checks what stands between an element's tags, where Twilio goes there.
func (c checker) checkText(e, in *element) error {
	text := strings.TrimSpace(e.text)
	var problem error
	switch e.name {
	case "Say":
		if unspeakable(e.spoken()) {
			problem = errors.New("has characters that can't be spoken")
		}
	case "Redirect":
		problem = c.checkURL(text, "http", "https")
	case "Play":
		if text != "" {
			problem = c.checkURL(text, "http", "https")
		}
	case "Dial", "Number", "WhatsApp":
		if text != "" || e.name != "Dial" {
			problem = c.checkCallee(text)
		}
	case "Sip", "Uri":
		if text != "" || len(e.children) == 0 {
			problem = c.checkSIP(text)
		}
	}
	if problem != nil {
		return fmt.Errorf("has in %s a %s whose content %w", in.name, e.name, problem)
	}
	return nil
}

// checkCallee says why a number may not be called. Twilio dials it as it is written, so
// it must be written as it was understood.
func (c checker) checkCallee(number string) error {
	if err := c.callee(number); err != nil {
		return fmt.Errorf("can't be called: %w", err)
	}
	return nil
}

// sipForm is a SIP URI without what would send it elsewhere than to its host (maddr, a
// Route header). Source: https://www.twilio.com/docs/voice/twiml/sip
var (
	sipForm = regexp.MustCompile(`^sips?:([^@:;?\s]+)@([^@:;?\s\[\]]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?` +
		`(;(transport|region|edge)=[A-Za-z0-9-]+)*` +
		`(\?((?i)x-[a-z0-9-]+|user-to-user)=[^&\s]*(&(x-[a-z0-9-]+|user-to-user)=[^&\s]*)*)?$`)
	longForm = regexp.MustCompile(`^\+?[0-9]{7,}$`)
)

func (c checker) checkSIP(uri string) error {
	parts := sipForm.FindStringSubmatch(uri)
	if parts == nil {
		return errors.New("must be a SIP URI such as sip:desk@pbx.example.com;transport=tls")
	}
	user, err := url.PathUnescape(parts[1])
	if err != nil {
		return errors.New("must be a SIP URI")
	}
	if longForm.MatchString(user) {
		if err := c.checkCallee("+" + strings.TrimPrefix(user, "+")); err != nil {
			return err
		}
	}
	return c.checkHost(parts[2])
}
