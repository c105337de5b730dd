package trigger

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"

	"redial/internal/call"
	"redial/internal/spoken"
)

// A template can't be stopped from outside, so what it may do is bounded from inside.
const (
	maxSteps     = 100_000
	bytesPerStep = 64
	maxOutput    = 16 << 10 // bytes that a template writes, and that a function reads or writes
)

// The functions that every template's tree is given, and that nobody can call by name.
const (
	stepFunc  = "_step"  // at the head of each body: what a pass through it costs
	listFunc  = "_list"  // at the end of what a range goes through
	spellFunc = "_spell" // at the end of what is written
)

// functions are those that a template can call, beside those of text/template that can neither run for long nor make
// long texts: and, or, not, index, len. Numbers compare as numbers, whole ones or not.
//
//	default "x" .a         .a, or x where there is none
//	join ", " .list        the parts of a list in one text
//	keys .labels           the names in a map, sorted
//	first .list, last .list
//	lower .a, upper .a, trim .a
//	replace "old" "new" .a
//	contains "x" .a, hasPrefix "x" .a, hasSuffix "x" .a
//	spoken "ja-JP" .a     a name, or sentences, as a voice of a language says them; empty if nothing can be said
//	clock "15:04" "Asia/Tokyo" .at      a time, as Go writes it (Jan 2 15:04 2006), by the clock of a zone
//	printf, print          without * and [n] in the format
//	eq, ne, lt, le, gt, ge
//	plus .a 1, minus .a 1
func (s *steps) functions() template.FuncMap {
	m := template.FuncMap{
		stepFunc: s.step, listFunc: s.list, spellFunc: s.spell,
		"default": orDefault, "join": s.join, "keys": s.keys, "first": first, "last": last,
		"lower": s.onText(strings.ToLower), "upper": s.onText(strings.ToUpper), "trim": s.onText(strings.TrimSpace),
		"replace": s.replace, "contains": s.holds(strings.Contains), "hasPrefix": s.holds(strings.HasPrefix),
		"hasSuffix": s.holds(strings.HasSuffix), "spoken": s.spoken, "clock": s.clock, "printf": s.printf, "print": s.print,
		"plus": sum(1), "minus": sum(-1),
	}
	for name, is := range map[string]func(order int) bool{
		"lt": func(o int) bool { return o < 0 }, "le": func(o int) bool { return o <= 0 },
		"gt": func(o int) bool { return o > 0 }, "ge": func(o int) bool { return o >= 0 },
	} {
		m[name] = func(a, b any) (bool, error) {
			order, err := s.compare(a, b)
			return is(order), err
		}
	}
	m["eq"] = s.equal
	m["ne"] = func(a, b any) (bool, error) {
		same, err := s.equal(a, b)
		return !same, err
	}
	return m
}

// Functions are the names of all functions that a template can call.
func Functions() []string {
	names := []string{"and", "or", "not", "index", "len"}
	for name := range maps.Keys(new(steps).functions()) {
		if name[0] != '_' {
			names = append(names, name)
		}
	}
	return slices.Sorted(slices.Values(names))
}

// steps counts what the templates of one purpose do about one event. A pass through a body costs a step for each node
// in it, a range one for each thing that it goes through, and a function one for each 64 bytes that it reads or writes.
type steps struct{ taken int }

func (s *steps) take(n int) error {
	if s.taken += n; s.taken > maxSteps {
		return fmt.Errorf("it takes more than %d steps", maxSteps)
	}
	return nil
}

func (s *steps) step(n int) (string, error) { return "", s.take(n) }

// read takes the steps for texts, and returns an error for a long one.
func (s *steps) read(texts ...string) error {
	n := 1
	for _, text := range texts {
		if n += len(text) / bytesPerStep; len(text) > maxOutput {
			return fmt.Errorf("a text of %d bytes is too long for a function, which takes %d", len(text), maxOutput)
		}
	}
	return s.take(n)
}

// wrote is read for what a function returns.
func (s *steps) wrote(text string) (string, error) { return text, s.read(text) }

// list lets a range go through lists and maps alone, and never through a number.
func (s *steps) list(of any) (any, error) {
	switch of := of.(type) {
	case []any:
		return of, s.take(len(of))
	case []string:
		return of, s.take(len(of))
	case map[string]any:
		return of, s.take(len(of))
	case nil:
		return nil, nil
	}
	return nil, errors.New("range goes through a list or a map, and this is " + kindOf(of))
}

// spell is a value as it is written into the text. What is missing is empty.
func (s *steps) spell(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, s.take(len(v) / bytesPerStep)
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case []any, []string:
		return s.join(", ", v)
	}
	return "", errors.New("only texts and numbers can be written; of a map, name one of its fields")
}

// kindOf is what a value is, for people.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "nothing"
	case string:
		return "a text"
	case bool:
		return "true or false"
	case []any, []string:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return "a number"
}

func orDefault(otherwise, value any) any {
	if truth, _ := template.IsTrue(value); truth {
		return value
	}
	return otherwise
}

func (s *steps) join(between string, list any) (string, error) {
	var parts []string
	switch list := list.(type) {
	case nil:
	case []string:
		parts = list
	case []any:
		if err := s.take(len(list)); err != nil {
			return "", err
		}
		for _, one := range list {
			if _, nested := one.([]any); nested {
				return "", errors.New("a list of lists has no text")
			}
			part, err := s.spell(one)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
	default:
		return "", errors.New("join wants a list, and this is " + kindOf(list))
	}
	long := len(between) * len(parts)
	for _, part := range parts {
		long += len(part)
	}
	if long > maxOutput {
		return "", fmt.Errorf("a joined text has %d bytes, and may have %d", long, maxOutput)
	}
	return s.wrote(strings.Join(parts, between))
}

func (s *steps) keys(of any) ([]string, error) {
	m, ok := of.(map[string]any)
	if !ok && of != nil {
		return nil, errors.New("keys wants a map, and this is " + kindOf(of))
	}
	if err := s.take(len(m)); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(m)), nil
}

