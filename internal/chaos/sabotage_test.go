package chaos

import (
	"fmt"
	"maps"
	"sync"
	"syscall"
	"testing"
	"time"

	"redial/internal/crash"
	"redial/internal/pgtest"
	"redial/internal/sim"
)

// sabotage breaks one promise in redial's own source. The auditor has to find it,
// and must find nothing when the same story is told of a redial that is whole.
type sabotage struct {
	name    string
	broken  map[string]string // file|text to its replacement
	script  string            // of every phone
	phones  int               // for six calls, of one dial each
	faults  sim.Faults
	sleeper bool // one node sleeps between the claim and the create request
	minutes bool // it takes some
}

const calledFor = 6

var sabotages = []sabotage{
	{
		name: "dials before the attempt is written",
		broken: map[string]string{
			"internal/store/batch.go|if c.err != nil || len(c.events) == 0 && row": "if c.err != nil || c.claimedBy != nil || len(c.events) == 0 && row",
		},
		script: "busy", phones: calledFor,
	},
	{
		name:   "no destination row",
		broken: map[string]string{"internal/store/numbers.go|had, has := c.before.LiveNumbers()": "had, has := c.after.LiveNumbers()"},
		script: "answer:20s", phones: 1,
	},
	{
		name:   "one absent list is enough",
		broken: map[string]string{"internal/call/wake.go|absentEnough = 2": "absentEnough = 1"},
		script: "busy+dropped+lost,busy", phones: calledFor, faults: sim.Faults{ListLagMS: 40_000}, minutes: true,
	},
	{
		name: "adopts without looking",
		broken: map[string]string{
			"internal/dialer/perform.go|case errors.Is(err, store.ErrNotFound):":  "case err == nil, errors.Is(err, store.ErrNotFound):",
			"internal/twilio/list.go|return !ok || !created.Before(since)":        "return !ok || created.Before(since) || true",
			"internal/twilio/list.go|return b.N != a.N && b.SID == string(r.SID)": "return false",
		},
		script: "busy,busy+dropped+lost", phones: calledFor / 2, minutes: true,
	},
	{
		name: "no check of send_by",
		broken: map[string]string{
			"internal/twilio/fence.go|return !crash.Now().Round(0).Before(g.sendBy.Round(0))": "return crash.Now().IsZero()",
			"internal/twilio/place.go|context.WithDeadline(ctx, a.SendBy.Add(answerWait))":    "context.WithTimeout(ctx, answerWait)",
			"internal/dialer/perform.go|context.WithTimeout(context.Background(), placeTime)": "context.WithTimeout(context.Background(), 100*placeTime)",
		},
		script: "busy", phones: calledFor, sleeper: true, minutes: true,
	},
}

func TestTheAuditorFindsWhatIsBroken(t *testing.T) {
	for _, s := range sabotages {
		if s.minutes && *points == 0 {
			continue // make chaos has the time for it
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if found := s.play(t, nil); len(found) > 0 {
				t.Errorf("a redial that is whole is found broken: %v", found)
			}
			found := s.play(t, s.broken)
			if len(found) == 0 {
				t.Fatal("the auditor found nothing")
			}
			t.Logf("%d discrepancies, such as: %s: %s", len(found), found[0].Kind, found[0].What)
		})
	}
}

// play tells the story with two nodes, and returns what the auditor finds.
func (s *sabotage) play(t *testing.T, broken map[string]string) []Finding {
	p := newProof(t, pgtest.New(t), build(t, broken), s.faults)
	p.fleet.points = func() string { return "" }
	p.fleet.pause = func(n *node) string {
		if s.sleeper && n.name == "one" {
			return crash.PlaceBeforeRequest + ":1"
		}
		return ""
	}
	p.fleet.add("one", 0)
	p.fleet.add("two", 0)
	first, second := p.fleet.nodes[0], p.fleet.nodes[1]
	p.fleet.running.Go(first.live)
	for i := range calledFor {
		number := p.number(i % s.phones)
		if err := p.sim.Script(number, s.script); err != nil {
			t.Fatal(err)
		}
		var asking sync.WaitGroup
		asking.Go(func() { p.askOne(fmt.Sprint("call-", i), number, 1) })
		if i == 0 { // the other takes over what a sleeper had in hand, and settles it
			for s.sleeper && !first.isStopped() { // it may fall asleep before it has answered
				time.Sleep(10 * time.Millisecond)
			}
			p.fleet.running.Go(second.live)
		}
		asking.Wait()
	}
	if s.sleeper {
		time.Sleep(stopFor)
		first.signal(syscall.SIGCONT)
		time.Sleep(5 * time.Second)
	}
	p.settling = 2 * time.Minute
	if s.name == sabotages[0].name && maps.Equal(broken, s.broken) {
		p.settling = 5 * time.Second // it never ends
	}
	p.settle()
	return Audit(p.asked, p.sim.Legs(), p.records())
}
