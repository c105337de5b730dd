package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Rota says who of several people is on duty, by turns of equal length on the clock of its zone.
type Rota struct {
	Name   string    `json:"name"`
	People []string  `json:"people"` // names of the file, in the order of their turns
	Every  string    `json:"every"`  // the length of a turn: 1w, 1d, 12h
	From   time.Time `json:"from"`   // when the first of them began, or begins; the turns before it are taken, too
	Zone   string    `json:"zone"`
	At     time.Time `json:"at"` // the moment that was asked for
	OnDuty Duty      `json:"on_duty"`

	// Of one rota alone: who is on duty after that, and the overrides that are not over then, in the order in which they
	// were made.
	Next      []Duty         `json:"next,omitzero"`
	More      bool           `json:"more,omitzero"` // there are further duties in the days that were asked for
	Overrides []RotaOverride `json:"overrides,omitzero"`
}

// Duty is who is on duty in a rota from one moment to another, and why.
type Duty struct {
	Rota     string        `json:"rota"`
	Person   string        `json:"person"`        // as the file calls them
	Name     string        `json:"name,omitzero"` // as people do
	From     time.Time     `json:"from"`
	Until    time.Time     `json:"until"`
	Override *RotaOverride `json:"override,omitzero"` // nil: it is their turn
}

// RotaOverride puts somebody on duty for a while, whoever's turn it is.
type RotaOverride struct {
	ID     string    `json:"id"`
	Rota   string    `json:"rota"`
	Person string    `json:"person"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	MadeAt time.Time `json:"made_at"`     // of those that overlap, the one made last counts
	By     string    `json:"by,omitzero"` // the name of the API key; for operators alone

	// In the answer to whoever makes one: those that it overlaps, and counts instead of.
	Overlaps []Overlap `json:"overlaps,omitzero"`
}

// Overlap is an override that another overlaps.
type Overlap struct {
	ID     string    `json:"id"`
	Person string    `json:"person"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
}

// RotaList is all rotas, by name.
type RotaList struct {
	Rotas []Rota `json:"rotas"`
}

// CreateOverride asks for an override. Without From it begins at once; a duration of From counts from now, one of Until
// from From.
type CreateOverride struct {
	Person string  `json:"person"`
	From   *Moment `json:"from,omitzero"`
	Until  *Moment `json:"until"`
}

// RotaQuery says for when a rota is to be shown.
type RotaQuery struct {
	At   *Moment // nil: now
	Days int     // that the duties after that are told of; 0: the server's default
}

func rotaPath(name string) string { return "/v1/rotas/" + url.PathEscape(name) }

// Rotas lists the rotas of the server's file, by name, and who is on duty now.
func (c *Client) Rotas(ctx context.Context) (list RotaList, err error) {
	_, err = c.do(ctx, request{method: http.MethodGet, path: "/v1/rotas", safe: true}, &list)
	return list, err
}

// Rota shows who is on duty in a rota, and who is next.
func (c *Client) Rota(ctx context.Context, name string, q RotaQuery) (r Rota, err error) {
	v := url.Values{}
	if q.At != nil {
		v.Set("at", q.At.String())
	}
	if q.Days != 0 {
		v.Set("days", strconv.Itoa(q.Days))
	}
	_, err = c.do(ctx, request{method: http.MethodGet, path: rotaPath(name) + "?" + v.Encode(), safe: true}, &r)
	return r, err
}

// CreateOverride puts somebody on duty in a rota for a while.
func (c *Client) CreateOverride(ctx context.Context, rota string, req CreateOverride) (o RotaOverride, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return o, fmt.Errorf("encoding the request: %w", err)
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: rotaPath(rota) + "/overrides", body: body}, &o)
	return o, err
}

// EndOverride ends an override of a rota now. It returns it as it was.
func (c *Client) EndOverride(ctx context.Context, rota, id string) (o RotaOverride, err error) {
	path := rotaPath(rota) + "/overrides/" + url.PathEscape(id)
	_, err = c.do(ctx, request{method: http.MethodDelete, path: path}, &o)
	return o, err
}
