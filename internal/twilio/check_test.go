package twilio

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"redial/internal/call"
	"redial/internal/permit"
)

// here is what these tests allow.
var here = Rules{Hosts: []string{"app.example.com", "Bücher.example", "127.0.0.1"}}

func problem(t *testing.T, r Rules, doc string) string {
	t.Helper()
	err := checker{r, taken81}.checkTwiml(doc)
	if f, ok := errors.AsType[*FieldError](err); err != nil && (!ok || f.Field != "twiml") {
		t.Errorf("%s: error %v is not about the document", doc, err)
	}
	return textOf(err)
}

func TestThereMustBeSomethingToHear(t *testing.T) {
	for inside, heard := range map[string]bool{
		`<Say>The server is down</Say>`: true,
		`<Say>7</Say>`:                  true,
		`<Say>①</Say>`:                  true,
		`<Say>火</Say>`:                  true,
		`<Say><![CDATA[hi]]></Say>`:     true,
		`<Say>&#104;i</Say>`:            true,
		`<Say><emphasis level="strong">down</emphasis></Say>`:                 true,
		`<Say><prosody rate="slow"><s>down</s></prosody></Say>`:               true,
		`<Say><sub alias="down">!</sub></Say>`:                                true,
		`<Pause length="2"/><Say>down</Say><Hangup/>`:                         true,
		`<Say>…</Say><Say>down</Say>`:                                         true,
		`<Play>https://app.example.com/a.mp3</Play>`:                          true,
		`<Play digits="ww1"/>`:                                                true,
		`<Gather numDigits="1"><Say>Press 1</Say></Gather>`:                   true,
		`<Gather><Pause/><Play>https://app.example.com/a.mp3</Play></Gather>`: true,
		`<Redirect>https://app.example.com/</Redirect>`:                       true,
		`<Record/>`: true,
		`<Record maxLength="5" action="https://app.example.com/"/>`: true,

		``:                                     false,
		`hello`:                                false,
		`<!-- <Say>hello</Say> -->`:            false,
		`<Say/>`:                               false,
		`<Say> </Say>`:                         false,
		`<Say>...!?</Say>`:                     false,
		`<Say>🔥</Say>`:                         false,
		`<Say>ー</Say>`:                         false,
		"<Say>\u3164\u200b\u2060</Say>":        false,
		`<Say>&#x3164;</Say>`:                  false,
		`<Say><break time="3s"/></Say>`:        false,
		`<Say><sub alias="!">down</sub></Say>`: false,
		`<Say><!-- down --></Say>`:             false,
		`<Pause length="10"/>`:                 false,
		`<Hangup/>`:                            false,
		`<Hangup/><Say>never</Say>`:            false,
		`<Pause/><Hangup/><Redirect>https://app.example.com/</Redirect>`: false,
		`<Play/>`:              false,
		`<Play> </Play>`:       false,
		`<Play digits="wwW"/>`: false,
		`<Gather/>`:            false,
		`<Gather numDigits="1"><Pause/></Gather>`:                false,
		`<Gather><Say>…</Say></Gather><Hangup/><Say>never</Say>`: false,
		`<Record playBeep="false"/>`:                             false,
	} {
		p := problem(t, here, "<Response>"+inside+"</Response>")
		if silent := strings.Contains(p, "nothing to hear"); silent == heard || heard && p != "" {
			t.Errorf("%s: %q, want something to hear: %t", inside, p, heard)
		}
	}
}