func first(list any) any { return end(list, func(int) int { return 0 }) }
func last(list any) any  { return end(list, func(long int) int { return long - 1 }) }

func end(list any, at func(long int) int) any {
	switch list := list.(type) {
	case []any:
		if len(list) > 0 {
			return list[at(len(list))]
		}
	case []string:
		if len(list) > 0 {
			return list[at(len(list))]
		}
	}
	return nil
}

func (s *steps) onText(change func(string) string) func(any) (string, error) {
	return func(value any) (string, error) {
		text, err := s.spell(value)
		if err == nil {
			err = s.read(text)
		}
		if err != nil {
			return "", err
		}
		return s.wrote(change(text))
	}
}

func (s *steps) replace(old, by string, value any) (string, error) {
	text, err := s.spell(value)
	if err == nil {
		err = s.read(old, by, text)
	}
	if err != nil {
		return "", err
	}
	if long := len(text) + strings.Count(text, old)*(len(by)-len(old)); long > maxOutput {
		return "", fmt.Errorf("a replaced text has %d bytes, and may have %d", long, maxOutput)
	}
	return s.wrote(strings.ReplaceAll(text, old, by))
}

func (s *steps) holds(in func(text, part string) bool) func(part string, value any) (bool, error) {
	return func(part string, value any) (bool, error) {
		text, err := s.spell(value)
		if err == nil {
			err = s.read(part, text)
		}
		return err == nil && in(text, part), err
	}
}

// spoken costs a step for each byte that it reads, since it looks at every word.
func (s *steps) spoken(language string, value any) (string, error) {
	text, err := s.spell(value)
	if err == nil {
		err = errors.Join(s.read(text), s.take(len(text)))
	}
	if err != nil {
		return "", err
	}
	asWords := spoken.Text
	if text = strings.TrimSpace(text); !strings.ContainsFunc(text, unicode.IsSpace) && !spoken.HasJapanese(text) {
		asWords = spoken.Name
	}
	said, _ := asWords(text, language)
	return s.wrote(spoken.Fit(said, spoken.Limit))
}

func (s *steps) clock(layout, zone string, value any) (string, error) {
	text, ok := value.(string)
	if !ok || text == "" {
		return "", nil // it is not known when
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", errors.New("clock wants a time such as 2026-11-30T09:00:00Z")
	}
	loc, err := call.Zone(zone)
	if err != nil {
		return "", fmt.Errorf("%.60q is no zone: they look like Asia/Tokyo", zone)
	}
	if err := s.read(layout); err != nil {
		return "", err
	}
	return s.wrote(t.In(loc).Format(layout))
}

// plainVerb is a verb of a format whose width and precision are small, and stand in it.
var plainVerb = regexp.MustCompile(`^%[-+# 0]*[0-9]{0,2}(\.[0-9]{0,2})?[a-zA-Z%]`)

func (s *steps) printf(format string, args ...any) (string, error) {
	for rest := format; ; {
		i := strings.IndexByte(rest, '%')
		if i < 0 {
			break
		}
		verb := plainVerb.FindString(rest[i:])
		if verb == "" {
			return "", fmt.Errorf("the format of printf has %.20q: a width has two digits at most, and no * or [n]", rest[i:])
		}
		rest = rest[i+len(verb):]
	}
	texts := []string{format}
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			texts = append(texts, arg)
		case nil, bool, int, int64, float64:
		default:
			return "", errors.New("printf takes texts and numbers, and this is " + kindOf(arg))
		}
	}
	if err := s.read(texts...); err != nil {
		return "", err
	}
	return s.wrote(fmt.Sprintf(format, args...))
}

func (s *steps) print(values ...any) (string, error) {
	list := make([]any, len(values))
	copy(list, values)
	return s.join("", list)
}

// asNumber is a value as a number, if it is one.
func asNumber(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func sum(sign float64) func(a, b any) (float64, error) {
	return func(a, b any) (float64, error) {
		x, ok1 := asNumber(a)
		y, ok2 := asNumber(b)
		if !ok1 || !ok2 {
			return 0, fmt.Errorf("only numbers can be added, and these are %s and %s", kindOf(a), kindOf(b))
		}
		return x + sign*y, nil
	}
}

func (s *steps) compare(a, b any) (int, error) {
	x, ok1 := asNumber(a)
	y, ok2 := asNumber(b)
	if ok1 && ok2 {
		return cmp.Compare(x, y), nil
	}
	text1, ok1 := a.(string)
	text2, ok2 := b.(string)
	if ok1 && ok2 {
		return strings.Compare(text1, text2), s.read(text1, text2)
	}
	return 0, fmt.Errorf("%s and %s can't be compared", kindOf(a), kindOf(b))
}

// equal says whether a value is one of others. What is of another kind is another value.
func (s *steps) equal(value any, others ...any) (bool, error) {
	for _, other := range others {
		same, err := s.same(value, other)
		if same || err != nil {
			return same, err
		}
	}
	return false, nil
}

func (s *steps) same(a, b any) (bool, error) {
	switch a := a.(type) {
	case nil:
		return b == nil || b == "", nil // a label that there is not
	case bool:
		return a == b, nil
	case string:
		if b == nil {
			return a == "", nil
		}
		text, ok := b.(string)
		if !ok {
			return false, nil
		}
		return a == text, s.read(a, text)
	}
	if x, ok := asNumber(a); ok {
		y, ok := asNumber(b)
		return ok && x == y, nil
	}
	return false, errors.New("lists and maps can't be compared")
}
