package app

import (
	"context"

	"redial/internal/store"
)

// apiKeys examines whether an API key is there where others can reach redial, and whether any works.
func (e *Examination) apiKeys(ctx context.Context) []Finding {
	if len(e.Config.APIKeys) > 0 || !e.needs("DATABASE_URL", "HOST_URL", "REDIAL_LISTEN", "REDIAL_API_KEYS") {
		return nil
	}
	i, err := e.inspect(ctx)
	if err != nil {
		return about("keys", Finding{Verdict: LeftOut, Says: "the API keys of the database can't be read"})
	}
	if err := e.Config.checkOpen(i.Keys.Any); err != nil {
		return about("keys", Finding{Verdict: Wrong, Says: err.Error(), Stops: true, Setting: "REDIAL_API_KEYS",
			Fix: makeAdmin + " --in-database; or " + fixes["REDIAL_API_KEYS"]})
	}
	if ill := illOfKeys(i.Keys); ill != "" {
		return about("keys", Finding{Verdict: Warning, Says: ill, Setting: "REDIAL_API_KEYS", Fix: anotherAdmin})
	}
	return nil
}

// anotherAdmin is how somebody may manage API keys again.
const anotherAdmin = makeAdmin + " --in-database makes one (SQLite: while redial does not serve)"

// illOfKeys says what nobody can do with the keys of a database that has any, where there are no others.
func illOfKeys(there store.KeysThere) string {
	switch {
	case there.Any && !there.Works:
		return "the database has API keys, and none of them works: nobody may use the API"
	case there.Any && !there.Admin:
		return "no API key of the database that works has the scope admin: nobody can make or revoke one"
	}
	return ""
}
