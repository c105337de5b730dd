package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"redial/internal/edge"
	"redial/internal/source"
	"redial/internal/trigger"
)

const (
	typeForm      = "application/x-www-form-urlencoded"
	typeMultipart = "multipart/form-data"
)

const (
	maxParts   = 1000 // of a form in parts
	maxOption  = 100  // bytes of an option's name as it is sent
	maxSeconds = 1e6  // that are passed on
)

// played is what a request brings that plays a trigger: an event, and options of the call.
type played struct {
	event   source.Request
	given   trigger.Given
	ignored []string // options that redial decides itself
	same    []byte   // what is the same when the request is repeated: its body, whatever boundaries a form has in it
}

// The options that the article gives to Twilio: those of the call, and those that redial decides itself, as it hears
// from Twilio in its own way.
var (
	callOptions    = []string{"twiml", "from", "to", "timeout"}
	ignoredOptions = []string{"status_callback", "status_callback_event", "status_callback_method"}
	optionsFolded  = foldedOptions()
)

// foldedOptions are the options by their names without what clients write in different ways.
func foldedOptions() map[string]string {
	folded := map[string]string{}
	for _, name := range slices.Concat(callOptions, ignoredOptions) {
		folded[fold(name)] = name
	}
	return folded
}

func fold(name string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(name, "[]"), "_", ""))
}

// readPlayed reads a request that plays a trigger. It returns nil for JSON that is a request for a call.
func readPlayed(contentType string, body []byte) (*played, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return &played{}, nil // whatever its type: some clients name one for nothing
	}
	kind, with, _ := mime.ParseMediaType(contentType)
	looksLikeJSON := body[0] == '{' || body[0] == '['
	switch {
	case kind == typeJSON:
		if err := cmp.Or(checkType(contentType), edge.CheckJSON(body)); err != nil {
			return nil, err
		}
		return readOptions(body)
	case kind == typeMultipart:
		return readParts(contentType, body, with["boundary"])
	case looksLikeJSON:
		return nil, edge.Problem(http.StatusUnsupportedMediaType,
			"the body looks like JSON: send it as Content-Type: application/json")
	case kind == typeForm:
		return readForm(body)
	}
	return nil, edge.Problem(http.StatusUnsupportedMediaType,
		"send no body, a form, or JSON as Content-Type: application/json")
}

// readOptions reads options from JSON. It returns nil for what is a request for a call. Only options have a timeout or
// a callback; only a request for a call has the rest.
func readOptions(body []byte) (*played, error) {
	var twiml, from, to *string
	var timeout, ofCall json.RawMessage
	ignored := make([]json.RawMessage, len(ignoredOptions))
	fields := edge.Fields{{"twiml", &twiml}, {"from", &from}, {"to", &to}, {"timeout", &timeout}}
	for i, name := range ignoredOptions {
		fields = append(fields, edge.Fields{{name, &ignored[i]}}...)
	}
	var f, all edge.Faults
	all.Object(body, "", append(slices.Clone(fields), edge.Fields{
		{"say", &ofCall}, {"url", &ofCall}, {"policy", &ofCall}, {"options", &ofCall}, {"metadata", &ofCall},
		{"webhook", &ofCall},
	}...))
	p := &played{event: source.Request{Body: body, ContentType: typeJSON}, same: body}
	for i, name := range ignoredOptions {
		if ignored[i] != nil {
			p.ignored = append(p.ignored, name)
		}
	}
	if ofCall != nil || timeout == nil && p.ignored == nil {
		return nil, nil
	}
	f.Object(body, "", fields)
	if seconds := strings.Trim(string(timeout), `"`); seconds != "null" && timeout != nil {
		p.option(&f, "timeout", seconds)
	}
	for i, text := range []*string{twiml, from, to} {
		if text != nil {
			p.option(&f, callOptions[i], *text)
		}
	}
	return p, f.Problem()
}

// readForm reads the options of an urlencoded form. Its other fields are the event's.
func readForm(body []byte) (*played, error) {
	p := &played{event: source.Request{Body: body, ContentType: typeForm}, same: body}
	var f edge.Faults
	for pair := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name = optionName(name); name == "" {
			continue
		}
		if strings.HasPrefix(value, "+") && (name == "to" || name == "from") {
			value = "%2B" + value[1:] // a number begins with a plus, and never with a space
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			f.Add(name, "has a % that is not followed by two hex digits: write %25 for %")
			continue
		}
		p.option(&f, name, text)
	}
	return p, f.Problem()
}

// optionName is the option that a form's field is: of clients that write it as Twilio does, or as a list, too. Such a
// field must not ring somebody else. It is empty if the field is none.
func optionName(sent string) string {
	if len(sent) > maxOption {
		return ""
	}
	name, err := url.QueryUnescape(sent)
	if err != nil {
		return ""
	}
	return optionsFolded[fold(name)]
}

// option keeps an option.
func (p *played) option(f *edge.Faults, name, text string) {
	if slices.Contains(ignoredOptions, name) {
		if !slices.Contains(p.ignored, name) {
			p.ignored = append(p.ignored, name)
		}
		return
	}
	into := map[string]*string{
		"twiml": &p.given.Twiml, "from": &p.given.From, "to": &p.given.To, "timeout": &p.given.RingTimeout,
	}[name]
	switch {
	case *into != "":
		f.Add(name, "is there twice")
	case strings.TrimSpace(text) == "":
		f.Add(name, "is empty: give it a value, or leave it out")
	case !utf8.ValidString(text):
		f.Add(name, "is not UTF-8")
	case name == "timeout":
		n, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
		if err != nil {
			f.Add(name, "must be a number of whole seconds, such as 30")
		}
		*into = strconv.Itoa(min(n, maxSeconds)) + "s" // the edge says which there may be
	default:
		*into = text
	}
}

// readParts reads the options of a form in parts.
func readParts(contentType string, body []byte, boundary string) (*played, error) {
	if !bytes.Contains(body, []byte("--"+boundary+"--")) {
		return nil, edge.Problem(http.StatusBadRequest, "the form can't be read: it breaks off")
	}
	p := &played{event: source.Request{Body: body, ContentType: contentType}}
	var f edge.Faults
	same, buffer := sha256.New(), make([]byte, 4<<10)
	for parts, n := multipart.NewReader(bytes.NewReader(body), boundary), 0; ; n++ {
		part, err := parts.NextPart()
		switch {
		case err == io.EOF: //nolint:errorlint // a form that breaks off is an error that wraps it
			p.same = same.Sum(nil)
			return p, f.Problem()
		case n == maxParts:
			return nil, edge.Problem(http.StatusUnprocessableEntity, "the form has more than %d fields", maxParts)
		case err == nil:
			err = p.part(&f, part, same, buffer)
		}
		if err != nil {
			return nil, edge.Problem(http.StatusBadRequest, "the form can't be read: %.200s", err)
		}
	}
}

// part reads a part, and keeps it if it is an option, be it a file of that name. What is the same for the same part is
// written to same.
func (p *played) part(f *edge.Faults, part *multipart.Part, same io.Writer, buffer []byte) error {
	var value bytes.Buffer
	option, to := optionName(url.QueryEscape(part.FormName())), same
	if option != "" {
		to = io.MultiWriter(same, &value)
	}
	n, err := io.CopyBuffer(to, part, buffer)
	if err != nil {
		return err
	}
	if option != "" {
		p.option(f, option, value.String())
	}
	_, err = fmt.Fprintf(same, "%d %q\n", n, part.FormName())
	return err
}
