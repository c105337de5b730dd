package twilio

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/internal/call"
)

const host = "https://redial.example.com"

// answered is a Call whose first attempt was answered by somebody.
func answered(change ...func(*call.Call)) *call.Call {
	c := &call.Call{Wish: call.Wish{
		ID: "c1", Secret: "s3cret", To: "+819012345678", From: "+815012345678",
		Message: call.Message{Say: &call.Say{Text: "Fire."}},
	}, Attempts: []call.Attempt{{N: 1}}}
	for _, f := range change {
		f(c)
	}
	return c
}

func wants(c call.Confirm) func(*call.Call) {
	return func(cl *call.Call) { cl.Policy.Confirm, cl.Attempts[0].NeedsKey = c, true }
}

func digit(d string) call.Confirm { return call.Confirm{Kind: call.ConfirmDigit, Digit: d} }

// byKeys is what three keys mean, of a menu.
func byKeys() call.Confirm {
	return call.Confirm{Kind: call.ConfirmKeys, Keys: map[string]call.Meaning{
		"1": {Do: call.KeyConfirms}, "2": {Do: call.KeyPassesOn}, "*": {Do: call.KeyAnswers, Answer: "I'm coming"},
	}}
}

func detecting(do call.MachineDo, by string) func(*call.Call) {
	return func(cl *call.Call) {
		cl.Policy.Machine.Do, cl.Attempts[0].Detects, cl.Attempts[0].AnsweredBy = do, true, by
	}
}

func in(language string) func(*call.Call) {
	return func(cl *call.Call) { cl.Message.Say.Language = language }
}

func link(cl *call.Call) { cl.Message = call.Message{URL: "https://app.example.com/?a=1&b=2"} }

func gatherOf(digits, finish, try, verbs string) string {
	return `<Gather numDigits="` + digits + `" finishOnKey="` + finish + `" timeout="8" method="POST" action="` + host +
		`/twilio_api/gather?attempt=` + answered().Key(1) + `&amp;try=` + try +
		`#ct=2000&amp;rt=4000&amp;rc=3&amp;rp=5xx,ct,rt">` + verbs + `</Gather>`
}

