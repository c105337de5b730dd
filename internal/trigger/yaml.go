package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"redial/internal/phone"
)

// The bounds of a file are far more than the people and triggers of an installation need. The parser takes quadratic
// time for what is larger or deeper.
const (
	maxFile    = 256 << 10 // bytes
	maxTokens  = 30_000    // names, values, and the signs between them
	maxNesting = 10        // brackets in brackets, or dashes in a line
)

// kind is what a value of the file is.
type kind string

const (
	aText   kind = "a text"
	aNumber kind = "a number"
	aBool   kind = "true or false"
	nothing kind = "empty"
	aList   kind = "a list"
	anObj   kind = "an object"
)

// node is a value of the file, and where it stands.
type node struct {
	place
	kind    kind
	text    string  // of a scalar: what it says, and for all but a text as it is written
	scalar  any     // of a number, or of true and false
	items   []*node // of a list
	entries []entry // of an object, in the file's order, each name once
}

// entry is a name in an object, where it stands, and its value.
type entry struct {
	place
	name  string
	value *node
}

// parseYAML reads one document as nodes. The part of YAML that is read is what people write by hand: what could be a
// surprise, or a bomb (anchors, aliases, tags), is a mistake.
func parseYAML(data []byte) (*node, Mistakes) {
	text := lineEnds.Replace(strings.TrimPrefix(string(data), "\ufeff"))
	var wrong Mistakes
	if len(text) > maxFile {
		wrong.add(place{1, 1}, "the file has %d bytes, and may have %d", len(data), maxFile)
		return nil, wrong
	}
	if at, ok := notUTF8(text); ok {
		wrong.add(at, "this is not UTF-8: save the file as UTF-8")
		return nil, wrong
	}
	masked, ok := scan(text, &wrong)
	if !ok {
		return nil, wrong
	}
	file, err := parser.ParseBytes([]byte(masked), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		wrong.syntax(err)
		return nil, wrong
	}
	var root *node
	for _, d := range file.Docs {
		switch {
		case d.Body == nil:
		case root != nil:
			wrong.add(placeOf(d.Body), "a second document begins here: the file is one")
		default:
			root = wrong.node(d.Body)
		}
	}
	return root, wrong
}

// lineEnds are what editors of other systems write.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// notUTF8 finds the first character that is not UTF-8.
func notUTF8(text string) (place, bool) {
	at := place{1, 1}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return at, true
		}
		at.column++
		if r == '\n' {
			at = place{at.line + 1, 1}
		}
	}
	return place{}, false
}

// syntax adds what the parser does not understand. It stops at the first.
func (m *Mistakes) syntax(err error) {
	e, ok := errors.AsType[*yaml.SyntaxError](err)
	if !ok || e.Token == nil || e.Token.Position == nil {
		m.add(place{1, 1}, "this is not YAML: %v", err)
		return
	}
	m.add(place{e.Token.Position.Line, e.Token.Position.Column}, "this is not YAML: %s", e.Message)
}

// unwanted are the parts of YAML that are not read, and what to write instead.
var unwanted = map[token.Type]string{
	token.AnchorType: "anchors (&) are not read here: write the value out; " +
		"a policy for several triggers goes into presets",
	token.AliasType: `aliases (*) are not read here: write the value out, in quotes if it begins with *; ` +
		"a policy for several triggers goes into presets",
	token.MergeKeyType:   "merge keys (<<) are not read here: write the fields out, or a policy into presets",
	token.TagType:        "tags (!) are not read here: leave it out, and write a text in quotes",
	token.DirectiveType:  "directives (%) are not read here: leave the line out",
	token.MappingKeyType: "a name is written without ? before it",
}

const needsQuotes = "a template is written in quotes, as in \"{{ .title }}\": without them, YAML reads its braces"

// scan looks for what can be told from the tokens alone: what is not read here, and templates that are not in quotes.
// It returns the text without the braces of those, so that all else can be read as it is meant. It returns false for a
// text that the parser would take too long for: one that is too deep, or has long rows of anchors and tags.
func scan(text string, wrong *Mistakes) (masked string, ok bool) {
	var size extent
	var braces []place
	for tk := range each(lexer.Tokenize(text)) {
		at := place{tk.Position.Line, tk.Position.Column}
		if why := size.over(tk); why != "" {
			wrong.add(at, "%s", why)
			return "", false
		}
		pair := double(tk)
		if pair {
			braces = append(braces, at)
		}
		switch why := unwanted[tk.Type]; {
		case why != "":
			wrong.add(at, "%s", why)
		case pair && tk.Type == token.MappingStartType,
			tk.Type == token.StringType && strings.Contains(tk.Value, "{{") && !inBlock(tk):
			wrong.add(at, needsQuotes)
		}
	}
	return mask(text, braces), len(*wrong) <= maxMistakes
}

// extent is how large and deep a text is, as far as it was scanned.
type extent struct{ tokens, brackets, dashes, line int }

// over says why the text is too large or too deep, if a token makes it so.
func (x *extent) over(tk *token.Token) string {
	x.tokens++
	switch tk.Type {
	case token.MappingStartType, token.SequenceStartType:
		x.brackets++
	case token.MappingEndType, token.SequenceEndType:
		x.brackets--
	case token.SequenceEntryType:
		if tk.Position.Line != x.line {
			x.dashes, x.line = 0, tk.Position.Line
		}
		x.dashes++
	}
	switch {
	case x.tokens > maxTokens:
		return "the file has too many names and values: leave out what is not used from here on"
	case x.brackets > maxNesting || x.dashes > maxNesting:
		return fmt.Sprintf("this is more than %d levels deep", maxNesting)
	}
	return ""
}

