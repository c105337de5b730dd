package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"redial/internal/edge"
	"redial/internal/store/engine"
	"redial/internal/twilio"
	"redial/internal/webhook"
)

// Config is all that a node can be told. The tags are read by the command line:
// every field is a flag and an environment variable.
type Config struct {
	Listen         string   `help:"Address to serve on; default ${default}." env:"REDIAL_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	HostURL        string   `help:"Public base URL, where Twilio reaches redial." env:"HOST_URL" placeholder:"URL"`
	DatabaseURL    string   `help:"Where calls are kept: sqlite:FILE or postgres://…; default ${default}." env:"DATABASE_URL" secret:"url" default:"sqlite:redial.db" placeholder:"URL"`
	Migrate        bool     `help:"Bring the database's schema up to date at the start." env:"REDIAL_MIGRATE" default:"true" negatable:""`
	APIKeys        []string `name:"api-keys" help:"Keys that may use the API, by commas." env:"REDIAL_API_KEYS" secret:"" placeholder:"KEY"`
	AccountSID     string   `name:"twilio-account-sid" help:"Twilio's account." env:"TWILIO_ACCOUNT_SID" placeholder:"AC…"`
	AuthTokens     []string `name:"twilio-auth-token" help:"Its auth token; of several, by commas, all are accepted on callbacks and the first signs in." env:"TWILIO_AUTH_TOKEN" secret:"" placeholder:"TOKEN"`
	APIKey         string   `name:"twilio-api-key" help:"Twilio API key to sign in with instead of the auth token." env:"TWILIO_API_KEY" placeholder:"SK…"`
	APISecret      string   `name:"twilio-api-secret" help:"Its secret." env:"TWILIO_API_SECRET" secret:"" placeholder:"SECRET"`
	TwilioBaseURL  string   `name:"twilio-base-url" help:"Another service that speaks Twilio's API, such as redial sim." env:"REDIAL_TWILIO_BASE_URL" placeholder:"URL"`
	From           string   `help:"Default caller's number." env:"REDIAL_FROM" placeholder:"NUMBER"`
	DefaultRegion  string   `help:"Region of numbers in national form, such as JP." env:"REDIAL_DEFAULT_REGION" placeholder:"REGION"`
	AllowedRegions []string `help:"Regions that may be called; without, that of REDIAL_FROM." env:"REDIAL_ALLOWED_REGIONS" placeholder:"REGION"`
	NumberPrefixes []string `help:"Ranges of numbers in service that redial does not know yet, by commas." env:"REDIAL_NUMBER_PREFIXES" placeholder:"+1273=CA"`
	TwimlVerbs     []string `help:"Verbs that TwiML may have beside Say, Play, Pause, Gather, Redirect, Hangup and Record, such as Dial." env:"REDIAL_TWIML_VERBS" placeholder:"VERB"`
	TwimlHosts     []string `help:"Hosts that requests may have Twilio fetch from and post to; without, that of HOST_URL; *: any." env:"REDIAL_TWIML_HOSTS" placeholder:"HOST"`
	Languages      []string `help:"Languages that may be spoken beside those that redial knows of; *: any, and any voice." env:"REDIAL_LANGUAGES" placeholder:"TAG"`
	Presets        string   `help:"File of policies of your own, as JSON by name." env:"REDIAL_PRESETS" type:"path" predictor:"files" placeholder:"FILE"`
	CallsPerSecond float64  `help:"Pace of new calls to Twilio: your account's own (CPS); default ${default}." env:"REDIAL_CALLS_PER_SECOND" default:"1" placeholder:"N"`
	RetentionDays  int      `help:"Days after which an ended call's personal data goes; 0: at once; default ${default}." env:"REDIAL_RETENTION_DAYS" default:"90" placeholder:"N"`

	WebhookURLs         []string `name:"webhook-urls" help:"Where every call's events are sent, by commas." env:"REDIAL_WEBHOOK_URLS" secret:"url" placeholder:"URL"`
	WebhookSecrets      []string `name:"webhook-secrets" help:"Sign these webhooks, and those of calls that bring their own; all at once, the newest first." env:"REDIAL_WEBHOOK_SECRETS" secret:"" placeholder:"whsec_…"`
	WebhookEvents       []string `name:"webhook-events" help:"Which events these are sent; default ${default}." env:"REDIAL_WEBHOOK_EVENTS" default:"attempt.ended,call.ended" placeholder:"TYPE"`
	WebhookAllowPrivate bool     `name:"webhook-allow-private" help:"Let webhooks go to private addresses, and over plain http." env:"REDIAL_WEBHOOK_ALLOW_PRIVATE"`

	CheckSetup bool `kong:"-"` // look whether the set-up is right once the node serves, and log what is not

	Log              *slog.Logger      `kong:"-"` // nil: discard
	WebhookTransport http.RoundTripper `kong:"-"` // of webhooks; nil: the network
	Transport        http.RoundTripper `kong:"-"` // to Twilio; nil: the network
	HostTransport    http.RoundTripper `kong:"-"` // to HOST_URL, to look whether it leads here; nil: the network

	// Clock is for tests that have a time of their own, which is not held against the
	// database's; nil: this node's.
	Clock func() time.Time `kong:"-"`
}

// ConfigError names a setting that is missing or wrong.
type ConfigError struct{ Sentence string }

func (e *ConfigError) Error() string { return e.Sentence }

// Setting is its name.
func (e *ConfigError) Setting() string {
	name, _, _ := strings.Cut(e.Sentence, " ")
	return name
}

func wrong(setting, problem string, args ...any) error {
	return &ConfigError{setting + " " + fmt.Sprintf(problem, args...)}
}

// Check returns a *ConfigError for the first setting that is missing or wrong.
func (c *Config) Check() error {
	if list := c.Faults(); len(list) > 0 {
		return list[0]
	}
	return nil
}

// Faults returns a *ConfigError for each setting that is missing or wrong, and trims them all:
// what comes from a file ends with a newline more often than not.
func (c *Config) Faults() []error {
	for _, field := range reflect.ValueOf(c).Elem().Fields() {
		switch setting := field.Addr().Interface().(type) {
		case *string:
			*setting = strings.TrimSpace(*setting)
		case *[]string:
			*setting = trimmed(*setting)
		}
	}
	return slices.Concat(c.checkTwilio(), c.checkServing(), c.checkCalls(), c.checkWebhooks())
}

// some leaves out the checks that found nothing.
func some(checks ...error) []error {
	return slices.DeleteFunc(checks, func(err error) bool { return err == nil })
}

// trimmed allows for spaces around the commas of a list.
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
		return wrong("TWILIO_AUTH_TOKEN", "is missing: callbacks to HOST_URL are checked with it, also when an API key signs in")
	}
	return nil
}

func (c *Config) checkBase() error {
	if err := twilio.CheckBaseURL(c.TwilioBaseURL); err != nil {
		return wrong("REDIAL_TWILIO_BASE_URL", "%v; an example is http://127.0.0.1:4010", err)
	}
	return nil
}

// checkHost puts HOST_URL as Twilio is to be given it.
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

func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// private are names that no server on the public internet has. Source: RFC 6761, RFC 6762, RFC 8375,
// and ICANN's resolution on .internal.
var private = regexp.MustCompile(`(^|\.)(localhost|local|internal|lan|home\.arpa|test|example|invalid|onion)\.?$`)

// public says whether a host may be on the public internet.
func public(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return webhook.Public(a)
	}
	return strings.Contains(host, ".") && !private.MatchString(host)
}

func (c *Config) checkServing() []error {
	return some(c.checkListen(), checkDatabase(c.DatabaseURL), c.checkHost(), c.checkKeys())
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

func (c *Config) checkKeys() error {
	host, _, err := net.SplitHostPort(c.Listen)
	switch {
	case slices.ContainsFunc(c.APIKeys, func(key string) bool { return utf8.RuneCountInString(key) < minKey }):
		return wrong("REDIAL_API_KEYS", "has a key of fewer than %d characters, which can be guessed: openssl rand -hex 24 makes one", minKey)
	case slices.ContainsFunc(c.APIKeys, func(key string) bool { return strings.ContainsFunc(key, unicode.IsControl) }):
		return wrong("REDIAL_API_KEYS", "has a key with a newline or the like in it, which no request can bring: several keys stand in one line, with commas between them")
	case len(c.APIKeys) > 0:
		return nil
	case err == nil && !loopback(host):
		return wrong("REDIAL_API_KEYS", "is missing: redial listens on %s, where others can reach it", c.Listen)
	case c.HostURL != "" && !loopback(hostOf(c.HostURL)):
		return wrong("REDIAL_API_KEYS", "is missing: through HOST_URL others can reach redial")
	}
	return nil
}

func (c *Config) checkCalls() (list []error) {
	for _, err := range slices.Concat(c.numbers().Check(), c.rules().Check()) {
		list = append(list, &ConfigError{edge.Text(err)})
	}
	return append(list, some(c.checkPace(), c.checkRetention())...)
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

func (c *Config) numbers() edge.Numbers {
	return edge.Numbers{From: c.From, DefaultRegion: c.DefaultRegion, AllowedRegions: c.AllowedRegions, Prefixes: c.NumberPrefixes}
}

// rules are what requests may have Twilio do. Without hosts of its own Twilio is led to this
// redial alone.
func (c *Config) rules() twilio.Rules {
	r := twilio.Rules{Verbs: c.TwimlVerbs, Hosts: c.TwimlHosts, Languages: c.Languages}
	if own := twilio.HostOf(c.HostURL); len(r.Hosts) == 0 && own != "" {
		r.Hosts = []string{own}
	}
	return r
}

func (c *Config) retention() time.Duration { return time.Duration(c.RetentionDays) * 24 * time.Hour }

const minKey = 16 // characters of an API key

func checkDatabase(link string) error {
	if err := engine.CheckURL(link); err != nil {
		return wrong("DATABASE_URL", "%v", err)
	}
	return nil
}

// PlainHTTP says that whoever is on the way to this URL can read what goes there: it is plain
// http, and to another host.
func PlainHTTP(link string) bool {
	u, err := url.Parse(link)
	return err == nil && strings.EqualFold(u.Scheme, "http") && !loopback(u.Hostname())
}

// warnings are about settings that are odd, or lay something open, and may be meant all the same.
func (c *Config) warnings() (list []string) {
	host := hostOf(c.HostURL)
	simulated := loopback(host) && c.TwilioBaseURL != "" && loopback(hostOf(c.TwilioBaseURL))
	if host != "" && !simulated && !public(host) {
		list = append(list, "HOST_URL is not on the public internet: Twilio can't reach it, unless that is a simulator; without HOST_URL redial asks Twilio instead")
	}
	for _, s := range []struct{ setting, link, open string }{
		{"HOST_URL", c.HostURL, "pressed keys and messages"},
		{"REDIAL_TWILIO_BASE_URL", c.TwilioBaseURL, "the account's secret, numbers and messages"},
	} {
		if PlainHTTP(s.link) {
			list = append(list, s.setting+" is plain http to another host: "+s.open+" can be read on the way")
		}
	}
	if slices.ContainsFunc(c.WebhookURLs, PlainHTTP) {
		list = append(list, "REDIAL_WEBHOOK_URLS has plain http to another host: numbers and messages can be read on the way")
	}
	return list
}

func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
