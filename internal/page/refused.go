package page

import (
	"errors"
	"html/template"

	"redial/internal/call"
)

// refused says why a step was refused, and when it may be done; empty if an error is no refusal.
func (v viewer) refused(err error) (template.HTML, error) {
	if wait, ok := errors.AsType[*call.NotNowError](err); ok {
		why, bad := v.why(wait.Waiting)
		if bad != nil {
			return "", bad
		}
		return v.say("refused.not_now", "Why", why, "At", v.at(wait.At, ""))
	}
	for known, id := range map[error]string{
		call.ErrEnded: "refused.ended", call.ErrDialed: "refused.dialed", call.ErrHeld: "refused.held",
	} {
		if errors.Is(err, known) {
			return v.say(id)
		}
	}
	return "", nil
}
