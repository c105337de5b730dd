package trigger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"redial/api"
)

// ReadFile reads the file. The error is Mistakes: all there are, except that YAML which can't be read at all is told at
// its first mistake.
func ReadFile(data []byte, settings Settings) (*File, error) {
	hash, reader := sha256.Sum256(data), *settings.Reader
	reader.Presets = maps.Clone(reader.Presets)
	r := fileReader{Settings: settings, file: &File{
		Hash: hex.EncodeToString(hash[:]), People: map[string]Person{}, Rotas: map[string]*Rota{},
		Triggers: map[string]*Trigger{}, Presets: reader.Presets, reader: &reader,
	}}
	root, wrong := parseYAML(data)
	r.Mistakes = wrong
	if root != nil {
		r.sections(root)
	}
	if len(r.Mistakes) > 0 {
		return nil, r.inOrder()
	}
	return r.file, nil
}

// sections reads the parts of the file in the order in which they need each other, whatever their order in the file.
func (r *fileReader) sections(root *node) {
	var people, rotas, presets, triggers *node
	keep := func(to **node) func(*node) { return func(n *node) { *to = n } }
	r.object(root, "the file", part{"people", keep(&people)}, part{"rotas", keep(&rotas)},
		part{"presets", keep(&presets)}, part{"triggers", keep(&triggers)})
	r.named(people, "people", r.person)
	r.named(rotas, "rotas", r.rota)
	r.named(presets, "presets", r.preset)
	r.named(triggers, "triggers", r.trigger)
}

func (r *fileReader) person(e entry) {
	var number *node
	var p api.Person
	parts := map[string]place{"name": e.place, "language": e.place}
	text := func(name string, to *string) part {
		return part{name, func(n *node) { *to, parts[name] = r.text(n, name), n.place }}
	}
	r.object(e.value, "a person", part{"number", func(n *node) { number = n }}, text("name", &p.Name),
		text("language", &p.Language))
	r.file.People[e.name] = Person{Name: p.Name, Language: p.Language} // known by name, even if the number is wrong
	switch {
	case number == nil && e.value.kind == anObj:
		r.add(e.place, `%s has no number: write number: "+819012345678"`, e.name)
	case number != nil:
		if p.Number = r.text(number, "number"); p.Number == "" {
			return
		}
		w, faults := r.wish(api.CreateCall{People: []api.Person{p}, Say: &api.Say{Text: "x"}})
		for _, f := range faults {
			at, known := parts[strings.TrimPrefix(f.Field, "to[0].")]
			if !known {
				at = number.place
			}
			if strings.HasPrefix(f.Field, "to") {
				r.add(at, "%s", f.Detail)
			}
		}
		r.file.People[e.name] = Person{Number: w.To, Name: p.Name, Language: p.Language}
	}
}

func (r *fileReader) rota(e entry) {
	var rota Rota
	given := map[string]bool{}
	name := func(name string, read func(*node)) part {
		return part{name, func(n *node) { given[name] = true; read(n) }}
	}
	if _, taken := r.file.People[e.name]; taken {
		r.add(e.place, "%s is a person, too: give the rota another name, since a trigger names both", e.name)
	}
	r.object(e.value, "a rota", name("people", func(n *node) {
		for _, one := range r.texts(n, "people", 100) {
			if _, ok := r.file.People[one.text]; !ok {
				r.add(one.place, "%s", unknown("person", one.text, slices.Sorted(maps.Keys(r.file.People))))
			}
			rota.People = append(rota.People, one.text)
		}
	}), name("every", func(n *node) {
		var err error
		if rota.Every, err = parseEvery(n.text); err != nil {
			r.add(n.place, "every %v", err)
		}
	}), name("from", func(n *node) {
		var err error
		if rota.From, err = parseFrom(n.text); err != nil {
			r.add(n.place, "from %v", err)
		}
	}))
	for _, need := range []string{"people", "every", "from"} {
		if !given[need] && e.value.kind == anObj {
			r.add(e.place, `%s has no %s: a rota is {people: [aiko, ben], every: 1w, from: "2026-11-30 09:00 Asia/Tokyo"}`,
				e.name, need)
		}
	}
	r.file.Rotas[e.name] = &rota
}

func (r *fileReader) preset(e entry) {
	if !r.is(e.value, "a preset", anObj) {
		return
	}
	if slices.Contains(r.Taken, e.name) {
		r.add(e.place, "the installation has a preset %s of its own: give one of them another name", e.name)
		return
	}
	before := len(r.Mistakes)
	if inner := e.value.find("preset"); inner != nil {
		r.add(inner.place, "a preset can't stand in a preset")
	}
	policy := e.value.json()
	r.file.Presets[e.name] = policy
	r.policy(e.value, json.RawMessage(`{"preset":"`+e.name+`"}`))
	if len(r.Mistakes) > before {
		r.file.Presets[e.name] = json.RawMessage(`{}`) // so that its mistakes are not told of each trigger
	}
}
