package source

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// FuzzRead holds for every source that whatever is sent becomes an event within bounds, and the same one each time.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for i := range Kinds() {
		for _, name := range names {
			body, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, body, jsonType, "key=k&state=up", "/a%2Fb/close")
			f.Add(i, body[:len(body)/2], formType, "", "/%zz/")
		}
		f.Add(i, []byte("[a] [x Down] b=c&d"), formType, "summary=[a]&heartbeat={&prio=5", "")
		f.Add(i, []byte(oneField+"--x--"), multipartType, "", "")
		f.Add(i, []byte(`{"title":"\u0000\u202e\ud800","labels":{"":1,"a":[]},"at":1e300,"alerts":[1,{}]}`),
			"", "", "//")
	}
	f.Fuzz(func(t *testing.T, i int, body []byte, kind, query, path string) {
		source := Kinds()[uint(i)%uint(len(Kinds()))]
		values, _ := url.ParseQuery(query)
		header := func(name string) string { return values.Get(name) }
		r := &Request{Body: body, ContentType: kind, Query: values, Path: path, Header: header}
		e, err := Read(source, r)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		soundEvent(t, e)
		if again, _ := Read(source, r); !cmp.Equal(e, again) {
			t.Errorf("the same request was read in two ways:\n%s", cmp.Diff(e, again))
		}
	})
}

// soundEvent holds what is promised of every event.
func soundEvent(t *testing.T, e *Event) {
	t.Helper()
	if len(e.Members) > MaxMembers || e.More < 0 || e.Fires > len(e.Members)+e.More {
		t.Errorf("%d members, %d more, %d fire", len(e.Members), e.More, e.Fires)
	}
	if firing(e.Members) > e.Fires || e.Fires > 0 && e.State != Firing {
		t.Errorf("%s, and %d fire", e.State, e.Fires)
	}
	for _, m := range append([]Member{e.Member}, e.Members...) {
		soundMember(t, &m)
	}
	if !plain(e.Data()) {
		t.Error("templates would see more than maps, lists and scalars")
	}
}

func soundMember(t *testing.T, m *Member) {
	t.Helper()
	switch m.State {
	case Firing, Acknowledged, Resolved, Updated:
	default:
		t.Errorf("the state %q does not exist", m.State)
	}
	if m.State == Firing && !m.Ended.IsZero() {
		t.Error("it fires, and has ended")
	}
	if m.Labels == nil || len(m.Labels) > maxLabels {
		t.Errorf("%d labels", len(m.Labels))
	}
	soundText(t, "key", m.Key, maxKey)
	soundText(t, "title", m.Title, maxTitle)
	soundText(t, "text", strings.ReplaceAll(m.Text, "\n", " "), maxText)
	soundText(t, "severity", m.Severity, maxName)
	soundText(t, "link", m.Link, maxLink)
	for name, value := range m.Labels {
		soundText(t, "a label's name", name, maxName)
		soundText(t, "label "+name, value, maxValue)
	}
}

func soundText(t *testing.T, what, text string, most int) {
	t.Helper()
	if len(text) > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("%s is not clean, or has more than %d bytes: %.300q", what, most, text)
	}
}

// FuzzJSON holds the bounded reader against the standard library's: what the one takes, the other takes.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,"x",true,null]}`, `[[[[]]]]`, `{"a":1,"a":2}`, "\"\xff\"", `"\ud800"`, `1e999`,
		`{"alerts":[{"status":"ok"},{}]}`, `{"a":1}x`, strings.Repeat("[", 40) + strings.Repeat("]", 40),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		read := newTree(body)
		value, err := read.whole()
		if valid := json.Valid(body); valid != (err == nil) && !tooDeep(body) {
			t.Errorf("valid: %v, read: %v", valid, err)
		}
		if err == nil && (!plain(value) || read.values > maxValues) {
			t.Errorf("%d values, or some that are not plain", read.values)
		}
	})
}

// tooDeep tells whether a body has more brackets than any reader takes in depth.
func tooDeep(body []byte) bool {
	return strings.Count(string(body), "[")+strings.Count(string(body), "{") >= 10_000
}

// Whatever a form's fields say, it is read again.
func TestFormsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, value := rapid.StringN(1, 20, 60).Draw(t, "name"), rapid.String().Draw(t, "value")
		body := url.Values{name: {value, value}, "x" + name: {""}}.Encode()
		c := open(&Request{Body: []byte(body), ContentType: formType})
		want := map[string]any{name: []any{value, value}, "x" + name: ""}
		if diff := cmp.Diff(want, c.raw); diff != "" && utf8.ValidString(name+value) {
			t.Fatalf("-want +got:\n%s", diff)
		}
	})
}

// Two keys stay two, however long they are.
func TestLongKeysStayApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := strings.Repeat("k", rapid.IntRange(0, 400).Draw(t, "a"))
		b := strings.Repeat("k", rapid.IntRange(0, 400).Draw(t, "b"))
		if (keyOf(a) == keyOf(b)) != (a == b) {
			t.Fatalf("keys of %d and %d bytes: %q and %q", len(a), len(b), keyOf(a), keyOf(b))
		}
	})
}
