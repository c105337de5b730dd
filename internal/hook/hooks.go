package hook

import (
	"net/http"

	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/trigger"
)

// Hooks answers redial's own URL, for senders that can hold a URL and nothing else. Some send all in a GET.
func (d *Door) Hooks() http.Handler {
	return d.from(sender{name: ofHooks, secret: inPath("secret"), check: tells, taken: showTold, failed: plain})
}

func inPath(name string) func(*http.Request) string {
	return func(r *http.Request) string { return r.PathValue(name) }
}

// tells refuses a GET that says nothing: somebody has opened the URL, or a program looks what is there.
func tells(r *http.Request) error {
	if r.Method == http.MethodHead || r.Method == http.MethodGet && r.URL.RawQuery == "" {
		return edge.Problem(http.StatusBadRequest, "this is the URL of a trigger, and nobody was rung: POST what has "+
			"happened, or say it in the URL, as ?title=Disk+full")
	}
	return nil
}

// showTold answers what became of the event, without what a call has of people and numbers.
func showTold(w http.ResponseWriter, _ *http.Request, _ string, told *trigger.Told) {
	status := http.StatusOK
	if len(told.Calls) > 0 {
		status = http.StatusCreated
	}
	reply(w, status, shown.Told(told))
}
