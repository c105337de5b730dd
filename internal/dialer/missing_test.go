package dialer

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// forgetful takes a call, and then knows nothing of it.
type forgetful struct {
	Carrier
	account error         // why its own record can't be read
	listed  []call.Report // what its list shows
	listing error
	looks   int
}

func (f *forgetful) LookUp(context.Context, string) (call.Report, error) {
	f.looks++
	return call.Report{}, call.ErrNoSuchSID
}

func (f *forgetful) CheckAccount(context.Context) error { return f.account }

func (f *forgetful) Search(context.Context, *call.Call, int) ([]call.Report, error) {
	return f.listed, f.listing
}

// A 404 counts only from the account that placed the attempt, while its own record can be
// read, and beside a list that shows none that it may be.
func TestWhatA404Proves(t *testing.T) {
	const here = "https://api.twilio.com/2010-04-01/Accounts/AC1"
	for name, tc := range map[string]struct {
		carrier  forgetful
		placedBy string
		looks    int
		absent   int
		heard    bool
	}{
		"it is nowhere":             {forgetful{}, here, 1, 1, false},
		"the account does not work": {forgetful{account: errors.New("401")}, here, 1, 0, false},
		"the list can't be read":    {forgetful{listing: errors.New("500")}, here, 1, 0, false},
		"the list shows one it may be": {
			forgetful{listed: []call.Report{{SID: "CA9", Status: call.Ringing}}}, here, 1, 0, false,
		},
		"the list shows itself": {
			forgetful{listed: []call.Report{{SID: "CA1", Status: call.Ringing, Asked: true}}}, here, 1, 0, true,
		},
		"another account placed it":         {forgetful{}, here + "0", 0, 0, false},
		"another base URL placed it":        {forgetful{}, "http://127.0.0.1:4010/2010-04-01/Accounts/AC1", 0, 0, false},
		"nobody knows which account it was": {forgetful{}, "", 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := "sqlite:" + filepath.Join(t.TempDir(), "redial.db")
				s, err := store.Open(t.Context(), file, store.Options{Migrate: true, PlacedBy: here})
				if err != nil {
					t.Fatal(err)
				}
				d := New(Config{Store: s, Carrier: &tc.carrier, CallsPerSecond: 1, Log: slog.New(slog.DiscardHandler)})
				create(t, s, "one", "+819012345678", 0)
				change := func(step func(*call.Call)) *call.Call {
					c, err := s.Change(t.Context(), "one", s.Now(), func(c *call.Call) ([]call.Event, error) {
						step(c)
						return nil, nil
					})
					if err != nil {
						t.Fatal(err)
					}
					return &c
				}
				c := change(func(c *call.Call) {
					c.Wake(s.Now(), tc.placedBy)
					c.Placed(1, "CA1", s.Now())
				})
				time.Sleep(time.Minute)
				_ = d.lookUp(c, 1) // that it can't be asked about, it says
				a := change(func(*call.Call) {}).Attempts[0]
				if tc.carrier.looks != tc.looks || a.Absent != tc.absent || a.RingingAt.IsZero() == tc.heard || a.Over() {
					t.Errorf("after %d looks: %+v", tc.carrier.looks, a)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