// What each message becomes, where a key is asked for or a machine may answer.
func TestAnswer(t *testing.T) {
	press := "<Say>Press 1 to confirm.</Say>"
	bye := "<Say>Nobody confirmed. Goodbye.</Say>"
	for name, test := range map[string]struct {
		call *call.Call
		want string
	}{
		"a text and a key": {answered(wants(digit("1"))),
			gatherOf("1", "", "1", "<Say>Fire.</Say>"+press) + gatherOf("1", "", "1", press) + bye},
		"a text, twice": {answered(wants(digit("1")), func(cl *call.Call) { cl.Message.Say.Repeat = 2 }),
			gatherOf("1", "", "1", "<Say>Fire.</Say>"+press+`<Pause length="1"/><Say>Fire.</Say>`+press) +
				gatherOf("1", "", "1", press) + bye},
		"TwiML and a PIN": {answered(wants(call.Confirm{Kind: call.ConfirmPIN, PINLength: 4, Prompt: "PIN?"}),
			func(cl *call.Call) {
				cl.Message = call.Message{Twiml: `<?xml version="1.0"?><Response><Play>a.mp3</Play><Pause/></Response>`}
			}), gatherOf("4", "#", "1", "<Play>a.mp3</Play><Pause/><Say>PIN?</Say>") +
			gatherOf("4", "#", "1", "<Say>PIN?</Say>") + bye},
		"a person's own text": {answered(wants(digit("1")), func(cl *call.Call) {
			cl.People = []call.Person{{Language: "de-DE", Say: "Feuer."}}
		}), gatherOf("1", "", "1",
			`<Say language="de-DE">Feuer.</Say><Say language="de-DE">Drücken Sie zur Bestätigung die 1.</Say>`) +
			gatherOf("1", "", "1", `<Say language="de-DE">Drücken Sie zur Bestätigung die 1.</Say>`) +
			`<Say language="de-DE">Es wurde nicht bestätigt. Auf Wiederhören.</Say>`},
		"a link, to a person": {answered(link, detecting(call.MachineRedial, "human")),
			`<Redirect method="POST">https://app.example.com/?a=1&amp;b=2</Redirect>`},
		"a link, by the options' method": {answered(link, detecting(call.MachineRedial, "human"), func(cl *call.Call) {
			cl.Options = []byte(`{"Method":"GET"}`)
		}), `<Redirect method="GET">https://app.example.com/?a=1&amp;b=2</Redirect>`},
		"a machine, not wanted": {answered(detecting(call.MachineRedial, "machine_start")), "<Hangup/>"},
		"a machine, after the beep": {answered(detecting(call.MachineLeaveMessage, "machine_end_beep")),
			"<Say>Fire.</Say><Hangup/>"},
		"a machine, where a key is asked for": {answered(wants(digit("1")),
			detecting(call.MachineLeaveMessage, "machine_end_beep")),
			"<Say>Fire.</Say><Hangup/>"},
		"a fax":             {answered(detecting(call.MachineLeaveMessage, "fax")), "<Hangup/>"},
		"nobody knows whom": {answered(detecting(call.MachineLeaveMessage, "unknown")), "<Say>Fire.</Say>"},
		"too late": {answered(detecting(call.MachineRedial, "human"), func(cl *call.Call) {
			cl.ReachedBy = 2
		}), "<Say>This call has already been taken. Thank you.</Say><Hangup/>"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Answer(host, test.call, 1)
			if got != "<Response>"+test.want+"</Response>" {
				t.Errorf("%s\nwant <Response>%s</Response>", got, test.want)
			}
			if _, err := parse(got); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKeysAreCalledByName(t *testing.T) {
	for _, test := range []struct{ language, digit, want string }{
		{"en-GB", "*", "Press the star key to confirm."},
		{"", "#", "Press the hash key to confirm."},
		{"ja-JP", "#", "確認のため、シャープを押してください。"},
		{"de", "*", "Drücken Sie zur Bestätigung die Sterntaste."},
		{"fr-CA", "5", "Appuyez sur 5 pour confirmer."},
		{"ko-KR", "5", "Press 5 to confirm."},
	} {
		got := Answer(host, answered(in(test.language), wants(digit(test.digit))), 1)
		if !strings.Contains(got, ">"+test.want+"</Say>") {
			t.Errorf("%s %s: %s", test.language, test.digit, got)
		}
	}
}

// The menu names each key as it stands on the phone, and says what it means, in the listener's language.
func TestMenu(t *testing.T) {
	for language, want := range map[string]string{
		"en-US": "Press 1 to confirm. Press 2 to pass the call on. Press the star key to answer: I'm coming.",
		"ja-JP": "確認のため、1を押してください。 ほかの人に回すには、2を押してください。 I'm coming、と答えるには、米印を押してください。",
		"de-DE": "Drücken Sie zur Bestätigung die 1. Drücken Sie zum Weitergeben des Anrufs die 2. " +
			"Drücken Sie die Sterntaste für die Antwort: I'm coming.",
		"fr-FR": "Appuyez sur 1 pour confirmer. Appuyez sur 2 pour passer l'appel à quelqu'un d'autre. " +
			"Appuyez sur étoile pour répondre : I'm coming.",
		"es-ES": "Pulse 1 para confirmar. Pulse 2 para pasar la llamada a otra persona. " +
			"Pulse asterisco para responder: I'm coming.",
	} {
		got := Answer(host, answered(in(language), wants(byKeys())), 1)
		menu := `<Say language="` + language + `">` + want + "</Say>"
		if strings.Count(got, menu) != 2 || strings.Count(got, `numDigits="1" finishOnKey=""`) != 2 {
			t.Errorf("%s: %s\nwant twice %s", language, got, menu)
		}
	}
	own := byKeys()
	own.Prompt = "Press it."
	got := Answer(host, answered(wants(own)), 1)
	if !strings.Contains(got, "<Say>Press it.</Say>") || strings.Contains(got, "pass the call on") {
		t.Errorf("with a prompt: %s", got)
	}
}

// A voice speaks redial's words only where it was chosen for their language.
func TestEveryLanguageHasEveryPhrase(t *testing.T) {
	for language, p := range spoken {
		all := []string{p.press, p.anyKey, p.pin, p.wrong, p.thanks, p.bye, p.takenBy, p.taken, p.star, p.hash,
			p.passOn, p.answer, p.passedOn, p.lastOne, p.answered}
		keyed := strings.Count(p.press+p.passOn+p.answer, "KEY")
		if slices.Contains(all, "") || keyed != 3 || !strings.Contains(p.answer, "ANSWER") ||
			!strings.Contains(p.takenBy, "NAME") {
			t.Errorf("%s lacks something: %q", language, all)
		}
	}
	own, _ := voice(call.Say{Language: "ko-KR", Voice: "Polly.Seoyeon"})
	if own != (call.Say{Language: "en-US"}) {
		t.Errorf("English is spoken as %+v", own)
	}
}

func TestReply(t *testing.T) {
	again := gatherOf("1", "", "2", "<Say>That was not right.</Say><Say>Press 1 to confirm.</Say>") +
		"<Say>Nobody confirmed. Goodbye.</Say>"
	for name, test := range map[string]struct {
		change func(*call.Call)
		try    int
		want   string
	}{
		"right":         {func(cl *call.Call) { cl.ReachedBy = 1 }, 1, "<Say>Thank you. It is confirmed.</Say><Hangup/>"},
		"wrong":         {func(*call.Call) {}, 1, again},
		"wrong at last": {func(*call.Call) {}, call.KeyTries, "<Say>Nobody confirmed. Goodbye.</Say><Hangup/>"},
		"after the end": {func(cl *call.Call) { cl.State = call.Ended }, 1, "<Say>Nobody confirmed. Goodbye.</Say><Hangup/>"},
		"too late": {func(cl *call.Call) {
			cl.ReachedBy = 2
		}, 1, "<Say>This call has already been taken. Thank you.</Say><Hangup/>"},
		"too late for Li": {func(cl *call.Call) {
			cl.People = []call.Person{{}, {Name: "Li & Co"}}
			cl.Attempts = append(cl.Attempts, call.Attempt{N: 2, Person: 1})
			cl.ReachedBy = 2
		}, 1, "<Say>Li &amp; Co has already taken this call. Thank you.</Say><Hangup/>"},
		"an answer": {func(cl *call.Call) {
			cl.ReachedBy, cl.Attempts[0].Answer = 1, "later"
		}, 1, "<Say>Thank you. Your answer is noted.</Say><Hangup/>"},
		"passed on": {func(cl *call.Call) {
			cl.People, cl.Policy.MaxAttempts = []call.Person{{}, {Name: "Li"}}, 1
			cl.Attempts[0].PassedOnAt = time.Now()
		}, 1, "<Say>Thank you. The call is passed on.</Say><Hangup/>"},
		"passed on to nobody": {func(cl *call.Call) {
			cl.Policy.MaxAttempts, cl.Attempts[0].PassedOnAt = 9, time.Now()
		}, 1, "<Say>Thank you. There is nobody else to call.</Say><Hangup/>"},
	} {
		got := Reply(host, answered(wants(digit("1")), test.change), 1, test.try)
		if got != "<Response>"+test.want+"</Response>" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestCheckInstructions(t *testing.T) {
	long := strings.Repeat("a", twimlLimit)
	person := func(p call.Person) func(*call.Call) {
		return func(cl *call.Call) { cl.People = []call.Person{{}, p} }
	}
	prompts := func(text string) func(*call.Call) {
		c := digit("1")
		c.Prompt = text
		return wants(c)
	}
	answering := func(text string) call.Confirm {
		return call.Confirm{Kind: call.ConfirmKeys, Keys: map[string]call.Meaning{"3": {Do: call.KeyAnswers, Answer: text}}}
	}
	leaves := func(text string) func(*call.Call) {
		return func(cl *call.Call) { cl.Policy.Machine = call.MachinePolicy{Do: call.MachineLeaveMessage, Say: text} }
	}
	for name, test := range map[string]struct {
		call  *call.Call
		field string // empty: it passes
	}{
		"a text":               {answered(), ""},
		"a key":                {answered(wants(digit("1"))), ""},
		"a link":               {answered(link), ""},
		"a link and a key":     {answered(link, wants(digit("1"))), "url"},
		"a person's own text":  {answered(link, person(call.Person{Say: "Fire."})), ""},
		"one that is too long": {answered(person(call.Person{Say: long})), "to[1].say"},
		"a text that nobody hears": {answered(func(cl *call.Call) {
			cl.Message.Say.Text, cl.People = long, []call.Person{{Say: "Fire."}, {Say: "Fire!"}}
		}), ""},
		"one that one of many hears": {answered(func(cl *call.Call) {
			cl.Message.Say.Text, cl.People = long, []call.Person{{Say: "Fire."}, {}, {Say: "Fire!"}}
		}), "say.text"},
		"one instead of a link": {answered(link, person(call.Person{Say: long})), "to[1].say"},
		"a text and a key, too long": {answered(wants(digit("1")), func(cl *call.Call) {
			cl.Message.Say.Text = long[:twimlLimit-100]
		}), "say.text"},
		"TwiML and a key, too long": {answered(wants(digit("1")), func(cl *call.Call) {
			cl.Message = call.Message{Twiml: "<Response><Say>" + long[:twimlLimit-100] + "</Say></Response>"}
		}), "twiml"},
		"TwiML that dials, and a key": {answered(wants(digit("1")), func(cl *call.Call) {
			cl.Message = call.Message{Twiml: "<Response><Dial>1</Dial></Response>"}
		}), "twiml"},
		"a prompt":                       {answered(prompts("Press it.")), ""},
		"a menu":                         {answered(wants(byKeys())), ""},
		"an answer that can't be spoken": {answered(wants(answering("a\x00"))), "policy.confirm.keys.3.answer"},
		"a blank answer":                 {answered(wants(answering("…"))), "policy.confirm.keys.3.answer"},
		"a blank prompt":                 {answered(prompts(" ")), "policy.confirm.prompt"},
		"a prompt that can't be spoken":  {answered(prompts("a\x00")), "policy.confirm.prompt"},
		"a message":                      {answered(leaves("Call us.")), ""},
		"a blank message":                {answered(leaves(" \n")), "policy.machine.say"},
		"a message that is too long":     {answered(leaves(long)), "policy.machine.say"},
		"a message that can't be spoken": {answered(leaves("a\x00")), "policy.machine.say"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckInstructions(host, test.call.Wish)
			f, _ := errors.AsType[*FieldError](err)
			if (err == nil) != (test.field == "") || f != nil && f.Field != test.field {
				t.Errorf("error %v, want one about %q", err, test.field)
			}
		})
	}
	for field, p := range map[string]call.Person{
		"": {Name: "Li", Language: "ja-JP", Say: "Fire."}, "language": {Language: "Japanese"},
		"say": {Say: " "}, "name": {Name: "\t"},
	} {
		err := Rules{}.CheckPerson(p)
		f, _ := errors.AsType[*FieldError](err)
		if (err == nil) != (field == "") || f != nil && f.Field != field {
			t.Errorf("%+v: error %v, want one about %q", p, err, field)
		}
	}
}

// What passes fits at every attempt, also one whose number has more digits.
func TestALongMessageFitsAtEveryAttempt(t *testing.T) {
	c := answered(wants(digit("1")))
	least := length(message(host, c, 1)) - len(c.Message.Say.Text)
	for n := twimlLimit - least; ; n-- {
		c.Message.Say.Text = strings.Repeat("a", n)
		if err := CheckInstructions(host, c.Wish); err == nil {
			break
		} else if _, ok := errors.AsType[*FieldError](err); !ok {
			t.Fatal(err)
		}
	}
	late := *c
	late.Attempts = make([]call.Attempt, 240)
	late.Attempts[239] = call.Attempt{N: 240, NeedsKey: true}
	if n := length(message(host, &late, 240)); n != twimlLimit {
		t.Errorf("the longest message has %d characters at last, of %d", n, twimlLimit)
	}
}
