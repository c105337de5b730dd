package app

import (
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"redial/internal/edge"
	"redial/internal/store/engine"
	"redial/internal/twilio"
	"redial/internal/webhook"
)

// Check returns a *ConfigError for the first setting that is missing or wrong.
func (c *Config) Check() error {
	if list := c.Faults(); len(list) > 0 {
		return list[0]
	}
	return nil
}

// Faults returns a *ConfigError for each setting that is missing or wrong. It also trims all settings.
func (c *Config) Faults() []error {
	c.trim()
	return slices.Concat(c.checkTwilio(), c.checkServing(), c.checkCalls(), c.checkWebhooks())
}

// trim removes spaces around all settings: what comes from a file often ends with a newline.
func (c *Config) trim() {
	for _, field := range reflect.ValueOf(c).Elem().Fields() {
		switch setting := field.Addr().Interface().(type) {
		case *string:
			*setting = strings.TrimSpace(*setting)
		case *[]string:
			*setting = trimmed(*setting)
		}
	}
}

// some removes the checks that found nothing.
func some(checks ...error) []error {
	return slices.DeleteFunc(checks, func(err error) bool { return err == nil })
}

// trimmed removes spaces around the entries of a list.
func trimmed(list []string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = strings.TrimSpace(v)
	}
	return out
}

func (c *Config) checkTwilio() []error {
	return some(c.checkAccount(), c.checkToken(), c.checkBase())
}

func (c *Config) checkAccount() error {
	if c.AccountSID == "" {
		return wrong("TWILIO_ACCOUNT_SID", "is missing: the account that pays for the calls")
	}
	if err := twilio.CheckAccount(c.AccountSID); err != nil {
		return wrong("TWILIO_ACCOUNT_SID", "has characters that no account has")
	}
	return nil
}

func (c *Config) checkToken() error {
	switch {
	case slices.Contains(c.AuthTokens, ""):
		return wrong("TWILIO_AUTH_TOKEN", "has an empty token in its list")
	case (c.APIKey == "") != (c.APISecret == ""):
		return wrong("TWILIO_API_KEY", "and TWILIO_API_SECRET go together: one of them is missing")
	case len(c.AuthTokens) == 0 && c.APIKey == "":
		return wrong("TWILIO_AUTH_TOKEN", "is missing: redial signs in with it, and checks callbacks")
	case len(c.AuthTokens) == 0 && c.HostURL != "":
		return wrong("TWILIO_AUTH_TOKEN",
			"is missing: callbacks to HOST_URL are checked with it, also when an API key signs in")
	}
	return nil
}

func (c *Config) checkBase() error {
	if err := twilio.CheckBaseURL(c.TwilioBaseURL); err != nil {
		return wrong("REDIAL_TWILIO_BASE_URL", "%v; an example is http://127.0.0.1:4010", err)
	}
	return nil
}

func (c *Config) checkServing() []error {
	return some(c.checkListen(), c.checkPage(), checkDatabase(c.DatabaseURL), c.checkHost(), c.checkKeys())
}

func (c *Config) checkListen() error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return wrong("REDIAL_LISTEN", "must be HOST:PORT, such as 127.0.0.1:8080")
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return wrong("REDIAL_LISTEN", "must have a port from 0 to 65535, or the name of one")
	}
	return nil
}

func (c *Config) checkPage() error {
	where := c.pages()
	if where == pageOn || where == pageOff {
		return nil
	}
	_, port, err := net.SplitHostPort(where)
	if err != nil {
		return wrong("REDIAL_PAGE", "must be on, off, or HOST:PORT, such as 127.0.0.1:8081")
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return wrong("REDIAL_PAGE", "must have a port from 0 to 65535, or the name of one")
	}
	if where == c.Listen && port != "0" {
		return wrong("REDIAL_PAGE", "is the address of REDIAL_LISTEN: write on to have the page there")
	}
	return nil
}

func checkDatabase(link string) error {
	if err := engine.CheckURL(link); err != nil {
		return wrong("DATABASE_URL", "%v", err)
	}
	return nil
}

// checkHost replaces HOST_URL by the form that Twilio gets.
func (c *Config) checkHost() error {
	if c.HostURL == "" {
		return nil
	}
	public, err := twilio.PublicURL(c.HostURL)
	if err != nil {
		return wrong("HOST_URL", "%v; an example is https://redial.example.com", err)
	}
	if u, err := url.Parse(public); err != nil || u.User != nil {
		return wrong("HOST_URL", "must not hold a user or a password: redial asks for Twilio's signature instead")
	}
	c.HostURL = public
	return nil
}

