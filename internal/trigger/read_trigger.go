package trigger

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/source"
)

const (
	maxSays      = 10
	maxMatches   = 20
	maxMatched   = 100
	maxHold      = time.Hour
	defaultAgain = 15 * time.Minute
	defaultKept  = 24 * time.Hour
	mostKept     = 30 * defaultKept
)

// variable is how the file names one of the environment.
var variable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

func (r *fileReader) trigger(e entry) {
	t := &Trigger{Name: e.name, Source: source.JSON, AgainAfter: defaultAgain, ForgetAfter: defaultKept}
	var to, say, policy, metadata *node
	keep := func(to **node) func(*node) { return func(n *node) { *to = n } }
	r.object(e.value, "a trigger",
		part{"source", func(n *node) { r.source(n, t) }}, part{"match", func(n *node) { r.match(n, t) }},
		part{"to", keep(&to)}, part{"say", keep(&say)}, part{"policy", keep(&policy)}, part{"metadata", keep(&metadata)},
		part{"numbers", func(n *node) { t.Numbers = r.boolean(n, "numbers") }},
		part{"once", func(n *node) { r.once(n, t) }}, part{"secret", func(n *node) { r.secret(n, t) }},
		r.duration("hold", &t.Hold, 0, maxHold), r.duration("again_after", &t.AgainAfter, 0, defaultKept),
		r.duration("remind_after", &t.RemindAfter, time.Minute, 7*defaultKept),
		r.duration("forget_after", &t.ForgetAfter, time.Hour, mostKept))
	r.file.Triggers[e.name] = t
	if e.value.kind != anObj {
		return
	}
	if to == nil {
		r.add(e.place, "%s rings nobody: write to: [a name of people or rotas]", e.name)
	} else {
		r.to(to, t)
	}
	r.says(say, t)
	if metadata != nil {
		r.metadata(metadata, t)
	}
	if policy != nil && r.is(policy, "policy", anObj) {
		t.Policy = policy.json()
		r.policy(policy, t.Policy)
	}
	r.rings(t, map[string]*node{"": {place: e.place}, "say": say, "policy": policy, "metadata": metadata})
}

func (r *fileReader) source(n *node, t *Trigger) {
	name := r.text(n, "source")
	if name == "" {
		return
	}
	var names []string
	for _, k := range source.Kinds() {
		names = append(names, string(k))
	}
	if !slices.Contains(names, name) {
		r.add(n.place, "%s", unknown("source", name, names))
	}
	t.Source = source.Kind(name)
}

func (r *fileReader) match(n *node, t *Trigger) {
	if !r.is(n, "match", anObj) {
		return
	}
	t.Match = map[string][]string{}
	if len(n.entries) > maxMatches {
		r.add(n.place, "match has %d names, and may have %d", len(n.entries), maxMatches)
	}
	for _, e := range n.entries {
		if e.name == "state" {
			r.add(e.place, "state can't be matched: what fires rings, and what resolves is never left out")
			continue
		}
		for _, one := range r.texts(e.value, "match."+e.name, maxMatched) {
			t.Match[e.name] = append(t.Match[e.name], one.text)
		}
	}
}

// to reads whom a trigger reaches: names, and templates that yield them.
func (r *fileReader) to(n *node, t *Trigger) {
	seen := map[string]bool{}
	for _, one := range r.texts(n, "to", call.MaxPeople) {
		tpl := r.template(one, "to")
		if tpl == nil {
			continue
		}
		t.To = append(t.To, tpl)
		if !tpl.Fixed() {
			continue
		}
		if seen[one.text] {
			r.add(one.place, "%s is there twice", brief(one.text))
		}
		seen[one.text] = true
		r.recipient(one, t.Numbers)
	}
}

// recipient checks a fixed name or number.
func (r *fileReader) recipient(n *node, numbers bool) {
	_, person := r.file.People[n.text]
	_, rota := r.file.Rotas[n.text]
	switch {
	case person || rota:
	case numbers:
		_, faults := r.wish(api.CreateCall{To: n.text, Say: &api.Say{Text: "x"}})
		for _, f := range faults {
			if f.Field == "to" {
				r.add(n.place, "%s", f.Detail)
			}
		}
	case strings.HasPrefix(n.text, "+"):
		r.add(n.place, "a number needs numbers: true; better give it a name in people, and write that")
	default:
		names := slices.Concat(slices.Collect(maps.Keys(r.file.People)), slices.Collect(maps.Keys(r.file.Rotas)))
		r.add(n.place, "%s", unknown("name of people or rotas", n.text, slices.Sorted(slices.Values(names))))
	}
}

// says reads what is said: a text alone, one with its language, or a list of such.
func (r *fileReader) says(n *node, t *Trigger) {
	if n == nil {
		return
	}
	list := []*node{n}
	if n.kind == aList {
		list = n.items
	}
	if len(list) == 0 || len(list) > maxSays {
		r.add(n.place, "say has %d parts, and may have 1 to %d", len(list), maxSays)
	}
	languages := map[string]bool{}
	for _, one := range list {
		s := r.say(one)
		if languages[s.Language] {
			r.add(one.place, "there are two texts for one language: give each its own, such as language: ja-JP")
		}
		languages[s.Language] = true
		t.Say = append(t.Say, s)
	}
}

func (r *fileReader) say(n *node) (s Wording) {
	if n.kind != anObj {
		s.Text = r.template(n, "say")
		return s
	}
	given := false
	r.object(n, "say", part{"text", func(n *node) { given, s.Text = true, r.template(n, "text") }},
		part{"language", func(n *node) { s.Language = r.text(n, "language") }},
		part{"voice", func(n *node) { s.Voice = r.text(n, "voice") }},
		part{"repeat", func(n *node) {
			if r.is(n, "repeat", aNumber) {
				s.Repeat = wholeNumber(n)
			}
		}})
	if !given {
		r.add(n.place, `say has no text: write text: "{{ .title }}. {{ .text }}"`)
	}
	return s
}

