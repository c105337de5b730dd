package app

import (
	"errors"
	"regexp"
	"strings"

	"redial/internal/twilio"
)

// fixes say how a setting is to be.
var fixes = map[string]string{
	"TWILIO_ACCOUNT_SID":           "copy it from the Twilio Console, Account Info: AC and 32 characters",
	"TWILIO_AUTH_TOKEN":            "copy it from the Twilio Console, Account Info",
	"TWILIO_API_KEY":               "set both, or neither: without them the auth token signs in",
	"TWILIO_API_SECRET":            "set both, or neither: without them the auth token signs in",
	"REDIAL_TWILIO_BASE_URL":       "leave it out: then it is Twilio itself",
	"REDIAL_LISTEN":                "leave it out, or write HOST:PORT, such as 127.0.0.1:8080",
	"DATABASE_URL":                 "write sqlite:FILE or postgres://user:password@host/name",
	"HOST_URL":                     "write the URL of your proxy or tunnel, such as https://redial.example.com, or leave it out: redial asks Twilio then",
	"REDIAL_API_KEYS":              "export REDIAL_API_KEYS=$(openssl rand -hex 24)",
	"REDIAL_FROM":                  "write a number of your account with its country code, such as +815012345678",
	"REDIAL_DEFAULT_REGION":        "write two letters, such as JP",
	"REDIAL_ALLOWED_REGIONS":       "write two letters each, with commas between, such as JP,US",
	"REDIAL_NUMBER_PREFIXES":       "write ranges such as +1273=CA, or leave it out",
	"REDIAL_TWIML_VERBS":           "write verbs of TwiML such as Dial, or leave it out",
	"REDIAL_TWIML_HOSTS":           "write hosts such as app.example.com, or leave it out: then it is that of HOST_URL",
	"REDIAL_LANGUAGES":             "write tags such as ja-JP, or leave it out",
	"REDIAL_PRESETS":               "name a file of policies as JSON that the user who serves may read (redial presets prints those that there are), or leave it out",
	"REDIAL_CALLS_PER_SECOND":      "write your account's calls per second: 1, if nobody has raised it",
	"REDIAL_RETENTION_DAYS":        "write a whole number of days, such as 90",
	"REDIAL_WEBHOOK_URLS":          "write https:// URLs of servers on the public internet, with commas between; or allow others: REDIAL_WEBHOOK_ALLOW_PRIVATE=true",
	"REDIAL_WEBHOOK_SECRETS":       "export REDIAL_WEBHOOK_SECRETS=whsec_$(openssl rand -base64 32)",
	"REDIAL_WEBHOOK_ALLOW_PRIVATE": "write true or false",
	"REDIAL_MIGRATE":               "write true or false",
	"REDIAL_CHECK":                 "write true or false",
	"REDIAL_LOG_FORMAT":            "write text or json",
	"REDIAL_LOG_LEVEL":             "write debug, info, warn or error",
	"REDIAL_WEBHOOK_EVENTS":        "write types such as call.ended,attempt.ended, or leave it out",
}

// settings looks at what can be known from the settings alone.
func (e *Examination) settings() (list []Finding) {
	e.faulty = map[string]bool{}
	faults := e.Config.Faults()
	if _, err := Presets(e.Config.Presets); err != nil {
		faults = append(faults, err)
	}
	for _, err := range append(faults, e.Unread...) {
		list = append(list, e.fault(err))
	}
	for _, w := range e.Config.warnings() {
		if f := warning(w); e.needs(f.Setting) {
			list = append(list, f)
		}
	}
	if w := e.Config.numbers().Warning(); w != "" && e.needs("REDIAL_FROM", "REDIAL_ALLOWED_REGIONS") {
		list = append(list, Finding{Verdict: Wrong,
			Says:    "no number can be called: there is neither REDIAL_FROM, whose region may be called, nor REDIAL_ALLOWED_REGIONS",
			Setting: "REDIAL_ALLOWED_REGIONS", Fix: "set REDIAL_FROM, or the regions, such as JP,US"})
	}
	if f := e.oddAccount(); f.Says != "" {
		list = append(list, f)
	}
	if len(list) == 0 {
		list = append(list, Finding{Verdict: Sound, Says: "each can be used"})
	}
	return about("settings", list...)
}

// fault is a setting for which serve does not start.
func (e *Examination) fault(err error) Finding {
	f := Finding{Verdict: Wrong, Says: err.Error(), Stops: true}
	if c, ok := errors.AsType[*ConfigError](err); ok {
		f.Setting, f.Fix = c.Setting(), fixes[c.Setting()]
		e.faulty[f.Setting] = true
	}
	return f
}

var settingName = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)

func warning(sentence string) Finding {
	f := Finding{Verdict: Warning, Says: sentence}
	if name, _, _ := strings.Cut(sentence, " "); settingName.MatchString(name) {
		f.Setting, f.Fix = name, fixes[name]
	}
	return f
}

var twiliosAccount = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)

// oddAccount tells of an account that Twilio can't have. serve takes it all the same, as other services have
// other ids.
func (e *Examination) oddAccount() (f Finding) {
	sid := e.Config.AccountSID
	if !e.needs("TWILIO_ACCOUNT_SID") || !twilio.IsTwilio(e.Config.TwilioBaseURL) || twiliosAccount.MatchString(sid) {
		return f
	}
	f = Finding{Verdict: Wrong, Says: "TWILIO_ACCOUNT_SID is none of Twilio's", Setting: "TWILIO_ACCOUNT_SID",
		Fix: fixes["TWILIO_ACCOUNT_SID"]}
	if strings.HasPrefix(sid, "SK") {
		f.Says, f.Fix = "TWILIO_ACCOUNT_SID is an API key", "put it into TWILIO_API_KEY, and the account, AC…, here"
	}
	return f
}

// about says which part findings are about.
func about(part string, list ...Finding) []Finding {
	for i := range list {
		list[i].About = part
	}
	return list
}
