package shown

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"

	"redial/api"
)

// A text that a spreadsheet would calculate is shown as it was written, behind an apostrophe.
func TestNoTextIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Aiko": "Aiko", "a=1": "a=1", " ": " ", "1-2": "1-2", "'=1": "'=1", "{\"a\":1}": "{\"a\":1}",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "=": "'=",
		"\tx": "'\tx", "\rx": "'\rx", "\t": "'\t", "\nx": "\nx",
		" =1": "' =1", "\n=1": "'\n=1", "\u00a0=1": "'\u00a0=1", "\u3000=1": "'\u3000=1", "\ufeff=1": "'\ufeff=1",
		"\u200b=1": "'\u200b=1", "\x00=1": "'\x00=1", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠a": "'＠a",
	} {
		if got := plain(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}

var formula = regexp.MustCompile(`^[\s\p{Z}\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r]`)

// Whatever people and Twilio write, no field of a row that has it begins like a formula, and every row can be read.
func FuzzTableRow(f *testing.F) {
	for _, text := range []string{"", "Aiko", "=1", "\t=1", "\r", "a\"b,c\nd", " \u00a0@x", "＝", "\xff=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := api.Call{
			To: "+819012345678", People: []api.Person{{Number: "+819012345678", Name: text}},
			Reached: &api.Reached{Name: text, Answer: text}, Refusal: &api.Refusal{Message: text},
			Metadata: map[string]string{text: text},
		}
		var out strings.Builder
		w := csv.NewWriter(&out)
		if err := w.WriteAll([][]string{TableHead(), TableRow(&c)}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows: %v", len(rows), err)
		}
		for i, field := range rows[1] {
			if name := rows[0][i]; name != "to" && formula.MatchString(field) {
				t.Errorf("%s is %q", name, field)
			}
		}
	})
}