// wholeNumber is a number of the file; -1, which is in no bounds, where it is not whole.
func wholeNumber(n *node) int {
	var v int
	if _, err := fmt.Sscanf(n.text+" ", "%d ", &v); err != nil || fmt.Sprint(v) != n.text {
		return -1
	}
	return v
}

func (r *fileReader) metadata(n *node, t *Trigger) {
	if !r.is(n, "metadata", anObj) {
		return
	}
	t.Metadata = map[string]*Template{}
	for _, e := range n.entries {
		if tpl := r.template(e.value, "metadata."+e.name); tpl != nil {
			t.Metadata[e.name] = tpl
		}
	}
}

func (r *fileReader) once(n *node, t *Trigger) {
	switch {
	case n.kind == aBool && n.scalar == false:
		t.Each = true
	case n.kind == aText:
		t.Once = r.template(n, "once")
	default:
		r.add(n.place, `once must be false, or a text that is the same for one incident: "{{ .labels.host }}"`)
	}
}

// secret reads a secret from the environment: a file is copied and shown.
func (r *fileReader) secret(n *node, t *Trigger) {
	text := r.text(n, "secret")
	if text == "" {
		return
	}
	name := variable.FindStringSubmatch(text)
	if name == nil {
		r.add(n.place, "a secret does not stand in the file: put it into a variable of the environment, and write "+
			"secret: ${THE_NAME}")
		return
	}
	value, ok := r.Env(name[1])
	hash, valid := HashSecret(value)
	switch {
	case !ok || value == "":
		r.add(n.place, "%s is not set: set it to 32 hex digits, as of openssl rand -hex 16", name[1])
		return
	case !valid:
		r.add(n.place, "%s must be 32 hex digits, in small letters, as of openssl rand -hex 16", name[1])
		return
	}
	for _, other := range slices.Sorted(maps.Keys(r.file.Triggers)) {
		if r.file.Triggers[other].Secret == hash {
			r.add(n.place, "the secret is that of %s, too: each trigger has its own", other)
		}
	}
	t.Secret = hash
}

// rings has the edge read the request that an event would become, as far as it can be told before.
func (r *fileReader) rings(t *Trigger, at map[string]*node) {
	req := api.CreateCall{People: r.mayRing(t), Metadata: map[string]string{metaTrigger: t.Name, metaDuty: "x"}}
	for name, tpl := range t.Metadata {
		req.Metadata[name] = sample(tpl, 1)
	}
	says := t.Say
	if len(says) == 0 {
		says = []Wording{{}}
	}
	for i, s := range says {
		req.Say = &api.Say{Text: sample(s.Text, t.room()), Language: s.Language, Voice: s.Voice, Repeat: s.Repeat}
		w, faults := r.wishOf(withPolicy(req, t.Policy))
		for _, f := range faults {
			r.faultOf(t, f, at, i)
		}
		if len(faults) == 0 && i == 0 && at["policy"] != nil {
			r.opens(t, w, at["policy"].locate("window"))
		}
	}
}

// sample stands for the longest text that a template will make.
func sample(tpl *Template, room int) string {
	if tpl == nil || !tpl.Fixed() {
		return strings.Repeat("x", room)
	}
	return tpl.text
}

// mayRing are the people whom a trigger may ring, those on any duty included, as far as the file tells.
func (r *fileReader) mayRing(t *Trigger) (people []api.Person) {
	seen := map[string]bool{}
	add := func(name string) {
		p := r.file.People[name]
		if p.Number != "" && !seen[p.Number] && len(people) < call.MaxPeople {
			people = append(people, api.Person(call.Person{Number: p.Number, Name: p.Name, Language: p.Language}))
			seen[p.Number] = true
		}
	}
	for _, to := range t.To {
		add(to.text)
		if rota := r.file.Rotas[to.text]; rota != nil {
			for _, name := range rota.People {
				add(name)
			}
		}
	}
	return people
}

// faultOf adds what is wrong with a request, where it stands in the file. What is wrong with people was told of them.
func (r *fileReader) faultOf(t *Trigger, f api.FieldError, at map[string]*node, say int) {
	field, path, _ := strings.Cut(f.Field, ".")
	n := at[field]
	switch {
	case field == "from":
		r.add(place{1, 1}, "triggers ring nobody: from %s", f.Detail)
	case strings.HasPrefix(field, "to"), n == nil && field == "say":
	case n == nil:
		r.add(at[""].place, "%s: %s %s", t.Name, f.Field, f.Detail)
	case field == "say" && n.kind == aList && say < len(n.items):
		r.add(n.items[say].locate(path), "%s %s", f.Field, f.Detail)
	default:
		r.add(n.locate(path), "%s %s", f.Field, f.Detail)
	}
}

// opens looks for an hour of the week at which an event would ring nobody, because the deadline comes first.
func (r *fileReader) opens(t *Trigger, w call.Wish, at place) {
	if w.Policy.Window.IsZero() {
		return
	}
	for hour := range 8 * 24 {
		now := r.Now.Truncate(time.Hour).Add(time.Duration(hour) * time.Hour)
		if _, _, err := call.New(w, now); err != nil {
			r.add(at, "an event of %s, such as on %s, would ring nobody: give policy.deadline as much time as there is "+
				"between two windows, such as 96h over a weekend", t.Name, now.UTC().Format("Mon 15:04 UTC"))
			return
		}
	}
}
