package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
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
	Rotate keysRotateCmd `cmd:"" help:"Renew: make a new key of a name; those before work for a while."`
	Revoke keysRevokeCmd `cmd:"" help:"Refuse a key from now on; with --cancel also end what its name made."`
}

type keysCreateCmd struct {
	server      `embed:""`
	printed     `embed:""`
	Name        string   `arg:"" help:"Whose it is: calls and endpoints belong to this name."`
	Scope       []string `help:"What it may do, by commas: calls:write, calls:read, operate, numbers, metrics, admin, trigger:NAME." required:"" placeholder:"SCOPE"`
	Expires     string   `help:"How long it works, such as 90d or 12h, and no date; without, until it is revoked." placeholder:"DURATION"`
	InDatabase  bool     `help:"Make it in the database itself, without a server; one with SQLite must not be serving."`
	DatabaseURL string   `help:"The database, where no server is asked; default ${default}." env:"DATABASE_URL" secret:"url" default:"sqlite:redial.db" placeholder:"URL"`
}

func (c *keysCreateCmd) Help() string {
	return "Standard output has the secret alone. Where neither --url nor REDIAL_URL names a server, and none serves at " +
		defaultURL + ", the key is made in the database, as with --in-database: so the first one can be made " +
		"before redial serves others. A database that is new gets its tables. Where redial serves at another address " +
		"(REDIAL_LISTEN), name that with --url."
}

func (c *keysCreateCmd) Run(ctx context.Context, con *console) error {
	expires, err := keyExpires(c.Expires)
	if err != nil {
		return con.usage(err)
	}
	if c.InDatabase {
		return c.inDatabase(ctx, con, expires.Std())
	}
	k, err := c.client().CreateKey(ctx, api.CreateKey{Name: c.Name, Scopes: c.Scope, ExpiresIn: expires})
	if c.URL == defaultURL && os.Getenv("REDIAL_URL") == "" && errors.Is(err, syscall.ECONNREFUSED) {
		con.warning("no redial serves at %s: making the key in %s; if one serves elsewhere, --url makes that one make it",
			defaultURL, c.where())
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
	case strings.HasPrefix(c.DatabaseURL, "sqlite:"):
		return wholePath(strings.TrimPrefix(c.DatabaseURL, "sqlite:"))
	case u.Host == "":
		return "the database of DATABASE_URL"
	default:
		return u.Scheme + "://" + u.Host + u.Path
	}
}

