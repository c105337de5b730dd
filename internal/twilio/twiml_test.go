package twilio

import (
	"errors"
	"strings"
	"testing"

	"redial/internal/call"
)

func TestTwimlOfSay(t *testing.T) {
	for name, tc := range map[string]struct {
		say  call.Say
		want string
	}{
		"once": {call.Say{Text: "hello"}, `<Response><Say>hello</Say></Response>`},
		"twice": {call.Say{Text: "hello", Repeat: 2},
			`<Response><Say>hello</Say><Pause length="1"/><Say>hello</Say></Response>`},
		"voice": {call.Say{Text: "お電話です", Language: "ja-JP", Voice: "Polly.Kazuha-Neural"},
			`<Response><Say language="ja-JP" voice="Polly.Kazuha-Neural">お電話です</Say></Response>`},
		"escape": {call.Say{Text: `a <b> & "c"</Say>`}, `<Response><Say>a &lt;b&gt; &amp; "c"&lt;/Say&gt;</Say></Response>`},
	} {
		t.Run(name, func(t *testing.T) {
			twiml, url := plainTwiml(call.Message{Say: &tc.say})
			if twiml != tc.want || url != "" {
				t.Errorf("TwiML %s, URL %q, want %s", twiml, url, tc.want)
			}
			if err := (Rules{}).CheckMessage(call.Message{Say: &tc.say}, nil); err != nil {
				t.Error(err)
			}
			if _, err := parse(twiml); err != nil {
				t.Error(err)
			}
		})
	}
	if twiml, url := plainTwiml(call.Message{Twiml: "<Response/>"}); twiml != "<Response/>" || url != "" {
		t.Errorf("TwiML %q, URL %q", twiml, url)
	}
	if twiml, url := plainTwiml(call.Message{URL: "https://h"}); twiml != "" || url != "https://h" {
		t.Errorf("TwiML %q, URL %q", twiml, url)
	}
}

