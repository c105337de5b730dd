package edge

import "redial/internal/permit"

// settings are the names of the settings by which an installation decides what is permitted.
var settings = map[permit.Permission]string{
	permit.Caller:          "REDIAL_FROM",
	permit.DefaultRegion:   "REDIAL_DEFAULT_REGION",
	permit.Regions:         "REDIAL_ALLOWED_REGIONS",
	permit.NumberPrefixes:  "REDIAL_NUMBER_PREFIXES",
	permit.Verbs:           "REDIAL_TWIML_VERBS",
	permit.Hosts:           "REDIAL_TWIML_HOSTS",
	permit.Languages:       "REDIAL_LANGUAGES",
	permit.PrivateWebhooks: "REDIAL_WEBHOOK_ALLOW_PRIVATE",
	permit.WebhookSecrets:  "REDIAL_WEBHOOK_SECRETS",
	permit.APIKeys:         "REDIAL_API_KEYS",
	permit.Waiting:         "REDIAL_MAX_WAITING",
	permit.WaitingToNumber: "REDIAL_MAX_WAITING_PER_NUMBER",
	permit.Triggers:        "REDIAL_CONFIG",
}

// Text is the text of an error, with the names of the settings that it is about.
func Text(err error) string { return permit.Text(err, settings) }
