package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"redial/api"
	"redial/internal/freeaddr"
	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"redial": main})
}

// TestScripts runs what a person would type, in separate processes, on SQLite; a script whose name says so uses
// PostgreSQL.
func TestScripts(t *testing.T) {
	// Under nohup SIGHUP is ignored, and a child process inherits that. A signal that is caught here is not ignored by
	// the child.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(caught) })
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setUp(t, nil),
		Cmds:  commandsOfScripts(),
	})
}

// TestScriptsOnServers runs some scripts that store calls once more, on PostgreSQL and MariaDB.
func TestScriptsOnServers(t *testing.T) {
	for name, server := range map[string]func(testing.TB) string{"postgres": pgtest.New, "mariadb": mariadbtest.New} {
		t.Run(name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Files: []string{"testdata/script/three_rings.txtar", "testdata/script/show.txtar", "testdata/script/kill.txtar"},
				Setup: setUp(t, func() string { return server(t) }),
				Cmds:  commandsOfScripts(),
			})
		})
	}
}

func commandsOfScripts() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"start": cmdStart, "end": cmdEnd, "status": cmdStatus, "await": cmdAwait, "tell": cmdTell, "get": cmdGet,
		"firstid": cmdFirstID,
		"receive": cmdReceive, "hears": cmdHears, "endpointid": cmdEndpointID, "delivered": cmdDelivered,
		"prints": cmdPrints, "types": cmdTypes,
		"interrupted": cmdInterrupted, "hangup": cmdHangup, "startinterminal": cmdStartInTerminal,
	}
}

// setUp gives a script the account of a simulated Twilio, two free ports and a database.
func setUp(t *testing.T, database func() string) func(*testscript.Env) error {
	return func(env *testscript.Env) error {
		env.Values["processes"] = map[string]*process{}
		for name, v := range map[string]string{
			"TWILIO_ACCOUNT_SID": simAccount, "TWILIO_AUTH_TOKEN": simToken, "REDIAL_FROM": demoFrom,
			"REDIAL_CALLS_PER_SECOND": "20", "DATABASE_URL": "sqlite:redial.db", "TZ": "UTC",
		} {
			env.Setenv(name, v)
		}
		if database != nil {
			env.Setenv("DATABASE_URL", database())
		}
		redial, err := freeaddr.New()
		if err != nil {
			return err
		}
		twilio, err := freeaddr.New()
		if err != nil {
			return err
		}
		env.Setenv("REDIAL_LISTEN", redial)
		env.Setenv("REDIAL_URL", "http://"+redial)
		env.Setenv("HOST_URL", "http://"+redial)
		env.Setenv("SIM", twilio)
		env.Setenv("REDIAL_TWILIO_BASE_URL", "http://"+twilio)
		return nil
	}
}

func findIn(path, name string) string {
	for _, dir := range filepath.SplitList(path) {
		if file := filepath.Join(dir, name); isFile(file) {
			return file
		}
	}
	return name
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

func environ(ts *testscript.TestScript) (env []string) {
	for _, name := range []string{"PATH", "HOME", "TZ", "TMPDIR", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN",
		"REDIAL_FROM", "REDIAL_ALLOWED_REGIONS",
		"REDIAL_CALLS_PER_SECOND", "DATABASE_URL", "REDIAL_LISTEN", "REDIAL_URL", "HOST_URL", "REDIAL_TWILIO_BASE_URL",
		"REDIAL_API_KEYS", "REDIAL_WEBHOOK_URLS", "REDIAL_WEBHOOK_SECRETS", "REDIAL_WEBHOOK_ALLOW_PRIVATE",
		"REDIAL_LISTEN_SECRET", "REDIAL_PRESETS", "REDIAL_CONFIG", "REDIAL_MAX_WAITING_PER_NUMBER"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// cmdStatus runs redial and expects an exit status: status N ARGS….
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N ARGS…")
	}
	err := ts.Exec("redial", args[1:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, _ := strconv.Atoi(args[0]); got != want {
		ts.Fatalf("redial %s: exit status %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// cmdAwait waits until a call's timeline has an event of this type: await ID TYPE.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await ID TYPE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	found := errors.New("found")
	client := &api.Client{URL: ts.Getenv("REDIAL_URL")}
	err := client.Follow(ctx, args[0], 0, func(e api.Event) error {
		if e.Type == args[1] {
			return found
		}
		return nil
	})
	if !errors.Is(err, found) {
		ts.Fatalf("the call came to its end without %s: %v", args[1], err)
	}
}

// cmdTell tells a trigger what has happened: tell NAME EVENT.
func cmdTell(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tell NAME EVENT")
	}
	client := &api.Client{URL: ts.Getenv("REDIAL_URL")}
	_, _, err := client.Tell(context.Background(), args[0], []byte(args[1]))
	ts.Check(err)
}

// cmdGet writes the answer from a URL into a file: get FILE URL.
func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: get FILE URL")
	}
	res, err := http.Get(args[1])
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), fmt.Appendf(body, "\n"), 0o600))
}

// cmdFirstID sets VAR to the id of the newest call: firstid VAR.
func cmdFirstID(ts *testscript.TestScript, neg bool, args []string) {
	client := &api.Client{URL: ts.Getenv("REDIAL_URL")}
	page, err := client.List(context.Background(), api.ListQuery{Limit: 1})
	ts.Check(err)
	if neg || len(args) != 1 || len(page.Calls) == 0 {
		ts.Fatalf("usage: firstid VAR, with at least one call")
	}
	ts.Setenv(args[0], page.Calls[0].ID)
}
