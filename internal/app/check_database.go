package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"redial/internal/store"
	"redial/internal/store/engine"
)

const (
	databaseTime = 15 * time.Second
	clockBound   = 2 * time.Second // how far the database's clock may be off; beyond it a node does not dial
)

// inspect reads the state of the database once, since more than one part needs it.
func (e *Examination) inspect(ctx context.Context) (*store.Inspection, error) {
	e.inspected.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, databaseTime)
		defer cancel()
		if e.Store != nil {
			e.inspection, e.inspectErr = e.Store.Inspect(ctx)
			return
		}
		e.inspection, e.inspectErr = store.Inspect(ctx, e.Config.DatabaseURL)
	})
	return e.inspection, e.inspectErr
}

// database examines the database, and changes nothing there.
func (e *Examination) database(ctx context.Context) (list []Finding) {
	if !e.needs("DATABASE_URL") {
		return about("database", Finding{Verdict: LeftOut, Says: "DATABASE_URL can't be read"})
	}
	i, err := e.inspect(ctx)
	if err != nil {
		what, fix := engine.Trouble(err)
		list = append(list, Finding{Verdict: Wrong, Says: cmp.Or(what, err.Error()), Setting: "DATABASE_URL",
			Fix: cmp.Or(fix, "look at the database, and at DATABASE_URL")})
	} else {
		list = append(list, e.schema(i))
	}
	if i == nil {
		return about("database", list...)
	}
	for _, ill := range i.Ills {
		list = append(list, Finding{Verdict: map[bool]Verdict{true: Wrong, false: Warning}[ill.Grave], Says: ill.What,
			Setting: "DATABASE_URL", Fix: ill.Fix})
	}
	if i.Ahead.Abs() > clockBound {
		list = append(list, Finding{Verdict: Wrong,
			Says: fmt.Sprintf("the database's clock is %s off from this machine's: this node would not dial",
				i.Ahead.Abs().Round(time.Second/10)),
			Setting: "DATABASE_URL", Fix: setClock})
	}
	if i.InUse && e.Store == nil && e.local.who != thisOne && e.local.who != otherOne {
		list = append(list, Finding{Verdict: Wrong,
			Says:    "another redial uses the database, and does not serve on REDIAL_LISTEN: a second one does not start",
			Setting: "DATABASE_URL",
			Fix:     "end it, or name another file"})
	}
	list = append(about("database", list...), e.nodes(i.Nodes)...)
	if p, pauses := i.Pauses[e.Config.AccountSID]; pauses && p.Kind != store.PauseOfFull {
		list = append(list, about("dialing", Finding{Verdict: Wrong,
			Says: fmt.Sprintf("it has paused since %s: %s", p.Since.Local().Format("2006-01-02 15:04 MST"), p.Why()),
			Fix:  "mend that; dialing goes on by itself, within a minute"})...)
	}
	return list
}

// nodes compares the files of triggers that the nodes which run have with each other, and with the one that is there
// now.
func (e *Examination) nodes(all []store.Node) []Finding {
	files := map[string]bool{}
	var each []string
	for _, node := range all {
		files[node.FileHash] = true
		each = append(each, node.Machine+" has "+fileName(node.FileHash))
	}
	switch {
	case len(files) > 1:
		return about("triggers", Finding{Verdict: Warning, Setting: "REDIAL_CONFIG", Fix: sameFile,
			Says: "the nodes that serve have read different files: " + strings.Join(each, ", ")})
	case len(files) == 1 && e.Store == nil && e.fileHash != "" && !files[e.fileHash]:
		return about("triggers", Finding{Verdict: Warning, Setting: "REDIAL_CONFIG",
			Says: "it is not the file that the nodes which serve have read: " + strings.Join(each, ", ") +
				", and here it is " + fileName(e.fileHash),
			Fix: "have them read it anew: systemctl reload redial"})
	}
	return nil
}

// schema compares the database's schema with the one of this binary.
func (e *Examination) schema(i *store.Inspection) Finding {
	f := Finding{Verdict: Sound, Says: i.Engine}
	if i.Free > 0 {
		f.Says += ", " + i.Size() + " free"
	}
	switch {
	case (i.New || i.Schema == 0) && e.local.who == thisOne:
		f = Finding{Verdict: Warning, Setting: "DATABASE_URL",
			Says: "the redial that serves on " + e.Config.Listen + " uses another database than this one, which is new",
			Fix:  "look at it with its own settings, in its folder (sqlite:FILE is looked for there) and as its user"}
	case i.New || i.Schema == 0:
		f.Says += "; it is new: serve makes its tables at the start"
		if !e.Config.Migrate {
			f = Finding{Verdict: Wrong, Says: i.Engine + " has no schema yet, and serve is not to make it",
				Setting: "REDIAL_MIGRATE", Fix: "redial migrate"}
		}
	case i.Schema > i.Newest:
		f = Finding{Verdict: Wrong,
			Says: fmt.Sprintf("the schema is of version %d, and this redial knows %d: a newer one has made it",
				i.Schema, i.Newest),
			Setting: "DATABASE_URL",
			Fix:     "install that newer redial: there is no way down, but a backup from before"}
	case i.Pending > 0 && e.local.who == thisOne:
		f = Finding{Verdict: Warning,
			Says: fmt.Sprintf("the schema is of version %d, and this redial makes %d of it: an older one serves",
				i.Schema, i.Newest),
			Setting: "DATABASE_URL",
			Fix:     "restart it with this version"}
	case i.Pending > 0 && !e.Config.Migrate:
		f = Finding{Verdict: Wrong,
			Says: fmt.Sprintf("the schema is of version %d, this redial needs %d, and serve is not to change it",
				i.Schema, i.Newest),
			Setting: "REDIAL_MIGRATE", Fix: "redial migrate"}
	case i.Pending > 0:
		f.Says += fmt.Sprintf("; schema %d, which serve brings to %d at its start: back up first", i.Schema, i.Newest)
	default:
		f.Says += fmt.Sprintf("; schema %d is up to date", i.Schema)
	}
	return f
}