func TestCheckMessage(t *testing.T) {
	say := func(s call.Say) call.Message { return call.Message{Say: &s} }
	doc := func(s string) call.Message { return call.Message{Twiml: s} }
	link := func(s string) call.Message { return call.Message{URL: s} }
	fits := twimlLimit - len("<Response><Say></Say></Response>")
	for name, tc := range map[string]struct {
		message call.Message
		field   string // empty: it passes
	}{
		"nothing":                {call.Message{}, "message"},
		"two":                    {call.Message{Twiml: "<Response/>", URL: "https://h"}, "message"},
		"no text":                {say(call.Say{}), "say.text"},
		"blank text":             {say(call.Say{Text: " \n\u3000"}), "say.text"},
		"a control character":    {say(call.Say{Text: "a\x00b"}), "say.text"},
		"no UTF-8":               {say(call.Say{Text: "a\xff"}), "say.text"},
		"a declaration":          {doc(`<?xml version="1.0" encoding="UTF-8"?><Response><Say>a</Say></Response>`), ""},
		"one that comes late":    {doc("\n" + `<?xml version="1.0" encoding="UTF-8"?><Response/>`), "twiml"},
		"two of them":            {doc(`<?xml version="1.0"?><?xml version="1.0"?><Response/>`), "twiml"},
		"lines":                  {say(call.Say{Text: "one\r\n\ttwo"}), ""},
		"just fits":              {say(call.Say{Text: strings.Repeat("あ", fits)}), ""},
		"one too many":           {say(call.Say{Text: strings.Repeat("あ", fits+1)}), "say.text"},
		"too long when escaped":  {say(call.Say{Text: strings.Repeat("&", fits/5+1)}), "say.text"},
		"too long when repeated": {say(call.Say{Text: strings.Repeat("a", fits/2), Repeat: 2}), "say.text"},
		"wide characters":        {say(call.Say{Text: strings.Repeat("😀", fits/2+1)}), "say.text"},
		"often":                  {say(call.Say{Text: "a", Repeat: 20}), ""},
		"too often":              {say(call.Say{Text: "a", Repeat: 21}), "say.repeat"},
		"less than never":        {say(call.Say{Text: "a", Repeat: -1}), "say.repeat"},
		"a language":             {say(call.Say{Text: "a", Language: "en-GB-WLS"}), ""},
		"a region as a language": {say(call.Say{Text: "a", Language: "jp"}), "say.language"},
		"no voice of Twilio's":   {say(call.Say{Text: "a", Voice: "Kazuha"}), "say.voice"},
		"no language":            {say(call.Say{Text: "a", Language: `ja"`}), "say.language"},
		"a language's name":      {say(call.Say{Text: "a", Language: "Japanese"}), "say.language"},
		"a long voice":           {say(call.Say{Text: "a", Voice: "Google.ja-JP-Chirp3-HD-Aoede"}), ""},
		"no voice":               {say(call.Say{Text: "a", Voice: `x" y="`}), "say.voice"},

		"a document": {doc(`<?xml version="1.0" encoding="UTF-8"?><!-- hi -->` +
			`<Response><Dial>+81</Dial></Response>` + "\n"), ""},
		"an empty one":       {doc(`<Response/>`), "twiml"},
		"no XML":             {doc(`hello`), "twiml"},
		"not closed":         {doc(`<Response><Say>a</Response>`), "twiml"},
		"cut short":          {doc(`<Response><Say>a`), "twiml"},
		"another root":       {doc(`<Say>a</Say>`), "twiml"},
		"two roots":          {doc(`<Response/><Response/>`), "twiml"},
		"text behind":        {doc(`<Response/>a`), "twiml"},
		"small letters":      {doc(`<response/>`), "twiml"},
		"an attribute twice": {doc(`<Response><Say voice="a" voice="b">a</Say></Response>`), "twiml"},
		"an unknown entity":  {doc(`<Response>&x;</Response>`), "twiml"},
		"another encoding":   {doc(`<?xml version="1.0" encoding="Shift_JIS"?><Response/>`), "twiml"},
		"only a comment":     {doc(`<!-- -->`), "twiml"},
		"longest document":   {doc(`<Response><Say>` + strings.Repeat("あ", twimlLimit-32) + `</Say></Response>`), ""},
		"too long":           {doc(`<Response><Say>` + strings.Repeat("あ", twimlLimit-31) + `</Say></Response>`), "twiml"},

		"a link":          {link("https://h.example:8443/twiml?id=1"), ""},
		"plain http":      {link("http://h.example"), ""},
		"no scheme":       {link("h.example/twiml"), "url"},
		"a script":        {link("javascript:alert(1)"), "url"},
		"a file":          {link("file:///etc/passwd"), "url"},
		"no host":         {link("https:///twiml"), "url"},
		"a password":      {link("https://u:pw@h.example"), "url"},
		"an endless link": {link("https://h.example/" + strings.Repeat("a", urlLimit)), "url"},
		"a broken link":   {link("https://h.example/%zz"), "url"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Rules{Verbs: []string{"Dial"}, Hosts: []string{"*"}}.CheckMessage(tc.message, taken81)
			f, _ := errors.AsType[*FieldError](err)
			if (err == nil) != (tc.field == "") || (f != nil && f.Field != tc.field) || strings.Contains(textOf(err), "pw") {
				t.Errorf("error %v, want one about %q", err, tc.field)
			}
		})
	}
}

// taken81 takes numbers of Japan.
func taken81(number string) error {
	if !strings.HasPrefix(number, "+81") {
		return errors.New("is not one of Japan's")
	}
	return nil
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Whatever text passes is a document that says just that.
func FuzzSay(f *testing.F) {
	f.Add("hello", "ja-JP", "Polly.Mizuki", 2)
	f.Add("</Say><Hangup/>]]>&#0;", "", "", 0)
	f.Fuzz(func(t *testing.T, text, language, voice string, repeat int) {
		m := call.Message{Say: &call.Say{Text: text, Language: language, Voice: voice, Repeat: repeat}}
		if (Rules{}).CheckMessage(m, nil) != nil {
			return
		}
		twiml, _ := plainTwiml(m)
		if err := (checker{}).checkTwiml(twiml); err != nil {
			t.Errorf("%s: %v", twiml, err)
		}
		if n := strings.Count(twiml, "<"); n != 2+2*max(repeat, 1)+max(repeat, 1)-1 {
			t.Errorf("%s: the text became an element", twiml)
		}
	})
}

// plainTwiml is what the create call is given for a message without any proof.
func plainTwiml(m call.Message) (twiml, url string) {
	cl := call.Call{Wish: call.Wish{Message: m}, Attempts: []call.Attempt{{N: 1}}}
	return instructions("", &cl, 1)
}
