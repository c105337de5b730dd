package main

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"redial/api"
	"redial/internal/app"
)

// warn warns of secrets in flags: everybody who lists the machine's processes can read them. The tag secret:"" marks
// flags that hold a secret, secret:"url" marks URLs that may contain one.
func (con *console) warn(command *kong.Context) {
	for _, p := range command.Path {
		if p.Flag == nil || p.Resolved || !p.Flag.Tag.Has("secret") ||
			p.Flag.Tag.Get("secret") == "url" && !secretURL(p.Flag) {
			continue
		}
		instead := ""
		if len(p.Flag.Envs) > 0 {
			instead = ": set " + p.Flag.Envs[0] + " instead"
		}
		con.warning("--%s is a secret, and whoever lists this machine's processes sees it%s", p.Flag.Name, instead)
	}
}

// secretURL says whether one of a flag's URLs has a password or, for webhooks, a query.
func secretURL(f *kong.Flag) bool {
	links, several := f.Target.Interface().([]string)
	if !several {
		links = []string{f.Target.String()}
	}
	return slices.ContainsFunc(links, func(link string) bool {
		u, err := url.Parse(link)
		if err != nil || u.Opaque != "" || u.Scheme == "" {
			return strings.Contains(link, "@") // a password that is not escaped, or a URL without a scheme
		}
		_, has := u.User.Password()
		return has || u.Query().Has("password") || u.RawQuery != "" && strings.HasPrefix(u.Scheme, "http")
	})
}

// warnPlain warns of a URL over which others on the way can listen.
func (con *console) warnPlain(name, link string) {
	if app.PlainHTTP(link) {
		con.warning("%s is plain http to another host: secrets, numbers and messages can be read on the way", name)
	}
}

// AfterApply checks the URL of every command that asks a redial.
func (s *server) AfterApply(con *console) error { //nolint:unparam // kong's hooks return an error
	con.asked = s.client().Address()
	name := "--url"
	if s.URL == os.Getenv("REDIAL_URL") {
		name = "REDIAL_URL"
	}
	con.warnPlain(name, s.URL)
	return nil
}

// waitsFor is how long a command that goes on waits for a server that is unreachable.
const waitsFor = 15 * time.Minute

// patient is a client that waits for its server, and says so. meanwhile is added to that.
func (con *console) patient(client *api.Client, meanwhile string) *api.Client {
	patient := *client
	patient.Patience = waitsFor
	patient.Away = func(err error) {
		if err == nil {
			con.warning("%s answers again", client.Address())
			return
		}
		con.warning("%v; still trying, for %d minutes at most%s", con.withSetting(err), int(waitsFor.Minutes()), meanwhile)
	}
	return &patient
}
