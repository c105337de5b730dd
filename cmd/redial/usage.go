package main

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"redial/api"
	"redial/internal/app"
	"redial/internal/nearest"
)

// usageError is an error in what was typed. It refers to the command's help.
type usageError struct {
	error
	command string // such as redial call
}

func (e *usageError) Unwrap() error { return e.error }

func (e *usageError) Error() string {
	return fmt.Sprintf("%v; see %s --help", e.error, e.command)
}

// usage makes err an error of the command that runs.
func (con *console) usage(err error) error { return &usageError{err, con.command} }

// isUsage says whether the fault is in what was typed or set, and not in the result.
func isUsage(err error) bool {
	_, typed := errors.AsType[*usageError](err)
	_, set := errors.AsType[*app.ConfigError](err)
	return typed || set || errors.Is(err, api.ErrURL) || errors.Is(err, api.ErrKey)
}

// withSetting adds to an error about the server's URL or the API key which flag or setting to change.
func (con *console) withSetting(err error) error {
	if p, ok := errors.AsType[*api.Problem](err); ok {
		if p.Status == http.StatusUnauthorized {
			err = fmt.Errorf("%w; give one that it knows with --api-key or REDIAL_API_KEY", err)
			if con.command == "redial keys create" {
				err = fmt.Errorf("%w; where there is none, --in-database makes a key in the database itself "+
					"(SQLite: while redial does not serve)", err)
			}
		}
		// a wrong path in the URL
		if p.Status == http.StatusNotFound && strings.HasPrefix(p.Detail, "there is nothing at this path") {
			err = fmt.Errorf("%w; --url or REDIAL_URL says where it is", err)
		}
		return err
	}
	if errors.Is(err, api.ErrKey) {
		return fmt.Errorf("%w; --api-key or REDIAL_API_KEY gives it", err)
	}
	if errors.Is(err, api.ErrURL) || con.asked != "" && strings.Contains(err.Error(), con.asked) {
		return fmt.Errorf("%w; --url or REDIAL_URL says where it is", err)
	}
	return err
}

// misread says in redial's words what kong could not read.
func misread(err error) error {
	e, ok := errors.AsType[*kong.ParseError](err)
	if !ok {
		return err
	}
	text := kongsWords.Replace(likeFlag.ReplaceAllString(e.Error(),
		"needs a value; one that begins with - is written $2=$1"))
	if node := e.Context.Selected(); node != nil { // kong puts this before the error of a Validate
		text = strings.TrimPrefix(text, node.Path()+": ")
	}
	text = fromSetting.ReplaceAllString(text, "$2: $1")
	if e.Context.Selected() == nil || len(e.Context.Selected().Children) > 0 {
		text = strings.Replace(text, "unexpected argument", "there is no command", 1)
	}
	return &usageError{errors.New(bySetting(e.Context, text) + meant(e.Context, text)), commandOf(e.Context)}
}

// kongsWords replaces names of Go types by words that say what to write.
var kongsWords = strings.NewReplacer(
	"expected a valid 64 bit int but got", "must be a whole number, not",
	"expected a valid 64 bit uint but got", "must be a whole number, not",
	"expected a float but got", "must be a number, not",
	`expected string value but got "EOL" (<EOL>)`, "needs a value",
	"expected string value but got", "needs a value, not",
	"invalid map value", "a value must be a whole number, not",
	" (string)", "",
)

// fromSetting matches kong's error about a value from the environment.
var fromSetting = regexp.MustCompile(`(?s)^--[\w-]+: (.*) \(from envar (\w+)=".*"\)$`)

// likeFlag matches kong's error about a value that begins with -.
var likeFlag = regexp.MustCompile(`expected \w+ value but got "(-.*?)" \((?:short|long) flag\); ` +
	`perhaps try (--[\w-]+)=.*\?$`)

// commandOf is the command line up to the first flag.
func commandOf(ctx *kong.Context) string {
	if node := ctx.Selected(); node != nil {
		return node.FullPath()
	}
	return ctx.Model.Name
}

// bySetting puts the setting's name into an error about a flag that nobody has typed.
func bySetting(ctx *kong.Context, text string) string {
	name := leadingFlag.FindString(text)
	for _, flag := range flagsOf(ctx) {
		typed := slices.ContainsFunc(ctx.Args, func(arg string) bool {
			return arg == name || strings.HasPrefix(arg, name+"=")
		})
		if "--"+flag.Name != name || len(flag.Envs) == 0 || typed {
			continue
		}
		return flag.Envs[0] + strings.TrimPrefix(text, name)
	}
	return text
}

// checkEmpty refuses an empty argument: it comes from a shell variable that was never set, and a DELETE of
// the call "" deletes no call. It refuses an empty flag too, unless the flag overrides a setting of the environment.
func checkEmpty(ctx *kong.Context) error {
	for _, p := range ctx.Path {
		value, name := p.Positional, ""
		switch {
		case p.Flag != nil && !p.Resolved && len(p.Flag.Envs) == 0:
			value, name = p.Flag.Value, "--"+p.Flag.Name
		case p.Positional != nil:
			name = "<" + p.Positional.Name + ">"
		default:
			continue
		}
		if blank(value.Target) || p.Flag != nil && holdsSeveral(value.Target) && typedEmpty(ctx.Args, name) {
			return fmt.Errorf("%s is empty", name)
		}
		if text := value.Target.String(); p.Positional != nil && (text == "." || text == "..") {
			return fmt.Errorf("%s can't be %s", name, text) // in a URL's path these mean another path
		}
	}
	return nil
}

// blank says that a value is an empty text, or several of which one is empty.
func blank(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.TrimSpace(v.String()) == ""
	case reflect.Slice:
		for i := range v.Len() {
			if blank(v.Index(i)) {
				return true
			}
		}
	}
	return false
}

func holdsSeveral(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Map }

// typedEmpty says that a flag was typed with an empty value. kong adds nothing to a list or a map for one.
func typedEmpty(args []string, name string) bool {
	for i, arg := range args {
		value, typed := strings.CutPrefix(arg, name+"=")
		if arg == name && i+1 < len(args) {
			value, typed = args[i+1], true
		}
		if typed && strings.TrimSpace(value) == "" {
			return true
		}
	}
	return false
}

var leadingFlag = regexp.MustCompile(`^--[\w-]+`)

func flagsOf(ctx *kong.Context) (flags []*kong.Flag) {
	for _, p := range ctx.Path {
		flags = append(flags, p.Flags...)
	}
	return flags
}

var unknown = regexp.MustCompile(`^(?:there is no command|unknown flag) (\S+)$`)

// meant asks whether another name was meant, if kong does not. kong only finds small differences, and none of case.
func meant(ctx *kong.Context, text string) string {
	wrong := unknown.FindStringSubmatch(text)
	if wrong == nil {
		return ""
	}
	var names []string
	if strings.HasPrefix(wrong[1], "-") {
		for _, flag := range flagsOf(ctx) {
			names = append(names, "--"+flag.Name)
		}
	} else {
		node := ctx.Selected()
		if node == nil {
			node = ctx.Model.Node
		}
		for _, child := range node.Children {
			names = append(names, child.Name)
		}
	}
	if name := nearest.Of(wrong[1], names); name != "" {
		return fmt.Sprintf(", did you mean %q?", name)
	}
	return ""
}
