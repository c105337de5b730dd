package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/internal/freeaddr"
)

var articlePages = []string{"docs/from-the-article.md", "docs/from-the-article.ja.md"}

// shown is the block of a page whose fence says so.
func shown(t *testing.T, page, lang, kind string) string {
	t.Helper()
	for _, b := range blocks(page, pages(t)[page]) {
		if b.lang == lang && b.kind == kind {
			return b.text
		}
	}
	t.Fatalf("%s has no block %s %s", page, lang, kind)
	return ""
}

// TestTheArticlePages holds the two pages against each other, as both show the same code, and against the files of the
// example.
func TestTheArticlePages(t *testing.T) {
	comment := regexp.MustCompile(`(?m)^ *# .*\n`)
	var each [][]string
	for _, name := range articlePages {
		var all []string
		for _, b := range blocks(name, pages(t)[name]) {
			all = append(all, b.lang+" "+b.kind+"\n"+comment.ReplaceAllString(b.text, ""))
		}
		each = append(each, all)
	}
	if diff := cmp.Diff(each[0], each[1]); diff != "" {
		t.Errorf("-English +Japanese:\n%s", diff)
	}
	for file, kind := range map[string][2]string{"redial.sql": {"sql"}, "redial.yaml": {"yaml", "triggers"}} {
		text, err := os.ReadFile(filepath.Join(root, filepath.Dir(composeFile), file))
		if err != nil {
			t.Fatal(err)
		}
		if block := shown(t, articlePages[0], kind[0], kind[1]); !strings.HasSuffix(string(text), block) {
			t.Errorf("the page shows of %s\n%s\nand it is\n%s", file, block, text)
		}
	}
	operator := strings.NewReplacer("a password", "redial").Replace(shown(t, "docs/operations.md", "sql", ""))
	if sql := strings.ReplaceAll(shown(t, articlePages[0], "sql", ""), "IF NOT EXISTS ", ""); operator != sql {
		t.Errorf("operators are told\n%s\nand who comes from the article\n%s", operator, sql)
	}
	if p := pages(t)[articlePages[0]]; !strings.Contains(p, "Bearer "+composedKey(t)+"'") {
		t.Error("the page sends another API key than the one of the example")
	}
}

func composedKey(t *testing.T) string {
	t.Helper()
	return *composed(t).Services["redial"].Environment["REDIAL_API_KEYS"]
}

// TestTheComposeOverride has the file that the page shows read beside one of an application, as docker compose does.
func TestTheComposeOverride(t *testing.T) {
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "compose.yaml"), filepath.Join(dir, "compose.override.yaml")}
	for i, text := range []string{
		"name: shop\nservices: {db: {image: mysql}, web: {image: shop}}", shown(t, articlePages[0], "yaml", "compose"),
	} {
		if err := os.WriteFile(files[i], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	given := map[string]string{
		"TWILIO_ACCOUNT_SID": simAccount, "TWILIO_AUTH_TOKEN": simToken, "HOST_URL": "https://redial.example.com",
		"REDIAL_API_KEY": "0123456789abcdef", "WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
	}
	var env []string
	for name, value := range given {
		env = append(env, name+"="+value)
	}
	o, err := cli.NewProjectOptions(files, cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	is := p.Services["redial"].Environment
	triggers := filepath.Join(dir, "redial.yaml")
	if err := os.WriteFile(triggers, []byte(shown(t, articlePages[0], "yaml", "triggers")), 0o600); err != nil {
		t.Fatal(err)
	}
	// Status 2 would mean that serve does not start with such settings; here it is 1, as nobody serves.
	cmd := exec.CommandContext(t.Context(), "redial", "check", "--live")
	cmd.Env = []string{image(t)["ENV"]}
	for name, value := range is {
		if !hasSetting(model(t), "serve", name) {
			t.Errorf("redial serve does not read %s", name)
		}
		cmd.Env = append(cmd.Env, name+"="+strings.ReplaceAll(*value, "/etc/redial/redial.yaml", triggers))
	}
	listen, err := freeaddr.New() // somebody may serve at the image's
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "REDIAL_LISTEN="+listen)
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != statusFailed {
		t.Errorf("the settings of the page can't be used:\n%s", out)
	}
}

// rails is what the page's controller needs of Rails.
const rails = `
Request = Struct.new(:raw_post, :headers)
module ActionController
  class API
    attr_reader :request
    def self.rescue_from(error, &answer) = @rescued = [error, answer]
    def self.call(request)
      controller = new(request)
      controller.create
    rescue => e
      error, answer = @rescued
      raise unless e.is_a?(error)
      controller.instance_exec(&answer)
    end
    def initialize(request) = @request = request
    def head(status) = puts(status)
  end
end
class Order
  def self.find(id) = new.tap { |order| order.instance_variable_set(:@id, id) }
  def update!(told:) = puts("order #{@id} told #{told}")
end
`

// TestTheArticlesControllerHears gives the page's controller what redial would send it, and what it must not believe.
func TestTheArticlesControllerHears(t *testing.T) {
	const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	ended := `{"type": "call.ended", "data": {"call": {"outcome": "unreached", "metadata": {"order": "42"}}}}`
	for body, want := range map[string]string{
		ended: "order 42 told unreached\nno_content",
		`{"type": "attempt.ended", "data": {"call": {"metadata": {"order": "42"}}}}`:  "no_content",
		`{"type": "call.ended", "data": {"call": {"outcome": "reached"}}}`:            "no_content",
		strings.Replace(ended, "unreached", "reached", 1) + "forged on the way here ": "unauthorized",
	} {
		now := time.Now()
		signature, err := wh.Sign("evt_1", now, []byte(strings.TrimSuffix(body, "forged on the way here ")))
		if err != nil {
			t.Fatal(err)
		}
		code := rails + shown(t, "docs/webhooks.md", "ruby", "") +
			shown(t, articlePages[0], "ruby", "app/controllers/redial_controller.rb") +
			fmt.Sprintf(`RedialController.call(Request.new(%q, {"webhook-id" => "evt_1", "webhook-timestamp" => "%d", `+
				`"webhook-signature" => %q}))`, body, now.Unix(), signature)
		cmd := exec.CommandContext(t.Context(), "ruby", "-e", code)
		cmd.Env = append(os.Environ(), "WEBHOOK_SECRET="+secret)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: it says %q, not %q (ruby is needed, and make deps-test installs it): %v", body, got, want, err)
		}
	}
}