func TestNamesAreExact(t *testing.T) {
	for doc, want := range map[string]string{
		`<Response><say>The server is down</say></Response>`:                                         "did you mean Say?",
		`<Response><SAY>down</SAY></Response>`:                                                       "did you mean Say?",
		`<Response><Sya>down</Sya></Response>`:                                                       "did you mean Say?",
		`<Response><Speak>down</Speak><Say>x</Say></Response>`:                                       "in just these letters: Say, Play",
		`<Response><play>https://app.example.com/</play></Response>`:                                 "did you mean Play?",
		`<Response><HangUp/></Response>`:                                                             "did you mean Hangup?",
		`<Response><dial>+8190</dial></Response>`:                                                    "did you mean Dial?",
		`<Response><Gather><say>1</say></Gather></Response>`:                                         "did you mean Say?",
		`<Response><Gather><Redirect/></Gather></Response>`:                                          "in just these letters: Say, Play, Pause",
		`<Response><Say>x<Hangup/></Say></Response>`:                                                 "which is not one of",
		`<Response><Say>x<Break/></Say></Response>`:                                                  "did you mean break?",
		`<Response><Say>x</Say><Pause><Say>y</Say></Pause></Response>`:                               "TwiML has no elements",
		`<Response><Say>x</Say><Response/></Response>`:                                               "which is not one of",
		`<Response><Say Language="ja-JP">火</Say></Response>`:                                         "did you mean language?",
		`<Response><Gather Action="https://evil.example"><Say>x</Say></Gather></Response>`:           "did you mean action?",
		`<response><Say>x</Say></response>`:                                                          "one root element, Response",
		`<x:Response xmlns:x="urn:x"><Say>x</Say></x:Response>`:                                      "namespace",
		`<Response xmlns="urn:x"><Say>x</Say></Response>`:                                            "namespace",
		`<Response><x:Say>x</x:Say></Response>`:                                                      "namespace",
		`<Response><Say x:voice="man">x</Say></Response>`:                                            "namespace",
		`<!DOCTYPE Response><Response><Say>x</Say></Response>`:                                       "document type",
		`<!DOCTYPE Response SYSTEM "https://evil.example/"><Response><Say>x</Say></Response>`:        "document type",
		`<!DOCTYPE r [<!ENTITY s "x">]><Response><Say>&s;</Say></Response>`:                          "document type",
		`<?xml-stylesheet href="https://evil.example/"?><Response><Say>x</Say></Response>`:           "no other instruction",
		`<Response><Say>&#xD800;a</Say></Response>`:                                                  "can't be spoken",
		`<Response><Say>a` + "\uFFFD" + `</Say></Response>`:                                          "can't be spoken",
		`<Response><Say language="jp">火</Say></Response>`:                                            "did you mean ja-JP?",
		`<Response><Say><lang xml:lang="jp">火</lang></Say></Response>`:                               "did you mean ja-JP?",
		`<Response><Say lang="ja-JP">火</Say></Response>`:                                             "means language",
		`<Response><Say xml:lang="ja-JP">火</Say></Response>`:                                         "means language",
		`<?xml version="1.0" encoding="Shift_JIS"?><Response><Say>x</Say></Response>`:                "said to be \"Shift_JIS\", and reaches Twilio as UTF-8",
		"\ufeff<Response><Say>x</Say></Response>":                                                    "byte order mark",
		`<Response><Say language=" ja-JP">火</Say></Response>`:                                        "did you mean ja-JP?",
		`<Response><Say voice="Kazuha">火</Say></Response>`:                                           "name of a Twilio voice",
		`<Response><Say language="ja-JP" voice="Polly.Kazuha-Neural">火</Say></Response>`:             "",
		`<Response><Say><lang xml:lang="fr-FR">feu</lang></Say></Response>`:                          "",
		`<?xml version="1.0" encoding="UTF-8"?><!-- c --><Response><Say loop="2">x</Say></Response>`: "",
	} {
		if p := problem(t, here, doc); !strings.Contains(p, want) || (p == "") != (want == "") {
			t.Errorf("%s: %q, want %q", doc, p, want)
		}
	}
}

