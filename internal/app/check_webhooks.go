package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"redial/internal/store"
	"redial/internal/webhook"
)

const (
	mostEndpoints = 100              // more are not examined
	undelivered   = 10 * time.Minute // an endpoint that has taken nothing for so long is reported
)

// webhooks examines whether the endpoints can be reached. It sends no webhook.
func (e *Examination) webhooks(ctx context.Context) []Finding {
	links := []string{}
	if e.needs("REDIAL_WEBHOOK_URLS") {
		links = append(links, e.Config.WebhookURLs...)
	}
	var list []Finding
	var known []store.Endpoint
	if e.needs("DATABASE_URL") {
		if i, err := e.inspect(ctx); err == nil {
			known = i.Endpoints
			list = append(list, e.lateAt(i)...)
		}
	}
	for _, point := range known {
		if point.Source == store.FromAPI && point.DisabledAt.IsZero() {
			links = append(links, point.URL)
		}
	}
	slices.Sort(links)
	links = slices.CompactFunc(links, sameServer)
	if len(links) == 0 && len(list) == 0 {
		return about("webhooks", Finding{Verdict: LeftOut, Says: "there are no endpoints"})
	}
	links = links[:min(len(links), mostEndpoints)]
	reached := lookAtEach(links, func(link string) Finding { return e.reach(ctx, link) })
	return about("webhooks", append(reached, list...)...)
}

// sameServer says whether two URLs lead to the same server in the same way.
func sameServer(a, b string) bool {
	return store.Host(a) == store.Host(b) && strings.HasPrefix(a, "https:") == strings.HasPrefix(b, "https:")
}

// reach connects as the sender of webhooks does, and sends nothing.
func (e *Examination) reach(ctx context.Context, link string) Finding {
	host := store.Host(link)
	err := webhook.Reach(ctx, link, e.Config.WebhookAllowPrivate)
	if err == nil {
		return Finding{Verdict: Sound, Says: host + " can be reached"}
	}
	f := Finding{Verdict: Wrong, Says: host + " gets no webhooks: ", Setting: "REDIAL_WEBHOOK_URLS"}
	if !slices.Contains(e.Config.WebhookURLs, link) {
		f.Setting = ""
	}
	if errors.Is(err, webhook.ErrPrivate) {
		f.Says += "it is at a private address"
		f.Setting, f.Fix = "REDIAL_WEBHOOK_ALLOW_PRIVATE", "set it to true if that is meant, or name a public address"
		return f
	}
	t := troubleOf(err)
	f.Says, f.Fix = f.Says+t.says, t.fix
	return f
}

// lateAt reports endpoints that take nothing, according to the database.
func (e *Examination) lateAt(i *store.Inspection) (list []Finding) {
	for _, point := range i.Endpoints {
		since := i.Undelivered[point.ID]
		switch host := store.Host(point.URL); {
		case !point.DisabledAt.IsZero() && point.Source == store.FromAPI:
			list = append(list, Finding{Verdict: Warning,
				Says: fmt.Sprintf("%s (%s) is disabled: %s", host, point.ID, point.DisabledWhy),
				Fix:  "redial webhooks enable " + point.ID + ", or remove it"})
		case point.DisabledAt.IsZero() && !since.IsZero() && time.Since(since) > undelivered:
			list = append(list, Finding{Verdict: Warning,
				Says: fmt.Sprintf("%s (%s) has taken nothing for %s", host, point.ID, time.Since(since).Round(time.Minute)),
				Fix:  "redial webhooks show " + point.ID + " says why"})
		}
	}
	return list
}
