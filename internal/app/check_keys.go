package app

import "context"

// makeAdmin is the command that makes a key that may do anything.
const makeAdmin = "redial keys create ops --scope admin"

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
	if i.Keys.Any && !i.Keys.Works {
		return about("keys", Finding{Verdict: Warning,
			Says: "the database has API keys, and none of them works: nobody may use the API", Setting: "REDIAL_API_KEYS",
			Fix: makeAdmin + " --in-database makes another (SQLite: while redial does not serve)"})
	}
	return nil
}
