package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScripts(t *testing.T) {
	for text, want := range map[string][]step{
		"answer":                {{name: "answer"}},
		"no-answer, busy,wrong": {{name: "no-answer"}, {name: "busy"}, {name: "wrong"}},
		"answer:12s":            {{name: "answer", arg: "12s", length: 12 * time.Second}},
		"queued:1m30s":          {{name: "queued", arg: "1m30s", length: 90 * time.Second}},
		"refuse:21211":          {{name: "refuse", arg: "21211", code: 21211, status: 400}},
		"refuse:10005/403":      {{name: "refuse", arg: "10005/403", code: 10005, status: 403}},
		"decline:no-answer":     {{name: "decline", arg: "no-answer"}},
		"busy+late+doubled":     {{name: "busy", modifiers: []string{"late", "doubled"}}},
	} {
		got, err := parseScript(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		for i := range got {
			if len(got[i].modifiers) == 0 {
				got[i].modifiers = nil
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(step{})); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
	for _, name := range stepNames {
		text := name + map[string]string{"queued": ":1s", "refuse": ":21211"}[name]
		if _, err := parseScript(text); err != nil {
			t.Errorf("the step %s: %v", name, err)
		}
	}
}

func TestBadScriptsAreToldWhatThereIs(t *testing.T) {
	for text, says := range map[string]string{
		"":                   "there are: answer, no-answer",
		"answer,":            "there are: answer, no-answer",
		"anwser":             `"anwser" is no step`,
		"answer+quiet":       `"quiet" is no modifier of a step; there are: lost`,
		"busy:5s":            "busy takes no argument",
		"answer:soon":        "such as answer:30s",
		"answer:-1s":         "such as answer:30s",
		"queued":             "such as queued:30s",
		"queued:25h":         "such as queued:30s",
		"refuse":             "such as refuse:21211",
		"refuse:7":           "such as refuse:21211",
		"refuse:10005/200":   "such as refuse:21211",
		"refuse:10005/":      "such as refuse:21211",
		"decline:politely":   "decline takes :busy or :no-answer",
		"no-answer, refuse:": "such as refuse:21211",
	} {
		if _, err := parseScript(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func TestAScriptThatCantBeReadStopsNew(t *testing.T) {
	for name, c := range map[string]Config{
		"the default script": {AccountSID: account, AuthToken: token, Default: "hum"},
		alice:                {AccountSID: account, AuthToken: token, Scripts: map[string]string{alice: "hum"}},
		"callback_lost":      {AccountSID: account, AuthToken: token, Faults: Faults{CallbackLost: 1.5}},
		"lag":                {AccountSID: account, AuthToken: token, Faults: Faults{ListLagMS: -1}},
		"account SID":        {AuthToken: token},
		"speed":              {AccountSID: account, AuthToken: token, Speed: -1},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	for _, seed := range []string{
		"answer", "no-answer,busy,answer", "queued:30s+late", "refuse:21211", "answer:1h+500+doubled,,", "+", ":",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := parseScript(text)
		if err == nil && len(steps) != strings.Count(text, ",")+1 {
			t.Errorf("%q has %d steps", text, len(steps))
		}
		for _, s := range steps {
			if s.length < 0 || s.length > maxLength {
				t.Errorf("%q lasts %s", text, s.length)
			}
		}
	})
}