// wholePath is the path of a file from the root; the name alone if the folder is not known.
func wholePath(name string) string {
	if path, err := filepath.Abs(name); err == nil {
		return path
	}
	return name
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

// keyExpires reads the flag --expires. Without it a key does not expire.
func keyExpires(text string) (api.Duration, error) {
	expires, err := lifetime(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("--expires: %w", err)
	case text != "" && expires <= 0:
		return 0, errors.New("--expires: must be longer than 0s; without it the key works until it is revoked")
	}
	return expires, nil
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
	if _, err := strconv.ParseUint(text, 10, 64); err == nil && strings.Trim(text, "0") != "" {
		return 0, fmt.Errorf("must be a duration with its unit: write %[1]sd for days, or %[1]sh for hours", text)
	}
	d, err := api.ParseDuration(text)
	if err != nil {
		return 0, errors.New("must be a duration such as 90d, 12h or 30m, with d, h or m behind the number")
	}
	return d, nil
}

// key shows an API key with its secret, which is shown this once.
func (con *console) key(k *api.Key, asJSON bool) error {
	if asJSON {
		return printJSON(con.out, k)
	}
	printf(con.out, "%s\n", k.Secret)
	printf(con.err, "This is the secret of the API key %s of %s. The key %s. Keep the secret: it is not shown again.\n",
		k.ID, k.Name, stateOfKey(k))
	return nil
}

type keysListCmd struct {
	server  `embed:""`
	printed `embed:""`
	All     bool `help:"Those that were revoked or have expired, too."`
}

func (c *keysListCmd) Run(ctx context.Context, con *console) error {
	list, err := c.client().Keys(ctx, !c.All)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, api.KeyList{Keys: list})
	}
	if len(list) == 0 {
		ended := map[bool]string{false: " that work; --all lists those that no longer do, too"}
		printf(con.err, "There are none%s.\n", ended[c.All])
		return nil
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

type keysRotateCmd struct {
	server  `embed:""`
	printed `embed:""`
	Name    string   `arg:"" help:"The name."`
	Overlap string   `help:"How long the keys before work, such as 1h or 7d, and not beyond their own end; 0s: they end at once; default ${default}." default:"24h" placeholder:"DURATION"`
	Scope   []string `help:"What the new key may do; without, what the one before may." placeholder:"SCOPE"`
	Expires string   `help:"How long the new key works, such as 90d; without, it ends when the one before would have." placeholder:"DURATION"`
}

func (c *keysRotateCmd) Run(ctx context.Context, con *console) error {
	overlap, err := lifetime(c.Overlap)
	if err != nil {
		return con.usage(fmt.Errorf("--overlap: %w", err))
	}
	expires, err := keyExpires(c.Expires)
	if err != nil {
		return con.usage(err)
	}
	k, err := c.client().RotateKey(ctx, c.Name,
		api.RotateKey{Overlap: &overlap, Scopes: c.Scope, ExpiresIn: expires})
	if err != nil {
		return err
	}
	return con.key(&k, c.JSON)
}

type keysRevokeCmd struct {
	server  `embed:""`
	printed `embed:""`
	Name    string `arg:"" help:"The name: all keys of it; to revoke one of them, its id."`
	Cancel  bool   `help:"Cancel the calls of the name, too, and remove its webhook endpoints."`
}

func (c *keysRevokeCmd) Run(ctx context.Context, con *console) error {
	all, err := c.client().RevokeKey(ctx, c.Name, c.Cancel)
	for err == nil && all.More {
		var r api.Revoked
		r, err = c.client().RevokeKey(ctx, c.Name, true)
		all.Canceled, all.Removed = all.Canceled+r.Canceled, append(all.Removed, r.Removed...)
		all.CallsLeft, all.EndpointsLeft, all.More = r.CallsLeft, r.EndpointsLeft, r.More
	}
	if err != nil && len(all.Keys) > 0 {
		again := c.command("keys", "revoke", c.Name, "--cancel")
		return fmt.Errorf("the key is revoked, but not all is canceled: %w; %s goes on", err, again)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, all)
	}
	con.revoked(&all)
	if left := !c.Cancel && all.CallsLeft+len(all.EndpointsLeft) > 0; left {
		printf(con.out, "They stay. To end them: %s\n", c.command("keys", "revoke", c.Name, "--cancel"))
	}
	return nil
}

// revoked says which keys were revoked, and what of their name was ended or goes on.
func (con *console) revoked(r *api.Revoked) {
	for _, k := range r.Keys {
		printf(con.out, "Revoked: %s, of %s\n", k.ID, k.Name)
	}
	if r.StillWorks {
		printf(con.out, "Another key of the name works: its calls and endpoints go on.\n")
	}
	if r.Canceled+len(r.Removed) > 0 {
		printf(con.out, "Ended: %s, %s\n", counted(r.Canceled, "call"), counted(len(r.Removed), "endpoint"))
	}
	switch {
	case r.CallsLeft+len(r.EndpointsLeft) > 0:
		printf(con.out, "Going on: %s, %s\n", atLeast(r.CallsLeft, "call"), counted(len(r.EndpointsLeft), "endpoint"))
	case !r.StillWorks:
		printf(con.out, "Nothing that %s made goes on.\n", r.Name)
	}
}

const mostCounted = 1000 // calls that a server counts

func atLeast(n int, what string) string {
	if n < mostCounted {
		return counted(n, what)
	}
	return counted(n, what) + " or more"
}
