package page

import (
	"html/template"
	"maps"
	"slices"
	"strconv"

	"redial/internal/call"
	"redial/internal/store"
)

// A fact is a line of what was asked for, and of what is known.
type fact struct {
	Text  string // its id in the catalogue
	Value template.HTML
	Copy  string // what a button copies; empty: there is none
}

// facts are what is known of a call, beside its story.
func (v viewer) facts(a *store.Asked) (list []fact, err error) {
	c := &a.Call
	text := func(id, value string) {
		if value != "" {
			list = append(list, fact{Text: id, Value: template.HTML(template.HTMLEscapeString(value))})
		}
	}
	if list, err = v.people(c); err != nil {
		return nil, err
	}
	text("fact.by", c.By)
	list = append(list, fact{Text: "fact.created", Value: v.exactly(c.CreatedAt, c.To)},
		fact{Text: "fact.deadline", Value: v.at(c.Deadline, c.To)})
	if err := v.evidence(c, &list); err != nil {
		return nil, err
	}
	heard(c, text)
	text("fact.preset", c.Policy.Preset)
	attempts, err := v.say("fact.policy", "Count", c.Policy.MaxAttempts, "Ring", span(c.Policy.RingTimeout))
	if err != nil {
		return nil, err
	}
	list = append(list, fact{Text: "fact.tries", Value: attempts})
	text("fact.window", c.Policy.Window.String())
	if err := v.keys(c, &list); err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(c.Metadata)) {
		text("fact.metadata", k+": "+c.Metadata[k])
	}
	text("fact.once", a.IdempotencyKey)
	list = append(list, fact{Text: "fact.id", Value: template.HTML(template.HTMLEscapeString(c.ID)), Copy: c.ID})
	return list, nil
}

// people are those whom a call tries to reach, where they are several.
func (v viewer) people(c *call.Call) (list []fact, err error) {
	for _, p := range c.People {
		number, err := v.number(p.Number)
		if err != nil {
			return nil, err
		}
		value := number
		if p.Name != "" {
			value = template.HTML(template.HTMLEscapeString(p.Name)+" ") + number
		}
		list = append(list, fact{Text: "fact.person", Value: value})
	}
	if len(c.People) == 0 {
		number, err := v.number(c.To)
		return []fact{{Text: "fact.to", Value: number}}, err
	}
	return list, nil
}

// evidence says how it is known that a person was reached, and why nobody was.
func (v viewer) evidence(c *call.Call, list *[]fact) error {
	if c.Outcome == call.Reached {
		said, err := v.reached(c)
		*list = append(*list, fact{Text: "fact.evidence", Value: said})
		return err
	}
	if r := c.Refusal(); r != nil {
		said, err := v.say("fact.refusal_code", "Code", strconv.Itoa(r.Code), "Words", r.Message)
		*list = append(*list, fact{Text: "fact.refusal", Value: said})
		return err
	}
	return nil
}

// heard says what is heard, and by which voice.
func heard(c *call.Call, text func(id, value string)) {
	if say := c.Message.Say; say != nil {
		text("fact.say", say.Text)
		text("fact.language", say.Language)
		text("fact.voice", say.Voice)
	}
	text("fact.twiml", c.Message.Twiml)
	text("fact.url", c.Message.URL)
}

// keys say what the keys of a call's menu mean. A PIN is never shown, nor how long it is.
func (v viewer) keys(c *call.Call, list *[]fact) error {
	if c.Policy.Confirm.Kind == call.ConfirmNone {
		return nil
	}
	said, err := v.say("confirm." + string(c.Policy.Confirm.Kind))
	if err != nil {
		return err
	}
	*list = append(*list, fact{Text: "fact.confirm", Value: said})
	for key, m := range c.Policy.Confirm.EachKey {
		meaning := template.HTML(template.HTMLEscapeString(m.Answer))
		if m.Do != call.KeyAnswers {
			if meaning, err = v.say("key." + string(m.Do)); err != nil {
				return err
			}
		}
		said, err := v.say("fact.key_means", "Key", key, "Means", meaning)
		if err != nil {
			return err
		}
		*list = append(*list, fact{Text: "fact.key", Value: said})
	}
	return nil
}