const minKey = 16 // characters of an API key

func (c *Config) checkKeys() error {
	switch {
	case slices.ContainsFunc(c.APIKeys, func(key string) bool { return utf8.RuneCountInString(key) < minKey }):
		return wrong("REDIAL_API_KEYS",
			"has a key of fewer than %d characters, which can be guessed: openssl rand -hex 24 makes one", minKey)
	case slices.ContainsFunc(c.APIKeys, func(key string) bool { return strings.ContainsFunc(key, unicode.IsControl) }):
		return wrong("REDIAL_API_KEYS", "has a key with a newline or the like in it, which no request can bring: "+
			"several keys stand in one line, with commas between them")
	}
	return nil
}

// checkOpen returns the fault of a redial that others can reach and that has no API keys. keys says whether the
// database has any: one that no longer works keeps others out, too.
func (c *Config) checkOpen(keys bool) error {
	if way := c.wayIn(); way != "" && len(c.APIKeys) == 0 && !keys {
		return wrong("REDIAL_API_KEYS", "is missing, and the database has no API key (redial keys create makes one): %s", way)
	}
	return nil
}

// wayIn says how others can reach redial; empty: this machine alone can.
func (c *Config) wayIn() string {
	host, _, err := net.SplitHostPort(c.Listen)
	switch {
	case err == nil && !loopback(host):
		return "redial listens on " + c.Listen + ", where others can reach it"
	case c.pageIsOpen():
		return "the page listens on " + c.Page + ", where others can reach it"
	case c.HostURL != "" && !loopback(hostOf(c.HostURL)):
		return "through HOST_URL others can reach redial"
	}
	return ""
}

// pageIsOpen says whether others can reach the page at an address of its own.
func (c *Config) pageIsOpen() bool {
	host, _, err := net.SplitHostPort(c.pages())
	return err == nil && !loopback(host)
}

func (c *Config) checkCalls() []error {
	return append(c.checkNumbers(), some(
		c.checkPace(), checkBound("REDIAL_MAX_WAITING", c.MaxWaiting),
		checkBound("REDIAL_MAX_WAITING_PER_NUMBER", c.MaxPerNumber), c.checkRetention(),
	)...)
}

// checkNumbers examines the settings by which a request for a call is read.
func (c *Config) checkNumbers() (list []error) {
	for _, err := range slices.Concat(c.numbers().Check(), c.rules().Check()) {
		list = append(list, &ConfigError{edge.Text(err)})
	}
	return list
}

const mostWaiting = 10_000_000 // calls, of a bound

func checkBound(setting string, most int) error {
	if most < 1 || most > mostWaiting {
		return wrong(setting, "must be from 1 to %d: there is always a bound", mostWaiting)
	}
	return nil
}

func (c *Config) checkPace() error {
	if !(c.CallsPerSecond > 0 && c.CallsPerSecond <= 10000) {
		return wrong("REDIAL_CALLS_PER_SECOND", "must be more than 0, and at most 10000")
	}
	return nil
}

func (c *Config) checkRetention() error {
	if c.RetentionDays < 0 || c.RetentionDays > 36500 {
		return wrong("REDIAL_RETENTION_DAYS", "must be from 0 to 36500")
	}
	return nil
}

func (c *Config) checkWebhooks() (list []error) {
	fault := func(setting, problem string, args ...any) { list = append(list, wrong(setting, problem, args...)) }
	for _, link := range c.WebhookURLs {
		if err := webhook.CheckURL(link, c.WebhookAllowPrivate); err != nil {
			fault("REDIAL_WEBHOOK_URLS", "has a URL that %s", edge.Text(err))
		}
	}
	for _, secret := range c.WebhookSecrets {
		if err := webhook.CheckSecret(secret); err != nil {
			fault("REDIAL_WEBHOOK_SECRETS", "has a secret that %v", err)
		}
	}
	if len(c.WebhookURLs) > 0 && len(c.WebhookSecrets) == 0 {
		fault("REDIAL_WEBHOOK_SECRETS", "is missing: what goes to REDIAL_WEBHOOK_URLS is signed with it")
	}
	if err := webhook.CheckEvents(c.events()); err != nil {
		fault("REDIAL_WEBHOOK_EVENTS", "%v", err)
	}
	return list
}

// CheckWebhookSecret says what is wrong with a secret for signing webhooks.
func CheckWebhookSecret(secret string) error { return webhook.CheckSecret(secret) }
