package trigger

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"redial/internal/nearest"
	"redial/internal/source"
)

const maxTemplate = 16 << 10 // bytes of its source

// Template is a text of the file in which {{ }} stands for what an event says. It is safe for concurrent use.
type Template struct {
	text   string             // its source
	parsed *template.Template // nil for a text alone
}

// NewTemplate reads a template. The error says what is wrong with it.
func NewTemplate(text string) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("a template may have %d bytes, and this one has %d", maxTemplate, len(text))
	}
	if !strings.Contains(text, "{{") {
		return &Template{text: text}, nil
	}
	all := template.New("").Option("missingkey=zero").Funcs(new(steps).functions())
	parsed, err := all.Parse(text)
	if err != nil {
		return nil, errors.New(plainError(err))
	}
	if err := harden(parsed); err != nil {
		return nil, err
	}
	return &Template{text: text, parsed: parsed}, nil
}

// Fixed says that the template is a text alone, the same for every event.
func (t *Template) Fixed() bool { return t.parsed == nil }

// Source is the text as it stands in the file.
func (t *Template) Source() string { return t.text }

// execute writes the template over data: plain maps, lists and scalars.
func (t *Template) execute(data map[string]any, s *steps) (string, error) {
	if t.Fixed() {
		return t.text, nil
	}
	one, err := t.parsed.Clone() // as functions belong to a template, and steps to one execution
	if err != nil {
		return "", err
	}
	var out limited
	if err := one.Funcs(s.functions()).Execute(&out, data); err != nil {
		return "", errors.New(plainError(err))
	}
	return out.String(), nil
}

var (
	errorPlace = regexp.MustCompile(`^template: :(\d+)(?::\d+)?: `)
	errorPart  = regexp.MustCompile(`^executing "[^"]*" at <.*?>: (?:error calling \w+: )?`)
)

// plainError is what went wrong, without the names that the library gives the template and its parts.
func plainError(err error) string {
	text := err.Error()
	if m := errorPlace.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		if why := errorPart.ReplaceAllString(text, ""); why != text {
			text = why
		}
		if m[1] != "1" {
			text = "in its line " + m[1] + ": " + text
		}
	}
	return text
}

// limited is a text that must not become longer than maxOutput.
type limited struct{ strings.Builder }

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > maxOutput {
		return 0, fmt.Errorf("it writes more than %d bytes", maxOutput)
	}
	return l.Builder.Write(b)
}

// harden makes each of the templates in a source bounded: a pass through a body costs steps, and so does a range, by
// what it goes through. It returns an error for a name that there is not, and for a template that calls itself: only
// that could use more of the stack than the source has text.
func harden(all *template.Template) error {
	calls := map[string][]string{}
	for _, one := range all.Templates() {
		if one.Tree == nil || one.Root == nil {
			continue
		}
		h := hardener{tree: one.Tree, main: one.Name() == all.Name()}
		h.body(one.Root, h.main)
		if h.err != nil {
			return h.err
		}
		calls[one.Name()] = h.calls
	}
	for name, called := range calls {
		for _, one := range called {
			if _, ok := calls[one]; !ok {
				return fmt.Errorf("there is no template %q", one)
			}
		}
		if reaches(calls, name, name, map[string]bool{}) {
			return fmt.Errorf("template %q calls itself", name)
		}
	}
	return nil
}

// reaches says whether a template calls another, be it through others.
func reaches(calls map[string][]string, from, to string, seen map[string]bool) bool {
	for _, next := range calls[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(calls, next, to, seen) {
				return true
			}
		}
	}
	return false
}

// hardener goes through the tree of one template.
type hardener struct {
	tree  *parse.Tree
	main  bool // not one that another calls: $ is the event
	calls []string
	nodes int // in the body that is gone through
	err   error
}

// body goes through the nodes of a body, and puts at its head what a pass costs: one step for each of them. Event says
// whether the dot is the event there.
func (h *hardener) body(list *parse.ListNode, event bool) {
	if list == nil {
		return
	}
	before := h.nodes
	h.nodes = 1
	for _, n := range list.Nodes {
		h.node(n, event)
	}
	number := &parse.NumberNode{NodeType: parse.NodeNumber, IsInt: true, Int64: int64(h.nodes), Text: fmt.Sprint(h.nodes)}
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{h.call(stepFunc, number)}}
	list.Nodes = slices.Insert(list.Nodes, 0, parse.Node(&parse.ActionNode{NodeType: parse.NodeAction, Pipe: pipe}))
	h.nodes = before + 1
}

// call is the call of one of redial's functions.
func (h *hardener) call(name string, args ...parse.Node) *parse.CommandNode {
	function := parse.NewIdentifier(name).SetTree(h.tree)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Args: append([]parse.Node{function}, args...)}
}

func (h *hardener) node(n parse.Node, event bool) {
	switch n := n.(type) {
	case *parse.ActionNode:
		h.pipe(n.Pipe, event)
		if len(n.Pipe.Decl) == 0 {
			n.Pipe.Cmds = append(n.Pipe.Cmds, h.call(spellFunc))
		}
	case *parse.IfNode:
		h.branch(&n.BranchNode, event, event)
	case *parse.WithNode:
		h.branch(&n.BranchNode, event, false)
	case *parse.RangeNode:
		h.branch(&n.BranchNode, event, false)
		n.Pipe.Cmds = append(n.Pipe.Cmds, h.call(listFunc))
	case *parse.TemplateNode:
		h.calls = append(h.calls, n.Name)
		h.pipe(n.Pipe, event)
	default: // a text, a comment, break and continue
		h.nodes++
	}
}

// branch goes through an if, with or range; inside says whether the dot is the event within it.
func (h *hardener) branch(n *parse.BranchNode, event, inside bool) {
	h.pipe(n.Pipe, event)
	h.body(n.List, inside)
	h.body(n.ElseList, event)
}

func (h *hardener) pipe(p *parse.PipeNode, event bool) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			h.arg(arg, event)
		}
	}
}

func (h *hardener) arg(n parse.Node, event bool) {
	h.nodes++
	switch n := n.(type) {
	case *parse.PipeNode:
		h.pipe(n, event)
	case *parse.ChainNode:
		h.arg(n.Node, event)
	case *parse.IdentifierNode:
		if !slices.Contains(Functions(), n.Ident) {
			h.fault("there is no function %s%s; there are: %s", n.Ident, meant(n.Ident, Functions()),
				strings.Join(Functions(), ", "))
		}
	case *parse.FieldNode:
		if event {
			h.field(n.Ident[0])
		}
	case *parse.VariableNode:
		if h.main && n.Ident[0] == "$" && len(n.Ident) > 1 {
			h.field(n.Ident[1])
		}
	}
}

// field holds a name against those that an event has. A mistyped one would be silent for ever.
func (h *hardener) field(name string) {
	if names := eventNames(); !slices.Contains(names, name) {
		h.fault("an event has no .%s%s; it has: %s", name, meant(name, names), strings.Join(names, ", "))
	}
}

func (h *hardener) fault(text string, args ...any) {
	if h.err == nil {
		h.err = fmt.Errorf(text, args...)
	}
}

// eventNames are the names that templates know an event's parts by.
func eventNames() []string { return slices.Sorted(maps.Keys(new(source.Event).Data())) }

// meant asks whether another name was.
func meant(name string, names []string) string {
	if n := nearest.Of(name, names); n != "" {
		return ": is " + n + " meant?"
	}
	return ""
}
