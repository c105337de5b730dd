package sim

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A person who answers hears what Twilio would say. Twilio skips verbs that it does not know, and signs that no
// voice can say.
func TestWhatAPhoneHears(t *testing.T) {
	for twiml, want := range map[string][]string{
		`<Say>one</Say><Say>two</Say>`: {"one", "two"},
		`<Say>the <emphasis level="strong">whole</emphasis> server <prosody rate="slow">is <s>down</s></prosody> now</Say>`: {
			"the whole server is down now",
		},
		`<Say><sub alias="World Wide Web">WWW</sub> is down<break time="1s"/></Say>`: {"World Wide Web is down"},
		`<Say><say-as interpret-as="digits">12</say-as></Say>`:                       {"12"},
		`<Say>a<!-- b --><![CDATA[ < c]]></Say>`:                                     {"a < c"},
		`<Say language="ja-JP">火事です</Say>`:                                           {"火事です"},
		`<Gather><Say>press <emphasis>1</emphasis></Say><say>or 2</say></Gather>`:    {"press 1"},
		`<say>one</say>`: nil, `<SAY>one</SAY>`: nil, `<Speak>one</Speak>`: nil, `<x:Say xmlns:x="urn:x">one</x:Say>`: nil,
		`one`: nil, `<Say/>`: nil, `<Say> </Say>`: nil, `<Say>…</Say>`: nil, `<Say>🔥</Say>`: nil,
		`<Say language="jp">火事です</Say>`:                nil,
		`<Say language="ja">火事です</Say>`:                nil,
		`<Say>one<Foo> and two</Foo></Say>`:            {"one"},
		`<Pause><Say>one</Say></Pause>`:                nil,
		`<Hangup/><Say>one</Say>`:                      nil,
		`<Say>one</Say><Foo/><Say>two</Say>`:           {"one", "two"},
		`<Foo><Say>one</Say></Foo>`:                    nil,
		`<Say>one</Say><Redirect>/relative</Redirect>`: {"one", broken},
	} {
		atDesk(t, Config{}, func(d *desk) {
			d.script("answer")
			d.place(alice, "Twiml", "<Response>"+twiml+"</Response>", "StatusCallback", "")
			pass(2 * time.Minute)
			if heard := d.sim.Legs()[0].Heard; !slices.Equal(heard, want) {
				t.Errorf("%s: heard %q, want %q", twiml, heard, want)
			}
		})
	}
}

func TestPlainTextIsReadAsItIs(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		d.answer = func(int, *http.Request) (*http.Response, error) { return reply(200, "text/plain", "a < b & c"), nil }
		d.place(alice, "Twiml", "", "Url", "https://app.test/text", "StatusCallback", "")
		pass(time.Minute)
		if heard := d.sim.Legs()[0].Heard; !slices.Equal(heard, []string{"a < b & c"}) {
			t.Errorf("heard %q", heard)
		}
	})
}

// No document stops the simulator, and everything that is heard stands in the document.
func FuzzSaid(f *testing.F) {
	f.Add(`<Say>the <emphasis>server</emphasis> is <x:y>down</x:y></Say>`)
	f.Add(`<Say><sub alias="a">b</sub></Say><Say/>`)
	f.Fuzz(func(t *testing.T, inside string) {
		doc := parseTwiml("<Response>"+inside+"</Response>", "")
		if doc == nil {
			return
		}
		var all strings.Builder // every text and every attribute
		for d := xml.NewDecoder(strings.NewReader(inside)); ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case xml.CharData:
				all.Write(token)
			case xml.StartElement:
				for _, a := range token.Attr {
					all.WriteString(a.Value)
				}
			}
		}
		for _, v := range doc.verbs {
			if v.name == "Say" && len(v.said()) > all.Len() {
				t.Errorf("%q: said %q", inside, v.said())
			}
		}
	})
}

// News tells what the phones do, in order.
func TestNews(t *testing.T) {
	var mu sync.Mutex
	var told []string
	news := func(n News) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, n.To+" "+n.Does)
	}
	for script, want := range map[string][]string{
		"answer+keys=7": {"rings", "is answered", "hears “Press a key.”", "presses 7", "hears “an application error”",
			"the call is over"},
		"no-answer":    {"rings", "stops ringing: nobody answered"},
		"decline":      {"rings", "is declined"},
		"busy":         {"is busy"},
		"wrong":        {"can't be reached"},
		"voicemail":    {"rings", "is answered by a machine", "hears “Press a key.”", "the call is over"},
		"refuse:21211": {"is not called: refused with error 21211"},
	} {
		told = nil
		atDesk(t, Config{News: news, Scripts: map[string]string{alice: script}}, func(d *desk) {
			d.rest("POST", "/Calls.json", wish(alice, "StatusCallback", "",
				"Twiml", `<Response><Gather action="https://app.test/pressed" numDigits="1">`+
					`<Say>Press a key.</Say></Gather></Response>`))
			pass(5 * time.Minute)
		})
		for i := range want {
			want[i] = alice + " " + want[i]
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s is told as %q, not %q", script, told, want)
		}
	}
}
