package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/api"
)

func TestDurationIsWrittenAsPeopleDo(t *testing.T) {
	tests := map[time.Duration]string{
		0:                              "0s",
		30 * time.Second:               "30s",
		5 * time.Minute:                "5m",
		10 * time.Minute:               "10m",
		time.Hour:                      "1h",
		10 * time.Hour:                 "10h",
		24 * time.Hour:                 "24h",
		90 * time.Minute:               "1h30m",
		70 * time.Minute:               "1h10m",
		time.Hour + 30*time.Second:     "1h0m30s",
		90 * time.Second:               "1m30s",
		1500 * time.Millisecond:        "1.5s",
		-5 * time.Minute:               "-5m",
		time.Minute + time.Millisecond: "1m0.001s",
	}
	for d, want := range tests {
		if got := api.Duration(d).String(); got != want {
			t.Errorf("%d ns is written %s, want %s", d, got, want)
		}
	}
}

func TestDurationThatIsNoneTellsWhatToWrite(t *testing.T) {
	tests := map[string]string{
		`30`:       `write "30s", not 30`,
		`-1.5`:     `write "-1.5s", not -1.5`,
		`"30"`:     `write 30s`,
		`""`:       `such as 30s`,
		`"1 hour"`: `write 1h`,
		`true`:     `such as "30s"`,
		`{}`:       `such as "30s"`,
		`"PT30S"`:  `such as 30s`,
	}
	for text, want := range tests {
		var d api.Duration
		if err := json.Unmarshal([]byte(text), &d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is answered %v, which does not say: %s", text, err, want)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{`"30s"`, `"1h0m30s"`, `"-2562047h47m16.854775808s"`, `"1µs"`, `30`, `null`, `"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var d, again api.Duration
		if json.Unmarshal(text, &d) != nil {
			return
		}
		written, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &again); err != nil || d != again {
			t.Errorf("%s is written %s and read as %s, %v", text, written, again, err)
		}
	})
}

func TestSayIsAnObjectOrTheTextAlone(t *testing.T) {
	tests := map[string]*api.Say{
		`{"say": "hi"}`:                                      {Text: "hi"},
		`{"say": "日本 \"語\""}`:                                {Text: `日本 "語"`},
		`{"say": {"text": "hi"}}`:                            {Text: "hi"},
		`{"say": {"text": "hi", "voice": "v", "repeat": 2}}`: {Text: "hi", Voice: "v", Repeat: 2},
		`{"say": null}`:                                      nil,
		`{}`:                                                 nil,
	}
	for text, want := range tests {
		var got api.CreateCall
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got.Say); diff != "" {
			t.Errorf("%s, -want +got:\n%s", text, diff)
		}
	}
	var got api.CreateCall
	if err := json.Unmarshal([]byte(`{"say": 5}`), &got); err == nil {
		t.Errorf("a number is said as %+v", got.Say)
	}
}

func TestProblemIsASentence(t *testing.T) {
	tests := []struct {
		problem api.Problem
		want    string
	}{
		{api.Problem{Title: "Conflict"}, "Conflict"},
		{api.Problem{Title: "Conflict", Detail: "the call has not ended"}, "the call has not ended"},
		{api.Problem{Detail: "it can't be taken", Errors: []api.FieldError{{"to", "is missing"}, {"say", "is empty"}}},
			"to: is missing; say: is empty"},
	}
	for _, test := range tests {
		if got := test.problem.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// A policy that was read is written so that it reads the same.
func FuzzPolicy(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"preset":"urgent","max_attempts":3,"max_per_result":{"busy":2}}`,
		`{"deadline":"24h","not_before":"2026-12-24T18:00:00+09:00"}`,
		`{"redial_after":{"busy":"30s","no-answer":["0s","5m"],"failed":[]}}`,
		`{"window":{"days":["mon"],"hours":"09:00-21:00","holidays":["2026-12-25"]}}`,
		`{"confirm":{"pin":"1234"},"machine":{"do":"leave-message","then":"end"}}`,
		`{"confirm":{"keys":{"1":"confirm","2":"pass-on","3":{"answer":"later"},"4":null}}}`,
		`{"confirm":"any-key","machine":"redial"}`, `{"deadline":30}`, `{"deadline":null}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var one, two api.Policy
		if json.Unmarshal([]byte(text), &one) != nil {
			return
		}
		written, err := json.Marshal(one)
		if err != nil {
			return // a year that JSON can't have
		}
		if err := json.Unmarshal(written, &two); err != nil {
			t.Fatalf("%s is written %s: %v", text, written, err)
		}
		again, err := json.Marshal(two)
		if err != nil || string(again) != string(written) {
			t.Fatalf("%s is written %s, and then %s: %v", text, written, again, err)
		}
	})
}
