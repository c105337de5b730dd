package source

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A tree of values is bounded, because a value takes far more memory than the bytes that it is read from.
const (
	maxValues = 50_000
	maxDepth  = 32
)

// tree reads JSON as maps, lists and scalars. It takes what other programs take, too: a name twice in one object (the
// last counts), text that is no UTF-8 (it is replaced).
type tree struct {
	*jsontext.Decoder
	values int // that were read
	left   int // that were left out
	more   int // alerts that were left out: entries of a list "alerts" of the whole
	firing int // of them, those that fire
}

func newTree(body []byte) *tree {
	t := &tree{Decoder: new(jsontext.Decoder)}
	t.begin(body)
	return t
}

// begin begins to read a body. A tree that reads one body after the other takes no more memory than for one.
func (t *tree) begin(body []byte) {
	t.Reset(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// whole reads the one value of a body.
func (t *tree) whole() (any, error) {
	value, err := t.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := t.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it goes on after its value")
	}
	return value, nil
}

// unquoted is the value that a text holds as JSON, or the value itself.
func unquoted(value any) any {
	quoted, ok := value.(string)
	if !ok {
		return value
	}
	inner, err := newTree([]byte(quoted)).whole()
	if err != nil {
		return value
	}
	return inner
}

func (t *tree) value(depth int) (any, error) {
	t.values++
	token, err := t.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case 't', 'f':
		return token.Bool(), nil
	case '"':
		return token.String(), nil
	case '0':
		return number(token.String()), nil
	case '{':
		return t.object(depth)
	case '[':
		return t.list(depth)
	}
	return nil, nil
}

// full tells whether a value at a depth has no place.
func (t *tree) full(depth int) bool { return t.values >= maxValues || depth > maxDepth }

func (t *tree) object(depth int) (any, error) {
	object := map[string]any{}
	for t.PeekKind() != '}' {
		token, err := t.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		switch {
		case t.full(depth + 1):
			t.left++
			err = t.SkipValue()
		case depth == 0 && name == "alerts" && t.PeekKind() == '[':
			object[name], err = t.alerts()
		default:
			object[name], err = t.value(depth + 1)
		}
		if err != nil {
			return nil, err
		}
	}
	_, err := t.ReadToken()
	return object, err
}

func (t *tree) list(depth int) (any, error) {
	list := []any{}
	for t.PeekKind() != ']' {
		if t.full(depth + 1) {
			t.left++
			if err := t.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		value, err := t.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := t.ReadToken()
	return list, err
}

// alerts reads at most MaxMembers entries of a list, those that fire before others, in the list's order. The others
// are counted, because a storm has thousands.
func (t *tree) alerts() (any, error) {
	var firing, others []any
	var order []bool // of what was read: does it fire
	peek := newTree(nil)
	if _, err := t.ReadToken(); err != nil {
		return nil, err
	}
	for t.PeekKind() != ']' {
		raw, err := t.ReadValue()
		if err != nil {
			return nil, err
		}
		fires := !peek.resolved(raw)
		into := &others
		if fires {
			into = &firing
		}
		if len(*into) == MaxMembers {
			t.leaveOut(fires)
			continue
		}
		value, err := t.part(raw)
		if err != nil {
			return nil, err
		}
		*into, order = append(*into, value), append(order, fires)
	}
	_, err := t.ReadToken()
	room := MaxMembers - len(firing)
	for range max(0, len(others)-room) {
		t.leaveOut(false)
	}
	return merged(firing, others[:min(room, len(others))], order), err
}

func (t *tree) leaveOut(fires bool) {
	t.more++
	if fires {
		t.firing++
	}
}

// part reads an entry of a list of the whole. Its values count as those of the whole.
func (t *tree) part(raw jsontext.Value) (any, error) {
	part := newTree(raw)
	part.values = t.values
	value, err := part.value(2)
	t.values, t.left = part.values, t.left+part.left
	return value, err
}

// merged puts two lists into the order in which they were read.
func merged(firing, others []any, order []bool) []any {
	all := make([]any, 0, len(firing)+len(others))
	for _, fires := range order {
		from := &others
		if fires {
			from = &firing
		}
		if len(*from) > 0 {
			all, *from = append(all, (*from)[0]), (*from)[1:]
		}
	}
	return all
}

// resolved tells whether an alert says that it is over, without reading the rest of it.
func (t *tree) resolved(alert jsontext.Value) bool {
	t.begin(alert)
	if token, err := t.ReadToken(); err != nil || token.Kind() != '{' {
		return false
	}
	for t.PeekKind() == '"' {
		token, err := t.ReadToken()
		if err != nil {
			return false
		}
		if token.String() == "status" && t.PeekKind() == '"' {
			token, _ = t.ReadToken()
			return stateOf(token.String()) == Resolved
		}
		if t.SkipValue() != nil {
			return false
		}
	}
	return false
}

// number is a whole number, another number, or the text of one that has no place in these.
func number(literal string) any {
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(literal, 64); err == nil && !math.IsInf(f, 0) {
		return f
	}
	return literal
}
