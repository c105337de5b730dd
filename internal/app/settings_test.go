package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"redial/api"
)

// refusals are requests that a setting would permit, and what the answers say.
var refusals = []struct{ body, says string }{
	{`{"to": "090-1234-5678", "say": "hi"}`,
		"to: 090-1******78 has no country code: write + and the country code in front (such as +819012345678), " +
			"or set REDIAL_DEFAULT_REGION"},
	{`{"to": " 819012345678", "say": "hi"}`,
		", or set REDIAL_DEFAULT_REGION; it begins with a space, which is what becomes of a + in a URL"},
	{`{"to": "+12735550123", "say": "hi"}`,
		"fits no range of numbers of country code +1: write it in E.164, such as +12015550123; if the range is newer " +
			"than redial's own supplement (2026-11-26), list its prefix in REDIAL_NUMBER_PREFIXES, such as +1273"},
	{`{"to": "+80012345678", "say": "hi"}`,
		"belongs to no country, and only countries can be allowed (REDIAL_ALLOWED_REGIONS)"},
	{`{"to": "+12125550123", "say": "hi"}`,
		"to: +121******23 is a number in region US, which REDIAL_ALLOWED_REGIONS (JP) does not list"},
	{`{"to": "A", "say": "hi", "webhook": "https://10.0.0.1/x"}`,
		"webhook: leads to a private address, which needs REDIAL_WEBHOOK_ALLOW_PRIVATE"},
	{`{"to": "A", "say": "hi", "from": "090-1234-5678"}`, "from: 090-1******78 has no country code"},
	{`{"to": "A", "url": "https://a.example/x"}`,
		"url: leads to a.example, where this redial does not let Twilio go; " +
			"to allow that, set REDIAL_TWIML_HOSTS=redial.example.com,a.example"},
	{`{"to": "A", "say": {"text": "hi", "language": "tlh"}}`,
		"say.language: is not spoken by Twilio, as far as redial knows; did you mean th-TH? " +
			"To have it spoken, set REDIAL_LANGUAGES=tlh"},
	{wishWith(`<Response><Echo/></Response>`),
		"twiml: has the verb Echo, which this redial does not allow; to allow it, set REDIAL_TWIML_VERBS=Echo"},
	{wishWith(`<Response><Redirect>https://a.example/</Redirect></Response>`),
		"twiml: has in Response a Redirect whose content leads to a.example, where this redial does not let Twilio go; " +
			"to allow that, set REDIAL_TWIML_HOSTS=redial.example.com,a.example"},
}

// An error about something that a setting would permit names that setting.
func TestAnErrorNamesTheSettingThatWouldPermitIt(t *testing.T) {
	set := func(c *Config) { c.WebhookAllowPrivate, c.WebhookSecrets = true, []string{secretOf("a")} }
	inWorld(t, set, func(w *world) {
		plain, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{URL: "http://" + shop + "/hook"})
		if err != nil {
			t.Fatal(err)
		}
		w.conf.WebhookAllowPrivate = false
		w.restart()
		for _, refused := range refusals {
			status, field, detail := w.told(refused.body)
			if said := field + ": " + detail; status != 422 || !strings.Contains(said, refused.says) {
				t.Errorf("%s is answered %d: %s; want %s", refused.body, status, said, refused.says)
			}
		}
		for _, other := range []struct{ method, path, body, says string }{
			{http.MethodGet, "/v1/calls?to=09012345678", "", "or set REDIAL_DEFAULT_REGION"},
			{http.MethodPost, "/v1/webhooks", `{"url": "https://localhost/x"}`,
				"leads to a private address, which needs REDIAL_WEBHOOK_ALLOW_PRIVATE"},
		} {
			status, answer := w.do(other.method, other.path, other.body)
			if status != 422 || !strings.Contains(answer, other.says) {
				t.Errorf("%s is answered %d: %s; want %s", other.path, status, answer, other.says)
			}
		}
		try, err := w.client.TestEndpoint(w.ctx, plain.ID)
		if err != nil || try.Error != "plain http needs REDIAL_WEBHOOK_ALLOW_PRIVATE" {
			t.Errorf("%+v, %v", try, err)
		}
	})
}

// An error about a wrong setting names it first, and also a setting that would help.
func TestAFaultOfASettingNamesIt(t *testing.T) {
	conf := Config{
		From: "09012345678", AllowedRegions: []string{"Japan"}, TwimlVerbs: []string{"dial"},
		TwimlHosts: []string{"https://a.example/"}, Languages: []string{"Klingon!"},
		WebhookURLs: []string{"https://10.0.0.1/x"},
	}
	var said []string
	for _, err := range conf.Faults() {
		said = append(said, err.Error())
	}
	for _, want := range []string{
		`REDIAL_ALLOWED_REGIONS has "Japan", which is no region: they look like JP, US, DE`,
		"REDIAL_FROM can't be used: 0901******8 has no country code: write + and the country code in front " +
			"(such as +819012345678), or set REDIAL_DEFAULT_REGION",
		`REDIAL_TWIML_VERBS has "dial", which is no verb of TwiML; did you mean Dial?`,
		`REDIAL_TWIML_HOSTS has "https://a.example/", which is no host: they look like app.example.com, ` +
			"without a scheme, a port or a path",
		`REDIAL_LANGUAGES has "Klingon!", which is no language tag: they look like ja-JP`,
		"REDIAL_WEBHOOK_URLS has a URL that leads to a private address, which needs REDIAL_WEBHOOK_ALLOW_PRIVATE",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("%q is not said among %q", want, said)
		}
	}
}
