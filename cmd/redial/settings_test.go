package main

import (
	"bytes"
	"debug/elf"
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Settings in the environment may come from files, with a newline at the end: the story is the same.
func TestSettingsMayEndWithANewline(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Files: []string{"testdata/script/three_rings.txtar"},
		Setup: func(env *testscript.Env) error {
			if err := setUp(t, nil)(env); err != nil {
				return err
			}
			for i, pair := range env.Vars {
				for _, ours := range []string{"TWILIO_", "REDIAL_", "HOST_URL=", "DATABASE_URL="} {
					// the script's own commands read REDIAL_URL
					if strings.HasPrefix(pair, ours) && !strings.HasPrefix(pair, "REDIAL_URL=") {
						env.Vars[i] = pair + " \r\n"
					}
				}
			}
			for _, name := range []string{"REDIAL_PRESETS", "REDIAL_LOG_LEVEL", "REDIAL_MIGRATE", "REDIAL_RETENTION_DAYS"} {
				env.Setenv(name, " \n") // counts as not set
			}
			return nil
		},
		Cmds: commandsOfScripts(),
	})
}

// A password that is not escaped gives an invalid or a different URL. redial uses neither, and shows nothing of the
// password.
func TestADatabaseURLThatCantBeRead(t *testing.T) {
	t.Setenv("TWILIO_ACCOUNT_SID", simAccount)
	t.Setenv("TWILIO_AUTH_TOKEN", simToken)
	t.Setenv("HOST_URL", "")
	for _, password := range []string{
		"se@cret4711", "@secret", "secret@", "se@cret@4711", "se@cret/4711", "se/cret", "1234/4711", "4711/12@34",
		"#secret", "se#cret4711", "se?cret4711", "1234?4711", "1234?secret=4711", "1234/4711?secret=5",
		"se%cret", "se%zzcret", "100%", "se[cret", "se]cret", "se cret", "se^cret", "se\"cret", "se\\cret", "se<cret>",
		"se`cret", "se{cret}", "se|cret",
		"12#34", "12/34#56", "s@e@c/ret",
	} {
		for _, command := range []string{"serve", "migrate"} {
			for _, link := range []string{
				"postgres://redial:" + password + "@db.example.invalid:5432/calls",
				"postgresql://redial:" + password + "@db.example.invalid/calls?sslmode=disable",
			} {
				t.Setenv("DATABASE_URL", link)
				said := new(bytes.Buffer)
				status := run(t.Context(), []string{command}, newConsole(said, said))
				if status != statusUsage || !strings.HasPrefix(said.String(), "redial: DATABASE_URL ") ||
					strings.Count(said.String(), "\n") != 1 {
					t.Errorf("%s with %s ends with %d: %s", command, link, status, said)
				}
				for _, piece := range strings.FieldsFunc(password, func(r rune) bool {
					return strings.ContainsRune("@/#?%=[] ", r)
				}) {
					if len(piece) > 3 && strings.Contains(said.String(), piece) {
						t.Errorf("%s with %s says %s", command, link, said)
					}
				}
			}
		}
	}
}

// An escaped password is read, and is not shown when the database can't be reached.
func TestADatabaseThatIsNotThere(t *testing.T) {
	const password = "s@e/c#r?e%t 4711"
	for _, link := range []string{
		"postgres://redial:" + url.QueryEscape(password) + "@127.0.0.1:1/calls?connect_timeout=2",
		"postgres://127.0.0.1:1/calls?user=redial@tenant&connect_timeout=2&password=" + url.QueryEscape(password),
		"postgres://redial:" + url.QueryEscape(password) + "@127.0.0.1,127.0.0.2/calls?port=1,1&connect_timeout=2",
	} {
		t.Setenv("DATABASE_URL", link)
		said := new(bytes.Buffer)
		status := run(t.Context(), []string{"migrate"}, newConsole(said, said))
		if status != statusFailed || strings.Contains(said.String(), "4711") ||
			strings.Contains(said.String(), url.QueryEscape(password)) {
			t.Errorf("it ends with %d: %s", status, said)
		}
	}
}

// make build makes one file that runs alone.
func TestTheBinaryIsStatic(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Fatal("this is about Linux's binaries: run it there")
	}
	binary := filepath.Join(t.TempDir(), "redial")
	build := exec.CommandContext(t.Context(), "make", "-C", "../..", "build", "BIN="+binary)
	build.Env = append(build.Environ(), "MAKEFLAGS=", "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	if err != nil || len(libraries) > 0 {
		t.Errorf("it needs %q, %v", libraries, err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a dynamic linker")
		}
	}
}

// A terminal without UTF-8 sends bytes that JSON can't contain: U+FFFD would be spoken.
func TestArgumentsAreText(t *testing.T) {
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"call", "+819012345678", "--say", "\x83T\x81["}, newConsole(&out, &errs))
	if status != statusUsage || !strings.Contains(errs.String(), "argument 4 is not text in UTF-8") {
		t.Errorf("exit status %d: %s%s", status, out.String(), errs.String())
	}
}
