package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/app"
	"redial/internal/sim"
)

// From the environment the desk reads how calls are made, but nothing that says where anything is. That holds for
// today's settings of serve, and for those to come.
func TestTheDeskReadsNothingThatLeadsElsewhere(t *testing.T) {
	parser, err := newConsole(io.Discard, io.Discard).parser(t.Context(), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"REDIAL_ALLOWED_REGIONS", "REDIAL_CALLS_PER_SECOND", "REDIAL_CONFIG", "REDIAL_DEFAULT_REGION",
		"REDIAL_FROM",
		"REDIAL_LANGUAGES",
		"REDIAL_LOG_FORMAT", "REDIAL_LOG_LEVEL",
		"REDIAL_MAX_WAITING", "REDIAL_MAX_WAITING_PER_NUMBER", "REDIAL_NUMBER_PREFIXES", "REDIAL_PRESETS",
		"REDIAL_RETENTION_DAYS",
		"REDIAL_TWIML_HOSTS", "REDIAL_TWIML_VERBS"}
	if got := settings(command(parser.Model, "desk")); !slices.Equal(got, want) {
		t.Errorf("it reads\n%v, not\n%v", got, want)
	}
	for _, f := range command(parser.Model, "desk").Flags {
		if strings.Contains(f.Name, "twilio") || strings.Contains(f.Name, "url") && f.Name != "webhook-urls" ||
			strings.Contains(f.Name, "allow-private") {
			t.Errorf("it has --%s", f.Name)
		}
	}
	got := settings(command(parser.Model, "serve"))
	if !slices.Contains(got, "DATABASE_URL") || !slices.Contains(got, "REDIAL_LISTEN") {
		t.Errorf("serve has lost some of its settings: %v", got)
	}
}

// Whatever a pair is asked to be, it uses its own Twilio and its own database.
func TestAPairKnowsNoOtherTwilio(t *testing.T) {
	p, err := pairing{redial: app.Config{
		Listen: anyPort, HostURL: "https://redial.example.com", DatabaseURL: "postgres://127.0.0.1:1/production",
		AccountSID: "AC99999999999999999999999999999999", AuthTokens: []string{"realtoken"}, APIKey: "SK1",
		APISecret:     "secret",
		TwilioBaseURL: "http://127.0.0.1:1", From: demoFrom, CallsPerSecond: 5, MaxWaiting: 100000, MaxPerNumber: 200,
	}, twilio: anyPort}.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}()
	call, _, err := p.client.Create(t.Context(), api.CreateCall{To: "+819012345678", Say: &api.Say{Text: "Hello."}}, "")
	if err != nil {
		t.Fatal(err)
	}
	call, err = p.client.Get(t.Context(), call.ID, 60e9)
	if err != nil || call.Outcome != "reached" || len(p.phones.Legs()) != 1 {
		t.Errorf("the call is %s, %v; %d phones rang", call.Outcome, err, len(p.phones.Legs()))
	}
}

// The flag also takes a file of scripts, a line for each phone.
func TestScriptsOfPhones(t *testing.T) {
	s := scripts{}
	err := s.read("\ufeff# Aiko\r\n+819012345601 = answer+keys=9/1 \r\n\n" +
		"  +819012345602=busy; +819012345603=no-answer,answer;\n+819012345602=answer\n")
	want := map[string]string{
		"+819012345601": "answer+keys=9/1", "+819012345602": "answer", "+819012345603": "no-answer,answer",
	}
	if err != nil || len(s) != len(want) {
		t.Errorf("it is read as %v, %v", s, err)
	}
	for number, steps := range want {
		if s[number] != steps {
			t.Errorf("the script of %s is %q, not %q", number, s[number], steps)
		}
	}
	if err := s.read("+819012345601"); err == nil || !strings.Contains(err.Error(), "+819012345678=no-answer") {
		t.Errorf("a number without steps: %v", err)
	}
}

// Every event is shown once, however often the stream sends it. Events that the phones tell are not repeated in
// redial's name.
func TestTheFeedOfADesk(t *testing.T) {
	var out strings.Builder
	f := &feed{to: &out, columns: func() int { return 0 }}
	call := &api.Call{ID: "019a0000", To: "+819012345678", Attempts: []api.Attempt{{Number: 1, To: "+819012345679"}}}
	tell := func(id string, e api.Event) {
		if err := f.redial(api.Webhook{ID: id, Data: api.WebhookData{Event: &e, Call: call}}, nil); err != nil {
			t.Error(err)
		}
	}
	tell("1", api.Event{Type: "call.created"})
	tell("2", api.Event{Type: "attempt.ringing", Attempt: 1})
	f.phone(sim.News{To: "+819012345679", Does: "rings"})
	tell("3", api.Event{Type: "attempt.ended", Attempt: 1, Result: "completed"})
	for range 3 {
		tell("4", api.Event{Type: "call.ended", Outcome: "reached"})
	}
	for i := range 10 * maxRecent {
		tell(fmt.Sprint("more ", i), api.Event{Type: "call.ended", Outcome: "reached"})
	}
	if len(f.recent) > maxRecent {
		t.Errorf("%d ids are kept", len(f.recent))
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		at, after, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if _, err := time.Parse(exactTime, strings.Replace(at, "UTC", "+00:00", 1)); err != nil {
			t.Errorf("a line begins with no time: %s", line)
		}
		got = append(got, after)
	}
	want := []string{
		"+819012345678  redial  call 019a0000", "+819012345679  phone   rings",
		"+819012345679  redial  attempt 1 ended: completed", "+819012345678  redial  call ended: REACHED",
	}
	if len(got) != len(want)+10*maxRecent || !slices.Equal(got[:len(want)], want) {
		t.Errorf("%d lines, which begin with %q", len(got), got[:len(want)])
	}
}
