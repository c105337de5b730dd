package hook

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"redial/api"
	"redial/internal/bodies"
	"redial/internal/edge"
	"redial/internal/permit"
	"redial/internal/source"
	"redial/internal/store"
	"redial/internal/trigger"
)

// verdict says what became of a request.
type verdict string

const (
	taken   verdict = "taken"
	wrong   verdict = "wrong_secret" // or none
	ended   verdict = "ended_secret" // it was rotated, and its time is over
	refused verdict = "refused"      // it is too large, or there is nobody to ring
	full    verdict = "full"         // too many calls wait
	failed  verdict = "failed"       // temporary trouble
)

var verdicts = []verdict{taken, wrong, ended, refused, full, failed}

const retryAfter = "5" // seconds, in answers that say "later"

// problem says what is wrong, in the one table of this door. All that may be over soon is a 503: many senders drop for
// good what is answered 4xx.
func (d *Door) problem(told *trigger.Told, err error) (*api.Problem, verdict) {
	tooMany, isFull := errors.AsType[*store.TooManyError](err)
	old, isOld := errors.AsType[*trigger.EndedSecretError](err)
	p, isProblem := errors.AsType[*api.Problem](err)
	switch {
	case errors.Is(err, trigger.ErrNoSecret):
		d.wrongLog.Happened()
		return edge.Problem(http.StatusNotFound, "no trigger has this secret; redial triggers url makes one"), wrong
	case isOld:
		d.endedLog.Happened(old)
		return edge.Problem(http.StatusNotFound, "%v: give the sender the new one", old), ended
	case isTooLarge(err):
		return edge.Problem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes, or than %d where the "+
			"secret stands in it", source.MaxBody, maxUnknown), refused
	case errors.Is(err, trigger.ErrNobody):
		return nobody(told), refused
	case isProblem:
		return p, refused
	case isFull:
		return later("%s", tooManyWait(tooMany)), full
	case errors.Is(err, bodies.ErrBusy):
		return later("redial handles as much as its memory allows just now; nothing was changed"), failed
	case errors.Is(err, trigger.ErrNoTrigger):
		d.failedLog.Happened(err)
		return later("the secret is right, and %v", err), failed
	case errors.Is(err, context.Canceled): // the sender is gone
		return later("the request was given up"), failed
	}
	d.failedLog.Happened(err)
	if errors.Is(err, store.ErrUnclear) || errors.Is(err, context.DeadlineExceeded) {
		return later("redial has not heard from its database whether the event is kept: repeat it"), failed
	}
	return later("redial can't reach its database, or it can't be written; nothing was changed"), failed
}

func later(detail string, args ...any) *api.Problem {
	return edge.Problem(http.StatusServiceUnavailable, detail, args...)
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok || errors.Is(err, source.ErrTooLarge)
}

func nobody(told *trigger.Told) *api.Problem {
	p := edge.Problem(http.StatusUnprocessableEntity, "%v: the trigger yields no number that may be called",
		trigger.ErrNobody)
	for _, doubt := range told.Doubts {
		p.Errors = append(p.Errors, api.FieldError{Field: "trigger", Detail: doubt})
	}
	return p
}

func tooManyWait(e *store.TooManyError) string {
	bound := permit.WaitingToNumber
	if e.Name != "" {
		bound = permit.Waiting
	}
	return edge.Text(permit.Errorf("as many calls as %s permits (%d) have not ended: it can be taken when some have",
		bound, e.Most))
}

// plain answers a problem as RFC 9457 has it.
func plain(w http.ResponseWriter, p *api.Problem) {
	begin(w, "application/problem+json", p.Status)
	_ = json.NewEncoder(w).Encode(p) // there is no other way to tell the sender
}

// begin begins an answer.
func begin(w http.ResponseWriter, contentType string, status int) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
}

// reply answers JSON.
func reply(w http.ResponseWriter, status int, v any) {
	begin(w, "application/json", status)
	_ = json.NewEncoder(w).Encode(v) // there is no other way to tell the sender
}
