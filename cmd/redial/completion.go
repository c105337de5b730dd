package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/posener/complete"
	"github.com/willabides/kongplete"

	"redial/api"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (c *completionCmd) Help() string {
	return "Prints what makes the shell complete commands, flags, their values, " +
		"presets and the ids of calls and webhook endpoints. " +
		"In ~/.bashrc: source <(redial completion bash). In ~/.zshrc: source <(redial completion zsh). " +
		"Of fish: redial completion fish > ~/.config/fish/completions/redial.fish."
}

// shells has what each shell must run. %[1]s is the quoted binary, and %[2]s is that quoted once more, for a place
// inside a command. Each shell runs the binary with the line in COMP_LINE, as bash does.
var shells = map[string]string{
	"bash": "complete -o default -C %[2]s redial\n",
	"zsh": "(( $+functions[compdef] )) || { autoload -U +X compinit && compinit }\n" +
		"autoload -U +X bashcompinit && bashcompinit\ncomplete -o default -C %[2]s redial\n",
	"fish": "function __complete_redial\n" +
		"    set -lx COMP_LINE (commandline -cp)\n" +
		"    set -lx COMP_POINT (string length -- $COMP_LINE)\n" +
		"    %[1]s\n" +
		"end\ncomplete -c redial -f -a '(__complete_redial)'\n",
}

func (c *completionCmd) Run(con *console) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	word := quoted(binary)
	_, err = io.WriteString(con.out, fmt.Sprintf(shells[c.Shell], word, quoted(word)))
	return err
}

// completes says whether a shell asks how a line can continue.
func completes() bool { return os.Getenv("COMP_LINE") != "" && os.Getenv("COMP_POINT") != "" }

// complete prints how the line can continue.
func (con *console) complete(ctx context.Context, parser *kong.Kong) error {
	ctx, cancel := context.WithTimeout(ctx, completeTime)
	defer cancel()
	command, err := kongplete.Command(parser, kongplete.WithPredictors(predictors(ctx, parser.Model)))
	if err != nil {
		return err
	}
	command.GlobalFlags["--version"] = complete.PredictNothing
	answer := complete.New(parser.Model.Name, command)
	answer.Out = con.out
	answer.Complete()
	return nil
}

// completeTime is how long to wait for a server after a press of Tab.
const completeTime = 700 * time.Millisecond

// predictors are the completions that tags name: answers of the server, files, or the words in the tag itself.
func predictors(ctx context.Context, model *kong.Application) map[string]complete.Predictor {
	all := map[string]complete.Predictor{
		"files": complete.PredictFiles("*"),
		"commands": complete.PredictFunc(func(complete.Args) (names []string) {
			for _, child := range model.Children {
				names = append(names, child.Name)
			}
			return names
		}),
		"calls": asking(func(c *api.Client) (ids []string) {
			page, _ := c.List(ctx, api.ListQuery{}) // on an error nothing is offered
			for _, call := range page.Calls {
				ids = append(ids, call.ID)
			}
			return ids
		}),
		"endpoints": asking(func(c *api.Client) (ids []string) {
			list, _ := c.Endpoints(ctx)
			for _, e := range list {
				ids = append(ids, e.ID)
			}
			return append(ids, "call")
		}),
		"rotas": asking(func(c *api.Client) (names []string) {
			list, _ := c.Rotas(ctx)
			for _, r := range list.Rotas {
				names = append(names, r.Name)
			}
			return names
		}),
		"presets": asking(func(c *api.Client) (names []string) {
			presets, _ := c.Presets(ctx)
			if len(presets) == 0 { // no answer: offer the built-in ones
				_ = json.Unmarshal(api.Presets, &presets)
			}
			return slices.Collect(maps.Keys(presets))
		}),
	}
	_ = kong.Visit(model, func(n kong.Visitable, next kong.Next) error { // this visitor never fails
		if v, ok := n.(*kong.Flag); ok && v.Tag.Has("predictor") {
			if words := v.Tag.Get("predictor"); all[words] == nil {
				all[words] = complete.PredictSet(strings.Split(words, ",")...)
			}
		}
		return next(nil)
	})
	return all
}

// plain matches a name that a shell needs not quote.
var plain = regexp.MustCompile(`^[\w.-]+$`)

// asking asks the server that the line names, or else that of the settings.
func asking(names func(*api.Client) []string) complete.Predictor {
	return complete.PredictFunc(func(a complete.Args) []string {
		client := &api.Client{URL: os.Getenv("REDIAL_URL"), Key: os.Getenv("REDIAL_API_KEY")}
		for i, word := range a.Completed {
			if url, ok := strings.CutPrefix(word, "--url="); ok {
				client.URL = url
			} else if word == "--url" && i+1 < len(a.Completed) {
				client.URL = a.Completed[i+1]
			}
		}
		if client.URL == "" {
			client.URL = defaultURL
		}
		return slices.DeleteFunc(names(client), func(name string) bool { return !plain.MatchString(name) })
	})
}
