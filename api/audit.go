package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// AuditEntry says who did what. It has no personal data.
type AuditEntry struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`            // the name of the API key
	Key    string    `json:"key,omitzero"`  // the id of the key, if the database has it
	From   string    `json:"from,omitzero"` // the address that the request came from; behind a proxy "PROXY for CLIENT"
	What   string    `json:"what"`          // such as call.cancel
	Of     string    `json:"of"`            // the id of the call, the webhook endpoint, the API key or the override
	Detail string    `json:"detail,omitzero"`
}

// AuditList is a page of entries, the newest first.
type AuditList struct {
	Entries    []AuditEntry `json:"entries"`
	NextCursor string       `json:"next_cursor,omitzero"` // of the next page; empty on the last
}

// AuditQuery selects entries. Empty fields select all.
type AuditQuery struct {
	By     string // the name of the API key
	Limit  int    // at most so many; 0: the server's default
	Cursor string // go on from where the last page ended
}

// Audit returns a page of who did what.
func (c *Client) Audit(ctx context.Context, q AuditQuery) (page AuditList, err error) {
	v := url.Values{}
	for name, value := range map[string]string{"by": q.By, "cursor": q.Cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	_, err = c.do(ctx, request{method: http.MethodGet, path: "/v1/audit?" + v.Encode(), safe: true}, &page)
	return page, err
}
