package trigger

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"redial/api"
	"redial/internal/call"
)

// wish has the edge read a request, and returns what is wrong with it.
func (r *fileReader) wish(req api.CreateCall) (call.Wish, []api.FieldError) {
	body, err := json.Marshal(req)
	if err != nil {
		return call.Wish{}, []api.FieldError{{Field: "body", Detail: err.Error()}}
	}
	return r.wishOf(body)
}

func (r *fileReader) wishOf(body []byte) (call.Wish, []api.FieldError) {
	w, err := r.file.reader.Wish(body, r.Now)
	if err == nil {
		return w, nil
	}
	if p, ok := errors.AsType[*api.Problem](err); ok {
		return w, p.Errors
	}
	return w, []api.FieldError{{Field: "body", Detail: err.Error()}}
}

// withPolicy is a request with a policy as it stands in the file.
func withPolicy(req api.CreateCall, policy json.RawMessage) []byte {
	body, err := json.Marshal(req)
	if err != nil || len(policy) == 0 {
		return body
	}
	return slices.Concat(body[:len(body)-1], []byte(`,"policy":`), policy, []byte("}"))
}

// policy adds what is wrong with a policy that stands at n, apart from what depends on the numbers.
func (r *fileReader) policy(n *node, policy json.RawMessage) {
	p, faults := r.file.Presets.Policy(policy, r.Now)
	for _, f := range faults {
		r.add(n.locate(strings.TrimPrefix(f.Field, "policy.")), "%s %s", f.Field, f.Detail)
	}
	for name, when := range map[string]call.When{"deadline": p.Deadline, "not_before": p.NotBefore} {
		if !when.At.IsZero() {
			r.add(n.locate(name), "policy.%s must be a duration, such as 2h: an event may come after any date", name)
		}
	}
}
