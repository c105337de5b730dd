package twilio

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"redial/internal/nearest"
	"redial/internal/permit"
)

// Rules are what an installation allows in TwiML, and where it lets Twilio go. The zero
// value allows the harmless verbs, and no URL.
type Rules struct {
	Verbs     []string // beside the harmless ones
	Hosts     []string // that Twilio may fetch from and post to
	Languages []string // beside those of the table
}

// anything in a list of Rules allows all that there is.
const anything = "*"

const urlLimit = 2000 // bytes

var (
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$`)
	voiceForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)
)

// twilioVoice is the form of the voices that Twilio has: its own three, Amazon's (some of
// which have accents: Polly.Léa) and Google's, which may become more.
// Source: https://www.twilio.com/docs/voice/twiml/say/text-speech
var twilioVoice = regexp.MustCompile(`^(man|woman|alice|Polly\.[A-Z]\p{Ll}{1,30}(-[A-Z][A-Za-z0-9]{1,20})?|` +
	`Google\.[a-z]{2,3}-[A-Za-z]{2}-[A-Z][A-Za-z0-9-]{1,60})$`)

// Check returns what is wrong with each of the lists.
func (r Rules) Check() (wrong []error) {
	fault := func(text string, args ...any) { wrong = append(wrong, permit.Errorf(text, args...)) }
	for _, v := range r.Verbs {
		if v != anything && !slices.Contains(slices.Concat(harmless, further), v) {
			fault("%s has %.60q, which is no verb of TwiML%s", permit.Verbs, v, meant(v, slices.Concat(harmless, further)))
		}
	}
	for _, h := range r.Hosts {
		if canonical(h) == "" {
			fault("%s has %.60q, which is no host: they look like app.example.com, without a scheme, a port or a path",
				permit.Hosts, h)
		}
	}
	for _, l := range r.Languages {
		if l != anything && !languageForm.MatchString(l) {
			fault("%s has %.60q, which is no language tag: they look like ja-JP", permit.Languages, l)
		}
	}
	return wrong
}

// meant asks whether another name was.
func meant(name string, names []string) string {
	if n := nearest.Of(name, names); n != "" {
		return "; did you mean " + n + "?"
	}
	return ""
}

func allows(list []string, one string) bool {
	return slices.Contains(list, one) || slices.Contains(list, anything)
}

// asciiHost also takes hosts that nobody can register: an operator who allows one means it.
var asciiHost = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$`)

// canonical is a host in the form for comparing: in small ASCII letters, without the root's
// dot. It is empty for a text that is no host.
func canonical(host string) string {
	if host == anything {
		return anything
	}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ip.String()
	}
	ascii := strings.ToLower(strings.TrimSuffix(host, "."))
	if !isASCII(ascii) {
		var err error
		if ascii, err = names.ToASCII(ascii); err != nil {
			return ""
		}
	}
	if !asciiHost.MatchString(ascii) {
		return ""
	}
	return ascii
}

// HostOf is the host of a URL in the form that Rules compare, and empty if there is none.
func HostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return canonical(u.Hostname())
}

// oddInURL are characters that parsers of URLs read differently.
var oddInURL = regexp.MustCompile(`[\x00-\x20\x7f\\]`)

// checkURL says what is wrong with a URL that Twilio is to fetch or post to.
func (r Rules) checkURL(link string, schemes ...string) error {
	if len(link) > urlLimit {
		return fmt.Errorf("must be at most %d bytes long", urlLimit)
	}
	u, err := url.Parse(link)
	switch {
	case err != nil || !slices.Contains(schemes, u.Scheme) || u.Hostname() == "" || oddInURL.MatchString(link):
		return errors.New("must be an absolute " + strings.Join(schemes, " or ") + " URL")
	case u.User != nil:
		return errors.New("must not contain a user or a password")
	case !portExists(u.Port()):
		return errors.New("has a port that there can't be")
	}
	if err := r.checkHost(u.Hostname()); err != nil {
		return err
	}
	if !isASCII(u.Hostname()) { // Twilio takes no such URL
		return errors.New("must have its host in ASCII: " + canonical(u.Hostname()))
	}
	return nil
}

// portExists says whether a port, as a URL has it, can be connected to.
func portExists(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// checkHost returns an error for a host to which Twilio may not be sent. It says which setting allows the host.
func (r Rules) checkHost(name string) error {
	host := canonical(name)
	switch {
	case host == "":
		return errors.New("has a host that can't be read")
	case slices.ContainsFunc(r.Hosts, func(h string) bool { return h == anything || canonical(h) == host }):
		return nil
	}
	return permit.Errorf("leads to %.100s, where this redial does not let Twilio go; to allow that, set %s=%s",
		host, permit.Hosts, strings.Join(append(slices.Clone(r.Hosts), host), ","))
}

// isURL tells, by its name, an option or an attribute that Twilio fetches from or posts to.
var isURL = regexp.MustCompile(`(?i)(url|uri|callback)$|^action$`)

// checkLanguage says what is wrong with a language; none is the account's own.
func (r Rules) checkLanguage(tag string) error {
	switch {
	case tag == "" || slices.Contains(languages, tag):
		return nil
	case !languageForm.MatchString(tag):
		return errors.New("must be a language tag" + cmp.Or(meant(tag, languages), " such as ja-JP"))
	case allows(r.Languages, tag):
		return nil
	}
	return permit.Errorf("is not spoken by Twilio, as far as redial knows; did you mean %s? To have it spoken, set %s=%s",
		nearestLanguage(tag), permit.Languages, strings.Join(append(slices.Clone(r.Languages), tag), ","))
}

// checkVoice says what is wrong with the form of a voice's name; none is the account's own.
func (r Rules) checkVoice(voice string) error {
	switch {
	case voice == "" || twilioVoice.MatchString(voice):
		return nil
	case allows(r.Languages, anything) && voiceForm.MatchString(voice):
		return nil
	}
	return errors.New("must be the name of a Twilio voice, such as Polly.Kazuha-Neural, Google.ja-JP-Wavenet-B, " +
		"man or woman")
}
