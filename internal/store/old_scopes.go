package store

import (
	"slices"
	"sync"
	"time"

	"redial/internal/store/engine"
)

// oldScopeLook is how long a scope that no Call has is taken to be empty. Before the upgrade of all nodes one of the
// version before may give it to a first Call at any moment. That matters to nobody who has used Idempotency-Keys in the
// last two days: so long their rows stay, and the scope is not empty.
const oldScopeLook = 10 * time.Second

// oldScopes is what is known of the scopes that versions before gave to Idempotency-Keys: whether any Call still has
// one. Once there is none, nobody looks for Idempotency-Keys in them any more, and only now and then for such a Call.
type oldScopes struct {
	mu   sync.Mutex
	seen map[string]oldScope
}

type oldScope struct {
	used bool
	at   time.Time
}

// toRead are those of some scopes that Idempotency-Keys have to be looked for in, and those of them of which it is to
// be found out anew whether they are used. Each scope is named once.
func (o *oldScopes) toRead(scopes []string) (used, due []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, scope := range scopes {
		known := o.seen[scope]
		old := known.at.IsZero() || time.Since(known.at) >= oldScopeLook
		if (old || known.used) && !slices.Contains(used, scope) {
			used = append(used, scope)
			if old {
				due = append(due, scope)
			}
		}
	}
	return used, due
}

func (o *oldScopes) saw(scope string, used bool, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = map[string]oldScope{}
	}
	o.seen[scope] = oldScope{used, at}
}

const (
	selectFirsts = "SELECT id, idem_hash, secret, idem_key FROM calls WHERE idem_scope = $1 AND idem_key IN ($2)"
	selectScope  = "SELECT id FROM calls WHERE idem_scope = $1 LIMIT 1"
)

// scopeUsed reads whether any Call has a scope.
func scopeUsed(scope string, used *bool) engine.Statement {
	return engine.Statement{SQL: selectScope, Args: []any{scope}, Rows: func(scan func(...any) error) error {
		*used = true
		return scan(new(string))
	}}
}
