package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// A picture shows the words in their styles, each run at its place in the terminal.
func TestAPictureOfATerminal(t *testing.T) {
	var b strings.Builder
	err := draw(&b, strings.NewReader("$ redial demo\n\n\x1b[1mTHE PHONE   NOW\x1b[0m\n"+
		"busy & <gone>  \x1b[1;32;49mREACHED\x1b[39m \x1b[22mafter\n\n\n"), "A demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<title>A demo</title>",
		`<text x="16.0" y="48" textLength="109.2">$ redial demo</text>`,
		`<text x="16.0" y="86" textLength="75.6" class="s1">THE PHONE</text>`,
		`<text x="116.8" y="86" textLength="25.2" class="s1">NOW</text>`,
		`<text x="16.0" y="105" textLength="109.2">busy &amp; &lt;gone&gt;</text>`,
		`<text x="142.0" y="105" textLength="58.8" class="s1 s32">REACHED</text>`,
		`<text x="209.2" y="105" textLength="42.0">after</text>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in\n%s", want, &b)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if draw(io.Discard, strings.NewReader("\n \n"), "Nothing") == nil {
		t.Error("an empty terminal has a picture")
	}
}