// What is not allowed stands where Twilio would come to it, and where it would not.
func TestVerbsMustBeAllowed(t *testing.T) {
	for _, verb := range further {
		for _, doc := range []string{
			"<Response><" + verb + "/><Say>x</Say></Response>", "<Response><Say>x</Say><Hangup/><" + verb + "/></Response>",
		} {
			r := here
			r.Verbs = slices.DeleteFunc([]string{"Echo", "Leave"}, func(v string) bool { return v == verb })
			line := string(permit.Verbs) + "=" + strings.Join(append(r.Verbs, verb), ",")
			if p := problem(t, r, doc); !strings.Contains(p, "set "+line) {
				t.Errorf("%s: %q, want the line %s", doc, p, line)
			}
			r.Verbs = append(r.Verbs, verb)
			if p := problem(t, r, doc); strings.Contains(p, string(permit.Verbs)) {
				t.Errorf("%s, allowed: %q", doc, p)
			}
		}
	}
}

func TestNumbersInTwiMLAreCheckedAsTo(t *testing.T) {
	dials := here
	dials.Verbs = []string{"*"}
	for inside, want := range map[string]string{
		`<Dial>+81312345678</Dial>`:                                                               "",
		`<Dial> +81312345678 </Dial>`:                                                             "",
		`<Dial><Number>+81312345678</Number></Dial>`:                                              "",
		`<Dial><Client>jenny</Client></Dial>`:                                                     "",
		`<Dial><Conference>room</Conference></Dial>`:                                              "",
		`<Dial><Sip>sip:desk@app.example.com</Sip></Dial>`:                                        "",
		`<Dial><Sip>sip:7@app.example.com:5061;transport=tls?x-a=b</Sip></Dial>`:                  "",
		`<Dial><Sip><Uri>sip:desk@app.example.com</Uri></Sip></Dial>`:                             "",
		`<Dial>+19005551234</Dial>`:                                                               "not one of Japan's",
		`<Dial>+1900<!-- -->5551234</Dial>`:                                                       "not one of Japan's",
		`<Dial>+1900<![CDATA[5551234]]></Dial>`:                                                   "not one of Japan's",
		`<Dial>&#43;19005551234</Dial>`:                                                           "not one of Japan's",
		`<Dial>sip:a@evil.example</Dial>`:                                                         "not one of Japan's",
		`<Dial><Number/></Dial>`:                                                                  "not one of Japan's",
		`<Dial>+81312345678<Number>+19005551234</Number></Dial>`:                                  "not one of Japan's",
		`<Dial><Number>+81312345678</Number><Number>+19005551234</Number></Dial>`:                 "not one of Japan's",
		`<Dial><WhatsApp>+19005551234</WhatsApp></Dial>`:                                          "not one of Japan's",
		`<Say>x</Say><Hangup/><Dial><Number>+19005551234</Number></Dial>`:                         "not one of Japan's",
		`<Sms to="+19005551234">x</Sms><Say>x</Say>`:                                              "not one of Japan's",
		`<Dial><Sip>sip:+19005551234@app.example.com</Sip></Dial>`:                                "not one of Japan's",
		`<Dial><Sip>sip:%2B19005551234@app.example.com</Sip></Dial>`:                              "not one of Japan's",
		`<Dial><Sip>sip:19005551234@app.example.com</Sip></Dial>`:                                 "not one of Japan's",
		`<Dial><Sip>sip:desk@evil.example</Sip></Dial>`:                                           string(permit.Hosts),
		`<Dial><Sip>sip:app.example.com@evil.example</Sip></Dial>`:                                string(permit.Hosts),
		`<Dial><Sip>sip:desk@app.example.com@evil.example</Sip></Dial>`:                           "SIP URI",
		`<Dial><Sip>sip:desk@app.example.com;maddr=evil.example</Sip></Dial>`:                     "SIP URI",
		`<Dial><Sip>sip:desk@app.example.com?Route=evil</Sip></Dial>`:                             "SIP URI",
		`<Dial><Sip>https://app.example.com</Sip></Dial>`:                                         "SIP URI",
		`<Dial><Sip/></Dial>`:                                                                     "SIP URI",
		`<Dial><Sip><Uri>sip:desk@evil.example</Uri></Sip></Dial>`:                                string(permit.Hosts),
		`<Refer><Sip>sip:desk@evil.example</Sip></Refer>`:                                         string(permit.Hosts),
		`<Connect><Stream url="wss://evil.example/"/></Connect>`:                                  string(permit.Hosts),
		`<Connect><Stream url="wss://app.example.com/"/></Connect>`:                               "",
		`<Connect><Stream url="ftp://app.example.com/"/></Connect>`:                               "must be an absolute",
		`<Enqueue waitUrl="https://evil.example/">q</Enqueue>`:                                    string(permit.Hosts),
		`<Dial referUrl="https://evil.example/">+81312345678</Dial>`:                              string(permit.Hosts),
		`<Dial><Number url="https://evil.example/">+81312345678</Number></Dial>`:                  string(permit.Hosts),
		`<Dial><Number amdStatusCallback="https://evil.example/">+81312345678</Number></Dial>`:    string(permit.Hosts),
		`<Dial><Conference waitUrl="">r</Conference></Dial>`:                                      "", // silence
		`<Dial><Conference waitUrl="//evil.example/">r</Conference></Dial>`:                       "must be an absolute",
		`<Dial><Conference eventCallbackUrl="https://evil.example/">r</Conference></Dial>`:        string(permit.Hosts),
		`<Start><Transcription statusCallbackUrl="https://evil.example/"/></Start><Say>x</Say>`:   string(permit.Hosts),
		`<Start><Recording recordingStatusCallback="https://evil.example/"/></Start><Say>x</Say>`: string(permit.Hosts),
	} {
		p := problem(t, dials, "<Response>"+inside+"</Response>")
		if !strings.Contains(p, want) || (p == "") != (want == "") {
			t.Errorf("%s: %q, want %q", inside, p, want)
		}
	}
}

