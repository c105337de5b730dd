package chaos

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"redial/api"
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
	policy  api.Policy        // beside one dial to each number
	people  int               // of each call; 0: one
	phones  int               // for six calls, of one dial each
	faults  sim.Faults
	sleeper bool // one node sleeps between the claim and the create request
	endless bool // broken like that, it never settles
	minutes bool // it takes some
}

const calledFor = 6

var sabotages = []sabotage{
	{
		name: "dials before the attempt is written",
		broken: map[string]string{
			"internal/store/batch.go|if c.err != nil || len(c.events) == 0 && row": "if c.err != nil || c.claimedBy != nil || len(c.events) == 0 && row",
		},
		script: "busy", phones: calledFor, endless: true,
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
	{
		name:   "takes a machine for a person",
		broken: map[string]string{"internal/call/attempt.go|case a.Machine():\n\t\treturn Machine\n": ""},
		script: "voicemail", phones: calledFor, policy: api.Policy{Machine: &api.Machine{Do: "redial"}},
	},
	{
		name:   "thanks for any key",
		broken: map[string]string{"internal/twilio/instructions.go|case cl.ReachedBy == n:": "case cl.ReachedBy == n, cl.ReachedBy == 0:"},
		script: "answer+keys=9", phones: calledFor, policy: api.Policy{Confirm: &api.Confirm{Digit: "1"}}, minutes: true,
	},
	{
		name: "rings the next although somebody was reached",
		broken: map[string]string{
			"internal/call/settle.go|case c.ReachedBy != 0:\n\t\treturn Reached": "case c.ReachedBy != 0 && c.done(c.people()-1):\n\t\treturn Reached",
		},
		script: "answer+keys=1", phones: calledFor, people: 2, policy: api.Policy{Confirm: &api.Confirm{Digit: "1"}}, minutes: true,
	},
	{
		name:   "forgets a webhook that was not taken",
		broken: map[string]string{"internal/webhook/send.go|if v.taken() {": "if v.taken() || d.Failures == 0 {"},
		script: "busy", phones: calledFor, endless: true,
	},
	{
		name: "sends webhooks out of sequence",
		broken: map[string]string{
			"internal/store/deliver.go|THEN NULL ELSE %s END":                           "THEN %[3]s ELSE %[3]s END",
			"internal/store/deliver.go|if d.Target != \"\" && heads[d.lane()] == nil {": "if d.Target != \"\" {",
		},
		script: "busy", phones: calledFor,
	},
}

// order asks for the i-th call.
func (s *sabotage) order(p *proof, i int) api.CreateCall {
	numbers := []string{p.number(i % s.phones)}
	for len(numbers) < s.people {
		numbers = append(numbers, p.number(i+len(numbers)*calledFor))
	}
	req := order(1, numbers...)
	req.Policy.Confirm, req.Policy.Machine, req.Policy.Ladder = s.policy.Confirm, s.policy.Machine, s.policy.Ladder
	return req
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
		req := s.order(p, i)
		for _, q := range req.People {
			if err := p.sim.Script(q.Number, s.script); err != nil {
				t.Fatal(err)
			}
		}
		var asking sync.WaitGroup
		asking.Go(func() { p.askOne(fmt.Sprint("call-", i), req) })
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
	if s.endless && broken != nil {
		p.settling = 5 * time.Second
	}
	p.settle()
	return p.audit(p.records(), p.sim.Legs())
}
