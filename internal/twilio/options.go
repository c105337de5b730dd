package twilio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"redial/internal/call"
)

// owned are the create call's parameters that redial sets itself, or that would
// make Twilio ignore those (ApplicationSid).
var owned = []string{
	"To", "From", "Timeout", "Twiml", "Url", "ApplicationSid",
	"StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent",
}

// passed are the parameters that a request may set, by their exact names, with
// the types that the SDK gives them.
var passed = createParams()

func createParams() map[string]reflect.Type {
	params := map[string]reflect.Type{}
	for f := range reflect.TypeFor[openapi.CreateCallParams]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "PathAccountSid" && !slices.Contains(owned, name) {
			params[name] = f.Type.Elem()
		}
	}
	return params
}

// CheckOptions checks further parameters of Twilio's create call, a JSON object
// by Twilio's names and types, and returns it with its keys in order; nil if
// there are none. A *FieldError names a parameter that Twilio does not know,
// that redial sets itself, or that has the wrong type.
// Source: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
func CheckOptions(raw json.RawMessage) (json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	var options map[string]json.RawMessage
	if err := json.Unmarshal(raw, &options); err != nil {
		return nil, wrong("options", "must be an object")
	}
	if len(options) == 0 {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if err := checkOption(name, options[name]); err != nil {
			return nil, &FieldError{"options." + brief(name), err}
		}
	}
	return json.Marshal(options)
}

// checked decodes options; CheckOptions has told what is wrong with them. Most calls have none.
func checked[T any](options json.RawMessage) (given map[string]T) {
	if len(options) > 0 {
		_ = json.Unmarshal(options, &given)
	}
	return given
}

// TimeLimit takes the TimeLimit out of options that were checked: it becomes the policy's
// talk limit. It returns what is left of them, and zero where there is none; or a
// *FieldError for one that is out of bounds.
func TimeLimit(options json.RawMessage) (rest json.RawMessage, limit time.Duration, err error) {
	given := checked[json.RawMessage](options)
	raw, ok := given["TimeLimit"]
	if !ok {
		return options, 0, nil
	}
	var seconds int
	if json.Unmarshal(raw, &seconds) != nil || seconds < leastTalk || seconds > mostTalk {
		return options, 0, wrong("options.TimeLimit", "must be from %d to %d seconds", leastTalk, mostTalk)
	}
	delete(given, "TimeLimit")
	if len(given) > 0 {
		rest, err = json.Marshal(given)
	}
	return rest, time.Duration(seconds) * time.Second, err
}

const (
	leastTalk = int(call.TalkLimitFloor / time.Second)
	mostTalk  = int(call.TalkLimitCeiling / time.Second)
)

func checkOption(name string, value json.RawMessage) error {
	if slices.Contains(owned, name) {
		return errors.New("is set by redial itself")
	}
	want, ok := passed[name]
	if !ok {
		return errors.New("is not a parameter of Twilio's create call")
	}
	if string(value) == "null" || json.Unmarshal(value, reflect.New(want).Interface()) != nil {
		return errors.New("must be " + typeName(want))
	}
	return nil
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list of strings"
	}
	return "a string"
}

// CheckDetection returns a *FieldError for options that would turn off, or replace,
// the detection of machines that a policy rests on.
// Source: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
func CheckDetection(options json.RawMessage, m call.MachinePolicy) error {
	given := checked[json.RawMessage](options)
	has := func(name string) bool { _, ok := given[name]; return ok }
	wanted := m.Do != call.MachineIgnore
	switch {
	case has("SendDigits") && (wanted || has("MachineDetection")):
		return wrong("options.SendDigits", "switches the detection of machines off at Twilio: give one of the two")
	case has("MachineDetection") && wanted:
		return wrong("options.MachineDetection", "is set by policy.machine")
	case has("AsyncAmd") && wanted:
		return wrong("options.AsyncAmd", "would let the message begin before a machine is detected, against policy.machine")
	}
	return nil
}

// brief shortens a name that somebody else chose.
func brief(name string) string {
	runes := 0
	for i := range name {
		if runes == 60 {
			return name[:i]
		}
		runes++
	}
	return name
}

// CheckURLs returns a *FieldError for an option that would lead Twilio to a host where it
// may not go. The options are those that CheckOptions returns.
func (r Rules) CheckURLs(options json.RawMessage) error {
	given := checked[any](options)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !isURL.MatchString(name) {
			continue
		}
		if err := r.checkURL(fmt.Sprint(given[name]), "http", "https"); err != nil {
			return &FieldError{"options." + name, err}
		}
	}
	return nil
}
