package dialer

import (
	"context"
	"database/sql"
	"testing"
	"testing/synctest"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"redial/internal/call"
)

// running runs the Dialer in a bubble.
func running(t *testing.T, d *Dialer) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	synctest.Wait()
}

// A number that became free without anybody noticing is found within about a minute.
func TestANumberIsFreeAndNobodyNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p, file := dialingOn(t, 10, time.Now)
		running(t, d)
		create(t, d.Store, "rings", "+819012345678", 0)
		create(t, d.Store, "held", "+819012345678", 0)
		time.Sleep(10 * time.Second)
		if id := <-p.placed; id != "rings" || len(p.placed) > 0 {
			t.Fatalf("%s is dialed", id)
		}
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("DELETE FROM destinations"); err != nil {
			t.Fatal(err)
		}
		since := time.Now()
		if id := <-p.placed; id != "held" || time.Since(since) > sweepEvery+time.Second {
			t.Errorf("%s is dialed after %s", id, time.Since(since))
		}
	})
}

// faulty panics when it places a call.
type faulty struct{ phones }

func (f *faulty) Place(ctx context.Context, c *call.Call, n int) (string, error) {
	if c.ID == "fault" {
		panic("a fault")
	}
	return f.phones.Place(ctx, c, n)
}

func (f *faulty) Search(context.Context, *call.Call, int) ([]call.Report, error) { panic("a fault") }

// A fault that one call brings about is that call's alone.
func TestAPanicEndsNobodyElsesCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p, _ := dialingOn(t, 10, time.Now)
		d.Carrier = &faulty{*p}
		running(t, d)
		create(t, d.Store, "fault", "+819012345678", 0)
		create(t, d.Store, "fine", "+819012345679", 0)
		if id := <-p.placed; id != "fine" {
			t.Errorf("%s is dialed", id)
		}
		time.Sleep(time.Hour)
		c, err := d.Store.Get(t.Context(), "fault")
		if err != nil || c.State != call.Dialing || c.Attempts[0].Asks == 0 {
			t.Errorf("%+v, %v; want it asked about, for all that is known", c, err)
		}
		if d.busy.Load() != 0 {
			t.Errorf("%d slots are taken", d.busy.Load())
		}
	})
}
