package app

import "slices"

// warnings are about settings that are odd, or that lay something open, but may be intended.
func (c *Config) warnings() (list []string) {
	host := hostOf(c.HostURL)
	simulated := loopback(host) && c.TwilioBaseURL != "" && loopback(hostOf(c.TwilioBaseURL))
	if host != "" && !simulated && !public(host) {
		list = append(list, "HOST_URL is not on the public internet: Twilio can't reach it, unless that is a simulator; "+
			"without HOST_URL redial asks Twilio instead")
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