// each yields the tokens that have a position, without comments.
func each(tokens token.Tokens) func(func(*token.Token) bool) {
	return func(yield func(*token.Token) bool) {
		for _, tk := range tokens {
			if tk != nil && tk.Position != nil && tk.Type != token.CommentType && !yield(tk) {
				return
			}
		}
	}
}

// inBlock says whether a text stands behind | or >, where nothing needs quotes.
func inBlock(tk *token.Token) bool {
	before := tk.Prev
	for before != nil && before.Type == token.CommentType {
		before = before.Prev
	}
	return before != nil && (before.Type == token.LiteralType || before.Type == token.FoldedType)
}

// double says whether a brace is the first of two, as of a template.
func double(tk *token.Token) bool {
	isBrace := tk.Type == token.MappingStartType || tk.Type == token.MappingEndType
	next := tk.Next
	return isBrace && next != nil && next.Type == tk.Type && next.Position != nil &&
		next.Position.Line == tk.Position.Line && next.Position.Column == tk.Position.Column+1
}

// mask replaces pairs of braces by characters that YAML reads as text, where there are pairs that open: what follows
// stays where it is. Without any, a pair that closes ends two objects.
func mask(text string, pairs []place) string {
	lines := strings.Split(text, "\n")
	opened := 0
	for _, at := range pairs {
		line := []rune(lines[min(at.line, len(lines))-1])
		if at.column < 1 || at.column >= len(line) {
			continue
		}
		switch opens := line[at.column-1] == '{'; {
		case opens:
			opened++
		case opened == 0:
			continue
		default:
			opened--
		}
		line[at.column-1], line[at.column] = '_', '_'
		lines[min(at.line, len(lines))-1] = string(line)
	}
	return strings.Join(lines, "\n")
}

// placeOf is where a value begins. The token of an object in lines is the colon behind its first name.
func placeOf(n ast.Node) place {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return place{1, 1}
	}
	return place{tk.Position.Line, tk.Position.Column}
}

// node makes a node of the parser's.
func (m *Mistakes) node(from ast.Node) *node {
	n := &node{place: placeOf(from), kind: nothing}
	switch from := from.(type) {
	case *ast.MappingNode:
		n.kind = anObj
		m.entries(n, from)
	case *ast.SequenceNode:
		n.kind = aList
		for _, item := range from.Values {
			n.items = append(n.items, m.node(item))
		}
	case *ast.StringNode:
		n.kind, n.text = aText, from.Value
	case *ast.LiteralNode:
		n.kind, n.text = aText, from.Value.Value
	case *ast.IntegerNode:
		n.kind, n.text, n.scalar = aNumber, from.Token.Value, from.Value
	case *ast.FloatNode:
		n.kind, n.text, n.scalar = aNumber, from.Token.Value, from.Value
	case *ast.BoolNode:
		n.kind, n.text, n.scalar = aBool, from.Token.Value, from.Value
	case *ast.NullNode:
	case *ast.AnchorNode: // a mistake that scan has told
		return m.node(from.Value)
	case *ast.TagNode:
		return m.node(from.Value)
	case *ast.AliasNode, *ast.MergeKeyNode:
	default:
		m.add(n.place, "this is neither a text, a list nor an object: write a text in quotes")
	}
	return n
}

func (m *Mistakes) entries(n *node, from *ast.MappingNode) {
	first := map[string]place{}
	for _, v := range from.Values {
		key := placeOf(v.Key)
		name := v.Key.GetToken().Value
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			continue
		}
		if at, twice := first[name]; twice {
			m.add(key, "%s is there twice: first in line %d", brief(name), at.line)
			continue
		}
		first[name] = key
		n.entries = append(n.entries, entry{key, name, m.node(v.Value)})
	}
}

// brief shortens a text of the file for a sentence.
func brief(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", impersonal(text))
}

// impersonal is a text for logs and messages, masked if it may have a phone number in it.
func impersonal(text string) string {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits >= 5 {
		return phone.Mask(text)
	}
	return text
}

// find returns an object's value by its name; nil where there is none.
func (n *node) find(name string) *entry {
	for i := range n.entries {
		if n.entries[i].name == name {
			return &n.entries[i]
		}
	}
	return nil
}

// locate is where a field of an object stands, by its path, such as redial_after.busy[1]; or as much of the path as
// there is.
func (n *node) locate(path string) place {
	at := n.place
	for _, name := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if i, err := strconv.Atoi(name); err == nil && n.kind == aList && i >= 0 && i < len(n.items) {
			n = n.items[i]
			at = n.place
			continue
		}
		e := n.find(name)
		if e == nil {
			break
		}
		n, at = e.value, e.place
	}
	return at
}

// json writes a value as JSON, so that it is checked as one in a request.
func (n *node) json() json.RawMessage {
	b, err := json.Marshal(n.plain())
	if err != nil { // a number that JSON does not have
		return json.RawMessage("null")
	}
	return b
}

// plain is a value as package json writes it.
func (n *node) plain() any {
	switch n.kind {
	case anObj:
		m := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			m[e.name] = e.value.plain()
		}
		return m
	case aList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.plain()
		}
		return list
	case aText:
		return n.text
	}
	return n.scalar
}
