package internal_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redial/internal/app"
)

// runs runs a tool in deploy/, and returns what it printed; it fails the test where the tool is not there, or
// does not exit with 0.
func runs(t *testing.T, stdin string, tool string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Fatalf("%s is needed, and make deps-test installs it: %v", tool, err)
	}
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Dir, cmd.Stdin = filepath.Join(root, "deploy"), strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestTheServiceIsLocked has systemd say how much the service could do that it never does.
func TestTheServiceIsLocked(t *testing.T) {
	runs(t, "", "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", "redial.service")
}

// TestTheServiceIsSound has systemd read the unit, which passes over what it does not know.
func TestTheServiceIsSound(t *testing.T) {
	unit := strings.ReplaceAll(page(t, "deploy/redial.service"), "/usr/local/bin/redial", "/bin/true")
	file := filepath.Join(t.TempDir(), "redial.service")
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := runs(t, "", "systemd-analyze", "verify", "--man=no", file); strings.Contains(out, "redial.service:") {
		t.Errorf("systemd does not understand the unit:\n%s", out)
	}
}

// TestTheServiceSuitsRedial looks for what redial can't do without.
func TestTheServiceSuitsRedial(t *testing.T) {
	unit := page(t, "deploy/redial.service")
	for _, line := range []string{
		"ExecStart=/usr/local/bin/redial serve", "EnvironmentFile=/etc/redial.env",
		"ExecReload=/bin/kill -HUP $MAINPID",
		"StateDirectory=redial", "WorkingDirectory=/var/lib/redial", // where sqlite:redial.db is
		"Restart=always", "RestartPreventExitStatus=2", // a setting is wrong
		"RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", // Twilio, webhooks, a database beside it
		"TimeoutStopSec=60",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit does not say %s", line)
		}
	}
	if !strings.Contains(page(t, "docs/operations.md"), "(../deploy/redial.service)") {
		t.Error("the page does not lead to it")
	}
}

// TestAlertRules has Prometheus check the rules, and try each with figures that make it fire and others that don't.
func TestAlertRules(t *testing.T) {
	runs(t, "", "promtool", "check", "rules", "alerts.yml")
	runs(t, "", "promtool", "test", "rules", "alerts_test.yml")

	rules := names(`(?m)^ +- alert: (\w+)$`, page(t, "deploy/alerts.yml"))
	cases := page(t, "deploy/alerts_test.yml")
	quiet := slices.Compact(names(`\{alertname: (\w+), eval_time: \w+, exp_alerts: \[\]\}`, cases))
	fire := slices.Compact(names(`(?m)^ +- alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:\n +- exp_labels`, cases))
	onPage := listed(t, page(t, "docs/operations.md"), "### Alerts")
	for what, list := range map[string][]string{
		"are tried with quiet figures": quiet, "are seen to fire": fire, "are on the page": onPage,
	} {
		if diff := cmp.Diff(rules, list); diff != "" {
			t.Errorf("the alerts that %s, -rules +these:\n%s", what, diff)
		}
	}
}

// names are what a pattern finds, sorted.
func names(pattern, text string) (list []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return slices.Sorted(slices.Values(list))
}

// TestMetrics has Prometheus read the metrics of a node that has just begun, and holds their names against the
// page and the rules: all are there from the start, so that an alert is never blind.
func TestMetrics(t *testing.T) {
	metrics := scrape(t)
	runs(t, metrics, "promtool", "check", "metrics")

	exposed := slices.Compact(names(`(?m)^# TYPE (redial_\w+) `, metrics))
	operations := page(t, "docs/operations.md")
	var onPage []string
	for _, name := range listed(t, operations, "### Metrics") {
		name, _, _ = strings.Cut(name, "{")
		onPage = append(onPage, name)
	}
	slices.Sort(onPage)
	if diff := cmp.Diff(exposed, onPage); diff != "" {
		t.Errorf("metrics, -node +page:\n%s", diff)
	}
	suffix := regexp.MustCompile(`_(bucket|sum|count)$`)
	for _, text := range []string{operations, page(t, "deploy/alerts.yml"), page(t, "deploy/alerts_test.yml")} {
		for _, name := range names(`[^.\w](redial_[a-z_]+)\b`, text) {
			if !slices.Contains(exposed, name) && !slices.Contains(exposed, suffix.ReplaceAllString(name, "")) {
				t.Errorf("there is no metric %s", name)
			}
		}
	}
	// What a rule asks of a label has to be one that there is.
	selector := regexp.MustCompile(`(redial_\w+)\{(\w+)=(~?)"([^"]+)"\}`)
	for _, m := range selector.FindAllStringSubmatch(page(t, "deploy/alerts.yml"), -1) {
		for value := range strings.SplitSeq(m[4], "|") {
			if !strings.Contains(metrics, "\n"+m[1]+"{"+m[2]+`="`+value+`"}`) {
				t.Errorf("a rule asks for %s{%s=%q}, which there is not", m[1], m[2], value)
			}
		}
	}
}

// scrape is the metrics page of a node that has just begun.
func scrape(t *testing.T) string {
	t.Helper()
	node, err := app.New(t.Context(), app.Config{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "redial.db"), Migrate: true,
		AccountSID: "AC00000000000000000000000000000000", AuthTokens: []string{"token"}, From: "+815012345678",
		CallsPerSecond: 1, MaxWaiting: 100000, MaxPerNumber: 200, RetentionDays: 90,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	out := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/metrics", nil)
	r.RemoteAddr = "127.0.0.1:1"
	node.Handler().ServeHTTP(out, r)
	if out.Code != http.StatusOK {
		t.Fatal(out.Code, out.Body)
	}
	return out.Body.String()
}
