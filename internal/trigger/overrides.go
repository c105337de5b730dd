package trigger

import (
	"context"
	"fmt"
	"sync"
	"time"

	"redial/internal/store"
)

const (
	overrideLook = time.Second     // between two looks: so what another node has changed counts here
	overrideTime = 2 * time.Second // for a look
)

// Overrides are those of rotas that are not over, as this node knows them. Whoever asks looks, if nobody has just now.
// While they can't be read, the last that were known count: an alarm rings all the same.
type Overrides struct {
	store *store.Store
	mu    sync.Mutex // is held during a look: whoever asks meanwhile waits for its result
	list  []store.Override
	read  time.Time // when the last look began that succeeded; zero: none has
	tried time.Time // when the last look ended; zero: there is to be one now
	err   error     // of the last look
}

// Add puts somebody on duty for a while, as the asker wants. It is in force when it returns: here at once, on other
// nodes within about a second. It also returns the overrides that it overlaps: where they do, it counts.
func (o *Overrides) Add(
	ctx context.Context, by store.Asker, wanted store.Override,
) (made store.Override, over []store.Override, err error) {
	defer o.stale()
	return o.store.AddOverride(ctx, by, wanted)
}

// End ends an override of a rota now. It returns it as it was, store.ErrNoOverride or store.ErrOverrideOver.
func (o *Overrides) End(ctx context.Context, by store.Asker, rota, id string) (store.Override, error) {
	defer o.stale()
	return o.store.EndOverride(ctx, by, rota, id)
}

// stale has whoever asks next look again: this node has changed an override.
func (o *Overrides) stale() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tried = time.Time{}
}

// around is what a decision depends on beside the file and the event.
func (o *Overrides) around(ctx context.Context, now time.Time) Around {
	list, doubt := o.known(ctx)
	return Around{Now: now, Overrides: list, Doubt: doubt}
}

// known returns the overrides, and why they are not as they stand now, if so.
func (o *Overrides) known(ctx context.Context) (list []store.Override, doubt string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tried.IsZero() || time.Since(o.tried) >= overrideLook {
		o.look(ctx)
	}
	switch {
	case o.err == nil:
		return o.list, ""
	case o.read.IsZero():
		return nil, "the overrides of rotas could not be read, and whoever's turn it is counts"
	}
	return o.list, fmt.Sprintf("the overrides of rotas could not be read, and those of %s ago count",
		time.Since(o.read).Round(time.Second))
}

// look reads the overrides, for all who ask: it does not end when the request ends that it is made for.
func (o *Overrides) look(ctx context.Context) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), overrideTime)
	defer cancel()
	list, err := o.store.Overrides(ctx, o.store.Now())
	if o.tried, o.err = time.Now(), err; err == nil {
		o.list, o.read = list, began
	}
}
