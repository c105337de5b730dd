package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"redial/api"
	"redial/internal/app"
)

type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make an API key; prints its secret this once."`
	List   keysListCmd   `cmd:"" help:"List the API keys of the database."`
	Rotate keysRotateCmd `cmd:"" help:"Make a new key of a name; the one before works for another day."`
	Revoke keysRevokeCmd `cmd:"" help:"Refuse a key from now on."`
}

type keysCreateCmd struct {
	server      `embed:""`
	printed     `embed:""`
	Name        string   `arg:"" help:"Whose it is: calls and endpoints belong to this name."`
	Scope       []string `help:"What it may do, by commas: calls:write, calls:read, trigger:NAME, operate, numbers, metrics, admin." required:"" placeholder:"SCOPE"`
	Expires     string   `help:"How long it works, such as 90d or 12h; without, until it is revoked." placeholder:"DURATION"`
	InDatabase  bool     `help:"Make it in the database itself, without a server; one with SQLite must not be serving."`
	DatabaseURL string   `help:"The database, where no server is asked; default ${default}." env:"DATABASE_URL" secret:"url" default:"sqlite:redial.db" placeholder:"URL"`
}

func (c *keysCreateCmd) Help() string {
	return "Standard output has the secret alone. Where neither --url nor REDIAL_URL names a server, and none serves at " +
		defaultURL + ", the key is made in the database, as with --in-database: so the first one can be made " +
		"before redial serves others. A database that is new gets its tables."
}

func (c *keysCreateCmd) Run(ctx context.Context, con *console) error {
	expires, err := lifetime(c.Expires)
	if err != nil {
		return con.usage(fmt.Errorf("--expires: %w", err))
	}
	if c.InDatabase {
		return c.inDatabase(ctx, con, expires.Std())
	}
	k, err := c.client().CreateKey(ctx, api.CreateKey{Name: c.Name, Scopes: c.Scope, ExpiresIn: expires})
	if c.URL == defaultURL && os.Getenv("REDIAL_URL") == "" && errors.Is(err, syscall.ECONNREFUSED) {
		con.warning("no redial serves at %s: the key is made in %s", defaultURL, c.where())
		return c.inDatabase(ctx, con, expires.Std())
	}
	if err == nil {
		err = con.key(&k, c.JSON)
	}
	if err == nil && k.By == madeWithoutKey && !c.JSON {
		printf(con.err, "From now on every request needs an API key: export REDIAL_API_KEY=SECRET\n")
	}
	return err
}

// madeWithoutKey is who makes a key where redial serves this machine without one.
const madeWithoutKey = "local"

// where says in which database the key is made, without a password.
func (c *keysCreateCmd) where() string {
	switch u, err := url.Parse(c.DatabaseURL); {
	case err != nil:
		return "the database of DATABASE_URL"
	case u.Opaque != "":
		return c.DatabaseURL // a file
	default:
		return u.Scheme + "://" + u.Host + u.Path
	}
}

func (c *keysCreateCmd) inDatabase(ctx context.Context, con *console, expires time.Duration) error {
	k, secret, err := app.CreateKey(ctx, c.DatabaseURL, c.Name, c.Scope, expires,
		func(sentence string) { con.warning("%s", sentence) })
	if err != nil {
		return err
	}
	return con.key(&api.Key{
		ID: k.ID, Name: k.Name, Hint: k.Hint, Scopes: c.Scope, By: k.CreatedBy, Secret: secret, CreatedAt: k.CreatedAt,
		ExpiresAt: k.ExpiresAt,
	}, c.JSON)
}

// lifetime reads how long a key works. Days are no unit of the API, since a day may have 23 hours.
func lifetime(text string) (api.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil && n > 0 {
			return api.Duration(time.Duration(n) * 24 * time.Hour), nil //nolint:gosec // of 16 bits
		}
	}
	if text == "" {
		return 0, nil
	}
	return api.ParseDuration(text)
}

// key shows an API key with its secret, which is shown this once.
func (con *console) key(k *api.Key, asJSON bool) error {
	if asJSON {
		return printJSON(con.out, k)
	}
	printf(con.out, "%s\n", k.Secret)
	printf(con.err, "This is the secret of %s, of %s, which %s. Keep it: it is not shown again.\n",
		k.ID, k.Name, stateOfKey(k))
	return nil
}

type keysListCmd struct {
	server  `embed:""`
	printed `embed:""`
}

func (c *keysListCmd) Run(ctx context.Context, con *console) error {
	list, err := c.client().Keys(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, api.KeyList{Keys: list})
	}
	t := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
	printf(t, "NAME\tID\tSECRET\tSCOPES\tLAST USED\tSTATE\n")
	for _, k := range list {
		used := "never"
		if !k.LastUsedAt.IsZero() {
			used = clock(k.LastUsedAt)
		}
		printf(t, "%s\t%s\t%s…\t%s\t%s\t%s\n", k.Name, k.ID, k.Hint, strings.Join(k.Scopes, ","), used, stateOfKey(&k))
	}
	return t.Flush()
}

func stateOfKey(k *api.Key) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked " + clock(k.RevokedAt)
	case k.ExpiresAt.IsZero():
		return "works"
	case time.Now().Before(k.ExpiresAt):
		return "works until " + clock(k.ExpiresAt)
	}
	return "expired " + clock(k.ExpiresAt)
}

// keyName is the argument of the others.
type keyName struct {
	server  `embed:""`
	printed `embed:""`
	Name    string `arg:"" help:"The name: all keys of it; to revoke one of them, its id."`
}

type keysRotateCmd struct {
	keyName `embed:""`
}

func (c *keysRotateCmd) Run(ctx context.Context, con *console) error {
	k, err := c.client().RotateKey(ctx, c.Name)
	if err != nil {
		return err
	}
	return con.key(&k, c.JSON)
}

type keysRevokeCmd struct {
	keyName `embed:""`
}

func (c *keysRevokeCmd) Run(ctx context.Context, con *console) error {
	if err := c.client().RevokeKey(ctx, c.Name); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, map[string]any{"name": c.Name, "revoked": true})
	}
	printf(con.out, "Revoked: %s. Calls and endpoints of the name stay.\n", c.Name)
	return nil
}
