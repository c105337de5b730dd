package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"redial/internal/edge"
	"redial/internal/store"
	"redial/internal/webhook"
)

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

// CheckWebhookSecret says what is wrong with a secret that webhooks are to be signed with.
func CheckWebhookSecret(secret string) error { return webhook.CheckSecret(secret) }

// events are those that configured endpoints, and calls' own webhooks, are sent.
func (c *Config) events() store.Filter {
	if len(c.WebhookEvents) == 0 {
		return webhook.DefaultEvents()
	}
	return c.WebhookEvents
}

// configureEndpoints stores the endpoints of the configuration, each under an id that its
// URL gives it.
func (a *App) configureEndpoints(ctx context.Context) error {
	links := slices.Compact(slices.Sorted(slices.Values(a.conf.WebhookURLs)))
	list := make([]store.Endpoint, len(links))
	for i, link := range links {
		sum := sha256.Sum256([]byte(link))
		list[i] = store.Endpoint{
			ID: "conf_" + hex.EncodeToString(sum[:8]), Source: store.FromConfig, URL: link,
			Events: a.conf.events(), CreatedAt: a.store.Now(),
		}
	}
	return a.store.ConfigureEndpoints(ctx, list)
}
