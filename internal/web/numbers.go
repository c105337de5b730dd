package web

import (
	"context"

	"redial/api"
	"redial/internal/call"
	"redial/internal/shown"
	"redial/internal/store"
)

// wholeNumbers says whether the asker may see people's numbers whole. Others see them masked, wherever the API shows
// a call.
func wholeNumbers(ctx context.Context) bool { return asker(ctx).May(store.Numbers) }

// seen is a Call as the asker may see it.
func seen(ctx context.Context, c *call.Call) *call.Call {
	if wholeNumbers(ctx) {
		return c
	}
	return shown.Masked(c)
}

func showCall(ctx context.Context, c *call.Call) api.Call { return shown.Call(seen(ctx, c)) }

func showEvent(ctx context.Context, e call.Event) api.Event {
	if !wholeNumbers(ctx) {
		e = shown.MaskedEvent(e)
	}
	return shown.Event(e)
}