// links are URLs, and whether Twilio may be sent there.
var links = map[string]bool{
	"https://app.example.com":                                  true,
	"http://app.example.com/a?b=c#rc=3":                        true,
	"https://APP.Example.COM/":                                 true,
	"https://app.example.com./":                                true,
	"https://app.example.com:8443/":                            true,
	"HTTPS://app.example.com/":                                 true,
	"https://bücher.example/":                                  false, // Twilio takes ASCII
	"https://BÜCHER.example/":                                  false,
	"https://xn--bcher-kva.example/":                           true,
	"http://127.0.0.1:8080/":                                   true,
	"http://127.0.0.1:/":                                       true,
	"http://127.0.0.1:0/":                                      false,
	"http://127.0.0.1:65536/":                                  false,
	"http://127.0.0.1:99999999999999999999/":                   false,
	"https://evil.example":                                     false,
	"https://evil.example/app.example.com":                     false,
	"https://app.example.com.evil.example":                     false,
	"https://evilapp.example.com":                              false,
	"https://a.app.example.com":                                false,
	"https://example.com":                                      false,
	"https://app.example.com@evil.example/":                    false,
	"https://app.example.com:80@evil.example/":                 false,
	"https://user:pw@app.example.com/":                         false,
	"https://evil.example#@app.example.com":                    false,
	"https://evil.example?@app.example.com":                    false,
	`https://evil.example\@app.example.com`:                    false,
	`https://app.example.com\.evil.example`:                    false,
	`https:\\evil.example\`:                                    false,
	"https:evil.example":                                       false,
	"https:///evil.example":                                    false,
	"//evil.example/":                                          false,
	"//app.example.com/":                                       false,
	"/twiml":                                                   false,
	"twiml":                                                    false,
	"?a=b":                                                     false,
	"":                                                         false,
	"ftp://app.example.com/":                                   false,
	"file:///etc/passwd":                                       false,
	"javascript:alert(1)":                                      false,
	"sip:a@app.example.com":                                    false,
	"https://app.example.com /":                                false,
	"https://app.example.com\t.evil.example":                   false,
	"https://app.example.com\n.evil.example":                   false,
	"https://app.example.com%2eevil.example":                   false,
	"https://app.example.com%00.evil.example":                  false,
	"https://app。example。com":                                  false, // the dots of Chinese and Japanese
	"https://ɑpp.example.com":                                  false, // another letter
	"https://0x7f.1/":                                          false,
	"https://2130706433/":                                      false,
	"http://[::ffff:127.0.0.1]/":                               false,
	"https://twimlets.com/message":                             false,
	"https://app.example.com/" + strings.Repeat("a", urlLimit): false,
}

// doors are all the places that hold a URL for Twilio; LINK is where it stands.
var doors = []string{
	`<Redirect>LINK</Redirect>`, `<Redirect method="GET"> LINK </Redirect>`,
	`<Say>x</Say><Hangup/><Redirect>LINK</Redirect>`,
	`<Play>LINK</Play>`, `<Gather><Play>LINK</Play></Gather>`,
	`<Gather action="LINK"><Say>x</Say></Gather>`, `<Gather partialResultCallback="LINK"><Say>x</Say></Gather>`,
	`<Record action="LINK"/>`, `<Record transcribeCallback="LINK"/>`, `<Record recordingStatusCallback="LINK"/>`,
	`<Say newCallback="LINK">x</Say>`, `<Pause someUrl="LINK"/><Say>x</Say>`, // whatever Twilio invents
}

func TestTwilioGoesToAllowedHostsOnly(t *testing.T) {
	for link, allowed := range links {
		message := here.CheckMessage(call.Message{URL: link}, taken81)
		if link != "" && (message == nil) != allowed {
			t.Errorf("url %q: %v", link, message)
		}
		for name := range passed {
			if !isURL.MatchString(name) {
				continue
			}
			raw, err := json.Marshal(map[string]string{name: link})
			if err != nil {
				t.Fatal(err)
			}
			err = here.CheckURLs(raw)
			if f, _ := errors.AsType[*FieldError](err); (err == nil) != allowed || f != nil && f.Field != "options."+name {
				t.Errorf("options.%s %q: %v", name, link, err)
			}
		}
		for _, door := range doors {
			escaped := attrEscapes.Replace(link)
			doc := "<Response>" + strings.ReplaceAll(door, "LINK", escaped) + "<Say>x</Say></Response>"
			trimmed := strings.TrimSpace(link)
			none := trimmed == "" && !strings.Contains(door, "<Redirect") // plays nothing, leads nowhere
			if p := problem(t, here, doc); (p == "") != (allowed || none) {
				t.Errorf("%s: %q, want allowed: %t", doc, p, allowed)
			}
		}
	}
	for _, link := range []string{
		"", "x", "/x", "?x", "//a.example/", "https:", "https://", "https:x", "https:///x", "https://:443/x",
		"ftp://a.example/", "sip:a@a.example",
		"https://a.example/b c", "https://a.example/b\\c", "https://a.example/\tb", "https://a.example/b\n",
		"https://a.example/\x00", "https://a.example/\x7f",
		"https://u@a.example/", "https://u:p@a.example/",
	} {
		if (Rules{Hosts: []string{"*"}}).checkURL(link, "https") == nil {
			t.Errorf("%q passes where all hosts may", link)
		}
	}
	if err := (Rules{Hosts: []string{"*"}}).checkURL("https://anything.example/", "https"); err != nil {
		t.Errorf("with *: %v", err)
	}
}

// Every option and attribute that Twilio's own SDKs name after a URL is one of these.
func TestOptionsWithURLs(t *testing.T) {
	var with []string
	for name := range passed {
		if isURL.MatchString(name) {
			with = append(with, name)
		}
	}
	slices.Sort(with)
	want := []string{"AsyncAmdStatusCallback", "ClientNotificationUrl", "FallbackUrl", "RecordingStatusCallback"}
	if !slices.Equal(with, want) {
		t.Errorf("options that hold a URL: %q, want %q", with, want)
	}
}

// What is said of a number in TwiML is a sentence, whatever is wrong with the number.
func TestWhatIsSaidOfANumberIsASentence(t *testing.T) {
	for inside, want := range map[string]string{
		`<Dial>+1900</Dial>`: "has in Response a Dial whose content can't be called: is not one of Japan's",
		`<Dial><Sip>sip:19005551234@app.example.com</Sip></Dial>`: "has in Dial a Sip whose content can't be called: " +
			"is not one of Japan's",
		`<Sms to="+1900">x</Sms>`: "has a Sms whose to can't be called: is not one of Japan's",
		`<dial/>`: "in just these letters: Say, Play, Pause, Gather, Redirect, Hangup, Record, Connect, " +
			"Dial, Echo",
	} {
		r := here
		r.Verbs = []string{"*"}
		if p := problem(t, r, "<Response>"+inside+"</Response>"); !strings.Contains(p, want) || strings.Contains(p, "*") {
			t.Errorf("%s: %q, want %q", inside, p, want)
		}
	}
}

// The line that an error prints is one that lets the request pass.
func TestTheLineToSetIsTheRightOne(t *testing.T) {
	for _, before := range [][]string{nil, {"app.example.com"}, {"a.example", "b.example"}} {
		_, line, ok := strings.Cut(textOf(Rules{Hosts: before}.checkURL("https://EVIL.example./x", "https")),
			string(permit.Hosts)+"=")
		after := Rules{Hosts: strings.Split(line, ",")}
		if !ok || len(after.Hosts) != len(before)+1 || after.checkURL("https://EVIL.example./x", "https") != nil ||
			after.Check() != nil {
			t.Errorf("%q: %q", before, line)
		}
		for _, h := range before {
			if after.checkURL("https://"+h, "https") != nil {
				t.Errorf("%q leaves out %s", line, h)
			}
		}
	}
	_, line, _ := strings.Cut(textOf(Rules{Languages: []string{"xx-XX"}}.checkLanguage("tlh")),
		string(permit.Languages)+"=")
	after := (Rules{Languages: strings.Split(line, ",")})
	if after.checkLanguage("tlh") != nil || after.checkLanguage("xx-XX") != nil {
		t.Errorf("languages: %q", line)
	}
}

func TestRulesAreChecked(t *testing.T) {
	for _, wrong := range []struct {
		rules Rules
		says  string
	}{
		{Rules{Verbs: []string{"dial"}}, "did you mean Dial?"},
		{Rules{Verbs: []string{"say"}}, "did you mean Say?"},
		{Rules{Verbs: []string{""}}, string(permit.Verbs)},
		{Rules{Verbs: []string{"Number"}}, string(permit.Verbs)},
		{Rules{Hosts: []string{"https://app.example.com/"}}, string(permit.Hosts)},
		{Rules{Hosts: []string{"app.example.com:443"}}, string(permit.Hosts)},
		{Rules{Hosts: []string{"*.example.com"}}, string(permit.Hosts)},
		{Rules{Hosts: []string{""}}, string(permit.Hosts)},
		{Rules{Languages: []string{"Klingon!"}}, string(permit.Languages)},
	} {
		if err := errors.Join(wrong.rules.Check()...); err == nil || !strings.Contains(err.Error(), wrong.says) {
			t.Errorf("%+v: %v, want %s", wrong.rules, err, wrong.says)
		}
	}
	all := (Rules{Verbs: []string{"dial", "say"}, Hosts: []string{""}, Languages: []string{"Klingon!"}}).Check()
	if len(all) != 4 {
		t.Errorf("of four faults %q are told", all)
	}
	right := Rules{
		Verbs: []string{"Dial", "*"}, Hosts: []string{"*", "App.example.com", "bücher.example", "::1"},
		Languages: []string{"*", "tlh"},
	}
	if wrong := right.Check(); wrong != nil {
		t.Error(wrong)
	}
}

func TestLanguages(t *testing.T) {
	for tag, meant := range map[string]string{
		"jp": "ja-JP", "ja": "ja-JP", "JA-JP": "ja-JP", "ja_JP": "ja-JP", "de_de": "de-DE",
		"jp-JP": "ja-JP", "ja-JA": "ja-JP",
		"en": "en-US", "en-UK": "en-GB", "en-us": "en-US", "us": "en-US", "kr": "ko-KR", "cz": "cs-CZ",
		"gr": "el-GR", "se": "sv-SE",
		"es-AR": "es-ES", "es-419": "es-ES", "de-CH": "de-DE", "fr": "fr-FR", "pt": "pt-BR", "zh": "zh-CN",
		"zh-Hans-CN": "zh-CN", "uk": "uk-UA", "gb": "en-GB", "in": "en-IN",
	} {
		p := textOf(Rules{}.checkLanguage(tag))
		if !strings.Contains(p, "did you mean "+meant+"?") {
			t.Errorf("%s: %q, want %s", tag, p, meant)
		}
	}
	for _, r := range []Rules{{Languages: []string{"tlh"}}, {Languages: []string{"*"}}} {
		if err := r.checkLanguage("tlh"); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for _, l := range languages {
		if err := (Rules{}).checkLanguage(l); err != nil {
			t.Errorf("%s: %v", l, err)
		}
	}
}

func TestVoices(t *testing.T) {
	for voice, ok := range map[string]bool{
		"man": true, "woman": true, "alice": true, "Polly.Mizuki": true, "Polly.Kazuha-Neural": true,
		"Polly.Joanna-Generative": true,
		"Polly.Léa":               true, "Polly.Vitória-Neural": true, "Polly.Rémi-Generative": true,
		"Polly.Mía-Generative":   true,
		"Google.ja-JP-Wavenet-B": true, "Google.ja-JP-Chirp3-HD-Aoede": true, "Google.fil-ph-Neural2-A": true,
		"Kazuha": false, "polly.Kazuha": false, "Polly.kazuha": false, "Polly.Kazuha_Neural": false, "Polly": false,
		"Man": false, "ja-JP": false,
		"Google.Wavenet-B": false, "Google.ja-JP": false, "Polly.Mizuki ": false,
	} {
		if err := (Rules{}).checkVoice(voice); (err == nil) != ok {
			t.Errorf("%s: %v", voice, err)
		}
	}
	if err := (Rules{Languages: []string{"*"}}).checkVoice("amazon.Emma:neural:en-GB"); err != nil {
		t.Errorf("another service's, allowed: %v", err)
	}
}

// Whatever document passes is known word by word, can be heard, and leads nowhere else.
func FuzzCheckTwiml(f *testing.F) {
	for _, door := range doors {
		f.Add("<Response>" + strings.ReplaceAll(door, "LINK", "https://app.example.com/") + "<Say>x</Say></Response>")
		f.Add("<Response>" + strings.ReplaceAll(door, "LINK", "https://evil.example/") + "<Say>x</Say></Response>")
	}
	f.Add(`<?xml version="1.0"?><!DOCTYPE r [<!ENTITY s "x">]><Response><Say>&s;</Say></Response>`)
	f.Add(`<Response><x:Dial>+1900</x:Dial><Say><![CDATA[hi]]><sub alias="a"/></Say></Response>`)
	f.Fuzz(func(t *testing.T, doc string) {
		if (checker{here, taken81}).checkTwiml(doc) != nil {
			return
		}
		root, err := parse(doc)
		if err != nil {
			t.Fatalf("%q passes, and can't be parsed: %v", doc, err)
		}
		if strings.Contains(doc, "<!DOCTYPE") ||
			!strings.ContainsFunc(doc, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			t.Errorf("%q passes", doc)
		}
		for _, verb := range root.children {
			if !slices.Contains(harmless, verb.name) {
				t.Errorf("%q passes with the verb %s", doc, verb.name)
			}
			leads := []string{}
			if verb.name == "Redirect" || verb.name == "Play" {
				leads = append(leads, verb.text)
			}
			for _, a := range verb.attrs {
				if isURL.MatchString(a.Name.Local) {
					leads = append(leads, a.Value)
				}
			}
			for _, link := range leads {
				u, err := url.Parse(strings.TrimSpace(link))
				if err != nil || strings.TrimSpace(link) != "" && here.checkHost(u.Hostname()) != nil {
					t.Errorf("%q passes, and leads to %q", doc, link)
				}
			}
		}
	})
}
