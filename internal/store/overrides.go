package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"redial/internal/store/engine"
)

// Override puts somebody on duty in a rota for a while, whoever's turn it is.
type Override struct {
	ID     string
	Rota   string // the names of the file
	Person string
	From   time.Time
	Until  time.Time
	MadeAt time.Time // of those that overlap, the one made last counts
	By     string    // the name of the API key
}

// Overlaps says whether both are for the same rota, and for some of the same time.
func (o *Override) Overlaps(p *Override) bool {
	return o.Rota == p.Rota && o.From.Before(p.Until) && p.From.Before(o.Until)
}

// MaxOverrides is how many overrides are kept, those that are over included.
const MaxOverrides = 1000

// pastOverrides is how long an override is kept that is over, so that somebody can see who was on duty.
const pastOverrides = 90 * 24 * time.Hour

// Errors of changes of overrides.
var (
	ErrNoOverride   = errors.New("there is no such override of this rota")
	ErrOverrideOver = errors.New("this override is over")
	ErrOverrides    = fmt.Errorf("there are as many overrides as there can be (%d): end some", MaxOverrides)
)

func overrideColumns(o *Override) []column {
	return []column{
		{"id", &o.ID},
		{"rota", &o.Rota},
		{"person", &o.Person},
		{"from_at", asMicros{&o.From}},
		{"until_at", asMicros{&o.Until}},
		{"made_at", asMicros{&o.MadeAt}},
		{"made_by", &o.By},
	}
}

var (
	insertOverride  = insertion("rota_overrides", overrideColumns(new(Override)))
	selectOverrides = "SELECT " + names(overrideColumns(new(Override))) + " FROM rota_overrides"
	selectUnended   = selectOverrides + " WHERE until_at > $1"
	selectOverride  = selectOverrides + " WHERE id = $1 AND rota = $2"
)

const (
	endOverride     = `UPDATE rota_overrides SET until_at = $2 WHERE id = $1`
	forgetOverrides = `DELETE FROM rota_overrides WHERE id IN ($1)`
)

func readOverrides(sql string, args []any, found func(*Override)) engine.Statement {
	return engine.Statement{SQL: sql, Args: args, Rows: func(scan func(...any) error) error {
		o := new(Override)
		if err := scan(fields(overrideColumns(o))...); err != nil {
			return err
		}
		found(o)
		return nil
	}}
}

// Overrides returns the overrides that are not over at a time, in the order in which they were made.
func (s *Store) Overrides(ctx context.Context, at time.Time) (list []Override, err error) {
	st := readOverrides(selectUnended, []any{micros(at)}, func(o *Override) { list = append(list, *o) })
	if err := s.reading(ctx).each(st.SQL, st.Args, st.Rows); err != nil {
		return nil, fmt.Errorf("reading the overrides of rotas: %w", err)
	}
	slices.SortFunc(list, inOrderMade)
	return list, nil
}

// AddOverride makes an override, made by the asker and now. It returns it as it is stored, and those that are not over
// and overlap it, in the order in which they were made.
func (s *Store) AddOverride(ctx context.Context, by Asker, o Override) (made Override, over []Override, err error) {
	err = s.tx(ctx, func(t *tx) error {
		made, over = o, nil
		made.ID, made.By, made.MadeAt = "ovr_"+rand.Text(), by.Name, s.Now()
		var all []Override
		t.add(readOverrides(selectOverrides, nil, func(o *Override) { all = append(all, *o) }))
		if err := t.flush(); err != nil {
			return err
		}
		if err := t.forgetPast(all, made.MadeAt); err != nil {
			return err
		}
		for i := range all {
			p := &all[i]
			if !made.MadeAt.After(p.MadeAt) { // by another node, whose clock is ahead
				made.MadeAt = p.MadeAt.Add(time.Microsecond)
			}
			if p.Overlaps(&made) {
				over = append(over, *p)
			}
		}
		slices.SortFunc(over, inOrderMade)
		if err := t.write(&insertOverride, [][]column{overrideColumns(&made)}, nil); err != nil {
			return err
		}
		return t.note(by, made.audited(OverrideCreate, made.MadeAt))
	})
	if err != nil {
		return Override{}, nil, fmt.Errorf("adding an override: %w", err)
	}
	return made, over, nil
}

func inOrderMade(a, b Override) int {
	if c := a.MadeAt.Compare(b.MadeAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// forgetPast makes room for one more override: those give way that have been over for long, or the longest.
func (t *tx) forgetPast(all []Override, now time.Time) error {
	past := slices.DeleteFunc(slices.Clone(all), func(o Override) bool { return o.Until.After(now) })
	if len(all)-len(past) >= MaxOverrides {
		return ErrOverrides
	}
	slices.SortFunc(past, func(a, b Override) int { return a.Until.Compare(b.Until) })
	var gone engine.List
	for i, o := range past {
		if len(all)-i >= MaxOverrides || now.Sub(o.Until) > pastOverrides {
			gone = append(gone, o.ID)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return t.exec(forgetOverrides, gone)
}

func (o *Override) audited(what Deed, at time.Time) AuditEntry {
	return AuditEntry{At: at, What: what, Of: o.ID, Detail: o.Rota + ": " + o.Person}
}

// EndOverride ends an override of a rota now: one that has not begun goes. It returns it as it was. If there is none it
// returns ErrNoOverride, or ErrOverrideOver.
func (s *Store) EndOverride(ctx context.Context, by Asker, rota, id string) (was Override, err error) {
	err = s.tx(ctx, func(t *tx) error {
		was = Override{}
		st := readOverrides(selectOverride, []any{storable(id), storable(rota)}, func(o *Override) { was = *o })
		st.Lock = engine.ForUpdate
		t.add(st)
		if err := t.flush(); err != nil {
			return err
		}
		now := s.Now()
		switch {
		case was.ID == "":
			return ErrNoOverride
		case !was.Until.After(now):
			return ErrOverrideOver
		case was.From.After(now):
			t.add(engine.Statement{SQL: forgetOverrides, Args: []any{engine.List{was.ID}}})
		default:
			t.add(engine.Statement{SQL: endOverride, Args: []any{was.ID, micros(now)}})
		}
		return t.note(by, was.audited(OverrideEnd, now))
	})
	if err != nil {
		return Override{}, fmt.Errorf("ending an override: %w", err)
	}
	return was, nil
}
