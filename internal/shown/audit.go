package shown

import (
	"redial/api"
	"redial/internal/store"
)

// AuditEntry is an entry of the audit as the API shows it.
func AuditEntry(e *store.AuditEntry) api.AuditEntry {
	return api.AuditEntry{
		ID: e.ID, At: e.At, By: e.By, Key: e.KeyID, From: e.From, What: string(e.What), Of: e.Of, Detail: e.Detail,
	}
}
