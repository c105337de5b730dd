package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"redial/internal/edge"
	"redial/internal/store"
	"redial/internal/twilio"
	"redial/internal/webhook"
)

// Config has all settings of a node. The command line reads the tags: every field is a flag and an environment
// variable.
type Config struct {
	Listen         string   `help:"Address to serve on; default ${default}." env:"REDIAL_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Page           string   `help:"Where people look at calls: on (beside the API), off, or an address of its own; default ${default}." env:"REDIAL_PAGE" default:"on" placeholder:"on|off|HOST:PORT"`
	HostURL        string   `help:"Public base URL, where Twilio reaches redial." env:"HOST_URL" placeholder:"URL"`
	DatabaseURL    string   `help:"Where calls are kept: sqlite:FILE, postgres://… or mysql://…; default ${default}." env:"DATABASE_URL" secret:"url" default:"sqlite:redial.db" placeholder:"URL"`
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
	ConfigFile     string   `name:"config" help:"File of people, rotas, triggers and presets, as YAML; SIGHUP has it read anew." env:"REDIAL_CONFIG" type:"path" predictor:"files" placeholder:"FILE"`
	CallsPerSecond float64  `help:"Pace of new calls to Twilio: your account's own (CPS); default ${default}." env:"REDIAL_CALLS_PER_SECOND" default:"1" placeholder:"N"`
	MaxWaiting     int      `help:"Calls that one API key's name may have waiting; default ${default}." env:"REDIAL_MAX_WAITING" default:"100000" placeholder:"N"`
	MaxPerNumber   int      `name:"max-waiting-per-number" help:"Calls that may wait for one number, whoever asked; default ${default}." env:"REDIAL_MAX_WAITING_PER_NUMBER" default:"200" placeholder:"N"`
	RetentionDays  int      `help:"Days after which an ended call's personal data goes; 0: at once; default ${default}." env:"REDIAL_RETENTION_DAYS" default:"90" placeholder:"N"`

	WebhookURLs         []string `name:"webhook-urls" help:"Where every call's events are sent, by commas." env:"REDIAL_WEBHOOK_URLS" secret:"url" placeholder:"URL"`
	WebhookSecrets      []string `name:"webhook-secrets" help:"Sign these webhooks, and those of calls that bring their own; all at once, the newest first." env:"REDIAL_WEBHOOK_SECRETS" secret:"" placeholder:"whsec_…"`
	WebhookEvents       []string `name:"webhook-events" help:"Which events these are sent; default ${default}." env:"REDIAL_WEBHOOK_EVENTS" default:"attempt.ended,call.ended" placeholder:"TYPE"`
	WebhookAllowPrivate bool     `name:"webhook-allow-private" help:"Let webhooks go to private addresses, and over plain http." env:"REDIAL_WEBHOOK_ALLOW_PRIVATE"`

	CheckSetup bool `kong:"-"` // examine the set-up once the node serves, and log what is wrong

	// OwnKey is a key that may do anything, with which the process asks its own node; empty: none. It is no key of
	// the configuration: where there are no others, requests need none.
	OwnKey string `kong:"-"`

	Log              *slog.Logger      `kong:"-"` // nil: discard
	WebhookTransport http.RoundTripper `kong:"-"` // of webhooks; nil: the network
	Transport        http.RoundTripper `kong:"-"` // to Twilio; nil: the network
	HostTransport    http.RoundTripper `kong:"-"` // to HOST_URL, for the examination; nil: the network

	// Clock is for tests with a time of their own; it is not compared with the database's. nil: this node's.
	Clock func() time.Time `kong:"-"`
}

// ConfigError names a setting that is missing or wrong.
type ConfigError struct{ Sentence string }

func (e *ConfigError) Error() string { return e.Sentence }

// Setting is the name of that setting.
func (e *ConfigError) Setting() string {
	name, _, _ := strings.Cut(e.Sentence, " ")
	return strings.TrimSuffix(name, ":")
}

func wrong(setting, problem string, args ...any) error {
	return &ConfigError{setting + " " + fmt.Sprintf(problem, args...)}
}

// Values of REDIAL_PAGE beside addresses.
const (
	pageOn  = "on"
	pageOff = "off"
)

// pages says where the page is served: pageOn, pageOff or an address.
func (c *Config) pages() string { return cmp.Or(c.Page, pageOn) }

func (c *Config) numbers() edge.Numbers {
	return edge.Numbers{
		From: c.From, DefaultRegion: c.DefaultRegion, AllowedRegions: c.AllowedRegions, Prefixes: c.NumberPrefixes,
	}
}

// rules say what the TwiML of a request may do. If no hosts are set, Twilio is sent to this redial alone.
func (c *Config) rules() twilio.Rules {
	r := twilio.Rules{Verbs: c.TwimlVerbs, Hosts: c.TwimlHosts, Languages: c.Languages}
	if own := twilio.HostOf(c.HostURL); len(r.Hosts) == 0 && own != "" {
		r.Hosts = []string{own}
	}
	return r
}

func (c *Config) retention() time.Duration { return time.Duration(c.RetentionDays) * 24 * time.Hour }

// events are the types that configured endpoints, and the calls' own webhooks, receive.
func (c *Config) events() store.Filter {
	if len(c.WebhookEvents) == 0 {
		return webhook.DefaultEvents()
	}
	return c.WebhookEvents
}
