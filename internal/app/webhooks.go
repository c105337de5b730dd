package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"redial/internal/store"
)

// configureEndpoints stores the endpoints of the configuration. The id of each is derived from its URL.
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
