package page

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// languages are those of the catalogue. The first is for those who read none of them.
var languages = []language.Tag{language.English, language.Japanese}

//go:embed catalog/*.json
var catalogFiles embed.FS

// bundle is the catalogue: a file for each language, with a text for each id.
var bundle = func() *i18n.Bundle {
	b := i18n.NewBundle(languages[0])
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, l := range languages {
		if _, err := b.LoadMessageFileFS(catalogFiles, "catalog/"+l.String()+".json"); err != nil {
			panic(err)
		}
	}
	return b
}()

// texts are those of the catalogue in one language.
type texts struct{ *i18n.Localizer }

func newTexts(lang string) texts { return texts{i18n.NewLocalizer(bundle, lang)} }

// say returns the text with an id. pairs are the names and values of what stands in it: {{.Name}}. Values are escaped,
// unless they are HTML already. A number called Count chooses between one and many.
func (t texts) say(id string, pairs ...any) (template.HTML, error) {
	values, err := named(pairs)
	if err != nil {
		return "", fmt.Errorf("the text %s: %w", id, err)
	}
	c := &i18n.LocalizeConfig{MessageID: id, TemplateData: values}
	if n, counted := values["Count"].(int); counted {
		c.PluralCount = n
	}
	said, err := t.Localize(c)
	if err != nil {
		return "", err
	}
	return template.HTML(said), nil // the catalogue is ours, and values are escaped
}

// named gives a list of names and values as a map. Values are fit for HTML.
func named(pairs []any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("%d names and values are not pairs", len(pairs))
	}
	values := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("%v is not a name", pairs[i])
		}
		values[name] = escaped(pairs[i+1])
	}
	return values, nil
}

func escaped(v any) any {
	switch v := v.(type) {
	case template.HTML, int:
		return v
	default:
		return template.HTMLEscapeString(fmt.Sprint(v))
	}
}
