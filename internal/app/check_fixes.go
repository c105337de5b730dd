package app

// fixes say how a setting must look.
var fixes = map[string]string{
	"TWILIO_ACCOUNT_SID":     "copy it from the Twilio Console, Account Info: AC and 32 characters",
	"TWILIO_AUTH_TOKEN":      "copy it from the Twilio Console, Account Info",
	"TWILIO_API_KEY":         "set both, or neither: without them the auth token signs in",
	"TWILIO_API_SECRET":      "set both, or neither: without them the auth token signs in",
	"REDIAL_TWILIO_BASE_URL": "leave it out: then it is Twilio itself",
	"REDIAL_LISTEN":          "leave it out, or write HOST:PORT, such as 127.0.0.1:8080",
	"DATABASE_URL":           "write sqlite:FILE, postgres://user:password@host/name or mysql://user:password@host/name",
	"HOST_URL": "write the URL of your proxy or tunnel, such as https://redial.example.com, " +
		"or leave it out: redial asks Twilio then",
	"REDIAL_API_KEYS":        "export REDIAL_API_KEYS=$(openssl rand -hex 24)",
	"REDIAL_FROM":            "write a number of your account with its country code, such as +815012345678",
	"REDIAL_DEFAULT_REGION":  "write two letters, such as JP",
	"REDIAL_ALLOWED_REGIONS": "write two letters each, with commas between, such as JP,US",
	"REDIAL_NUMBER_PREFIXES": "write ranges such as +1273=CA, or leave it out",
	"REDIAL_TWIML_VERBS":     "write verbs of TwiML such as Dial, or leave it out",
	"REDIAL_TWIML_HOSTS":     "write hosts such as app.example.com, or leave it out: then it is that of HOST_URL",
	"REDIAL_LANGUAGES":       "write tags such as ja-JP, or leave it out",
	"REDIAL_PRESETS": "name a file of policies as JSON that the user who serves may read " +
		"(redial presets prints those that there are), or leave it out",
	"REDIAL_CONFIG": "name a file of triggers as YAML that the user who serves may read " +
		"(redial triggers check FILE looks at one), or leave it out",
	"REDIAL_CALLS_PER_SECOND":       "write your account's calls per second: 1, if nobody has raised it",
	"REDIAL_MAX_WAITING":            "write how many calls one name may have waiting, such as 100000",
	"REDIAL_MAX_WAITING_PER_NUMBER": "write how many calls may wait for one number, such as 200",
	"REDIAL_RETENTION_DAYS":         "write a whole number of days, such as 90",
	"REDIAL_WEBHOOK_URLS": "write https:// URLs of servers on the public internet, with commas between; " +
		"or allow others: REDIAL_WEBHOOK_ALLOW_PRIVATE=true",
	"REDIAL_WEBHOOK_SECRETS":       "export REDIAL_WEBHOOK_SECRETS=whsec_$(openssl rand -base64 32)",
	"REDIAL_WEBHOOK_ALLOW_PRIVATE": "write true or false",
	"REDIAL_MIGRATE":               "write true or false",
	"REDIAL_CHECK":                 "write true or false",
	"REDIAL_LOG_FORMAT":            "write text or json",
	"REDIAL_LOG_LEVEL":             "write debug, info, warn or error",
	"REDIAL_WEBHOOK_EVENTS":        "write types such as call.ended,attempt.ended, or leave it out",
}
