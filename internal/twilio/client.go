package twilio

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"time"

	"redial/internal/call"
)

const (
	twilioHost    = "https://api.twilio.com"
	apiVersion    = "/2010-04-01"
	defaultPrefix = twilioHost + apiVersion
)

// Config is what a Client needs to know.
type Config struct {
	AccountSID string

	// AuthTokens are all accepted on callbacks; the first signs in to the API.
	AuthTokens []string

	// APIKey and APISecret, if set, sign in to the API instead.
	APIKey, APISecret string

	// BaseURL is everything before "/Accounts": Twilio's own when empty. One
	// with no path, such as http://127.0.0.1:4010, gets Twilio's version path;
	// any other path is taken as it is.
	BaseURL string

	// HostURL is the public base URL under which Twilio reaches redial; it may
	// have a path. When empty, no callbacks are asked for.
	HostURL string

	// Transport carries the requests; when nil, one with time-outs that reuses
	// a bounded number of connections.
	Transport http.RoundTripper

	// Heard is called after each request that was sent, or could not be: err is nil if Twilio has answered
	// it, whatever it said. create says that it was a create request. Heard may be nil.
	Heard func(create bool, err error)
}

// Client talks to Twilio, or to a service that speaks its language. It may be
// used by many goroutines.
type Client struct {
	account      string
	user, secret string
	prefix       string // no slash at the end
	isSID        func(string) bool
	host         string // HostURL without a slash at the end, empty for none
	transport    http.RoundTripper
	heard        func(create bool, err error)
}

// accountForm also lets the ids of Twilio-compatible services through, but
// nothing that would change the path it becomes a part of.
var accountForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// CheckAccount says what is wrong with an account's SID, as the end of a sentence.
func CheckAccount(sid string) error {
	if !accountForm.MatchString(sid) {
		return errors.New("is missing or has characters that none can have")
	}
	return nil
}

// New checks the configuration; its errors name what is wrong with it, and
// never quote a secret.
func New(cfg Config) (*Client, error) {
	c := &Client{
		account: cfg.AccountSID, user: cfg.APIKey, secret: cfg.APISecret, transport: cfg.Transport, heard: cfg.Heard,
	}
	if err := CheckAccount(c.account); err != nil {
		return nil, fmt.Errorf("the account SID %w", err)
	}
	if c.user == "" {
		c.user = c.account
		if len(cfg.AuthTokens) > 0 {
			c.secret = cfg.AuthTokens[0]
		}
	}
	if c.secret == "" {
		return nil, errors.New("neither an auth token nor an API key with its secret is set")
	}
	var err error
	if c.prefix, err = apiPrefix(cfg.BaseURL); err != nil {
		return nil, fmt.Errorf("the base URL %w", err)
	}
	c.isSID = sidForm(c.prefix)
	if cfg.HostURL != "" {
		if c.host, err = PublicURL(cfg.HostURL); err != nil {
			return nil, fmt.Errorf("the host URL %w", err)
		}
	}
	if c.transport == nil {
		c.transport = newTransport()
	}
	if c.heard == nil {
		c.heard = func(bool, error) {}
	}
	return c, nil
}

// CheckBaseURL says what is wrong with a Config's BaseURL.
func CheckBaseURL(base string) error {
	_, err := apiPrefix(base)
	return err
}

// Account names the account whose calls these are: its URL, as another service may have
// one of the same id.
func (c *Client) Account() string { return c.prefix + "/Accounts/" + c.account }

// IsSID says whether a sid has the form of the sids that the carrier gives its calls. A text of
// another form names no call, whoever sends it.
func (c *Client) IsSID(sid string) bool { return c.isSID(sid) }

// HasPermissions says whether the carrier has dialing permissions to ask for: Twilio itself, under its
// own URL.
func (c *Client) HasPermissions() bool { return c.prefix == defaultPrefix }

// apiPrefix is everything before "/Accounts".
func apiPrefix(base string) (string, error) {
	if base == "" {
		return defaultPrefix, nil
	}
	u, err := baseURL(base)
	if err != nil {
		return "", err
	}
	if u.User != nil {
		return "", errors.New("must not contain a user: the account signs in")
	}
	if u.Path == "" {
		return u.String() + apiVersion, nil
	}
	return u.String(), nil
}

// answerWait is how long an answer is waited for; a create request's is
// counted from its SendBy, and so ends before the attempt is asked after.
const answerWait = 15 * time.Second

// maxConns bounds the connections to Twilio.
const maxConns = 64

// newTransport speaks HTTP/1.1 only: there the transport repeats a create request
// only if not a byte of it was written, which HTTP/2 does not promise. It closes
// idle connections before the usual servers and load balancers drop them.
func newTransport() *http.Transport {
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  call.SendWindow + answerWait,
		IdleConnTimeout:        30 * time.Second,
		MaxIdleConnsPerHost:    maxConns, // connections are used again
		MaxConnsPerHost:        maxConns,
		MaxResponseHeaderBytes: 64 << 10,
		Protocols:              &http1,
	}
}
