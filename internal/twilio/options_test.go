package twilio

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

func TestCheckOptions(t *testing.T) {
	for raw, want := range map[string]struct{ field, options string }{
		``:                 {},
		`null`:             {},
		` {} `:             {},
		`{"Record": true}`: {"", `{"Record":true}`},
		`{"Trim": "do-not-trim", "Record": false, "TimeLimit": 600}`: {"",
			`{"Record":false,"TimeLimit":600,"Trim":"do-not-trim"}`},
		`{"SendDigits": "ww12#", "MachineDetection": "Enable"}`: {"", `{"MachineDetection":"Enable","SendDigits":"ww12#"}`},
		`{"RecordingStatusCallbackEvent": ["completed"]}`:       {"", `{"RecordingStatusCallbackEvent":["completed"]}`},
		`{"Method": "GET", "FallbackUrl": "https://h"}`:         {"", `{"FallbackUrl":"https://h","Method":"GET"}`},
		`[]`:                             {"options", ""},
		`"Record"`:                       {"options", ""},
		`{"Record"`:                      {"options", ""},
		`{"To": "+81"}`:                  {"options.To", ""},
		`{"Timeout": 60}`:                {"options.Timeout", ""},
		`{"ApplicationSid": "AP1"}`:      {"options.ApplicationSid", ""},
		`{"StatusCallback": "https://"}`: {"options.StatusCallback", ""},
		`{"Twiml": "<Response/>"}`:       {"options.Twiml", ""},
		`{"PathAccountSid": "AC2"}`:      {"options.PathAccountSid", ""},
		`{"record": true}`:               {"options.record", ""},
		`{"Nonsense": 1}`:                {"options.Nonsense", ""},
		`{"Record": "true"}`:             {"options.Record", ""},
		`{"Record": null}`:               {"options.Record", ""},
		`{"TimeLimit": "600"}`:           {"options.TimeLimit", ""},
		`{"TimeLimit": 1.5}`:             {"options.TimeLimit", ""},
		`{"Trim": 1}`:                    {"options.Trim", ""},
		`{"RecordingStatusCallbackEvent": "completed"}`: {"options.RecordingStatusCallbackEvent", ""},
	} {
		got, err := CheckOptions(json.RawMessage(raw))
		f, _ := errors.AsType[*FieldError](err)
		if string(got) != want.options || (err == nil) != (want.field == "") || (f != nil && f.Field != want.field) {
			t.Errorf("options %s: %s, error %v, want %s, error about %q", raw, got, err, want.options, want.field)
		}
	}
}

// A parameter that the SDK learns some day shall be looked at before it passes.
func TestEveryParameterIsKnown(t *testing.T) {
	if n := len(passed) + len(owned); n != 38 {
		t.Errorf("the SDK's create call has %d parameters, want 38", n)
	}
	for _, name := range owned {
		if _, ok := passed[name]; ok || name == "" {
			t.Errorf("%s passes", name)
		}
	}
	if slices.ContainsFunc(owned, func(name string) bool { return checkOption(name, []byte(`"x"`)) == nil }) {
		t.Error("an owned parameter is taken")
	}
}

func FuzzCheckOptions(f *testing.F) {
	f.Add(`{"Record": true, "Trim": "do-not-trim"}`)
	f.Add(`{"To": 1, "To": null}`)
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := CheckOptions(json.RawMessage(raw))
		if err != nil {
			if _, ok := errors.AsType[*FieldError](err); !ok {
				t.Errorf("error %v names no field", err)
			}
			return
		}
		if again, err := CheckOptions(once); err != nil || string(again) != string(once) {
			t.Errorf("%s, then %s, %v", once, again, err)
		}
	})
}
