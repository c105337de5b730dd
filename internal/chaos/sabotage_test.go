package chaos

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"redial/api"
	"redial/internal/crashpoint"
	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
	"redial/internal/sim"
)

// sabotage breaks one promise in redial's own source. The auditor must find that, and must find nothing when the
// same story is played with a redial that is whole.
type sabotage struct {
	name    string
	broken  map[string]string // file|text to its replacement
	script  string            // what every phone does
	policy  api.Policy        // of each call, besides one dial to each number
	people  int               // of each call; 0: one
	phones  int               // how many phones six calls of one dial each share
	faults  sim.Faults
	each    func(i int, req *api.CreateCall) // what one call has and the others don't; nil: nothing
	sleeps  string                           // where one node stops itself, so that the other takes over; empty: nowhere
	after   int                              // the call after which the story waits for that
	late    time.Duration                    // how much later the other node starts
	tells   *scope                           // instead of calls, events are told to triggers; nil: not
	on      func(testing.TB) string          // the URL of a new database; nil: of PostgreSQL's
	want    Kind                             // what must be found; empty: anything
	endless bool                             // broken like that, redial never settles
	minutes bool                             // takes minutes
}

const calledFor = 6

var sabotages = []sabotage{
	{
		name: "dials before the attempt is written",
		broken: map[string]string{
			"internal/store/batch.go|if c.err != nil || len(c.events) == 0 && row": "if c.err != nil || " +
				"c.waking != nil || len(c.events) == 0 && row",
		},
		script: "busy", phones: calledFor, endless: true,
	},
	{
		name: "no destination row",
		broken: map[string]string{
			"internal/store/who_rings.go|had, has := c.before.LiveNumbers()": "had, has := c.after.LiveNumbers()",
		},
		script: "answer:20s", phones: 1,
	},
	{
		name: "takes every number for free, on MariaDB",
		broken: map[string]string{
			"internal/store/engine/mysql_tx.go|if n == 1 {\n\t\t\t\ttell(row)": "if n >= 0 {\n\t\t\t\ttell(row)",
		},
		script: "answer:20s", phones: 1, on: mariadbtest.New, minutes: true,
	},
	{
		name:   "one absent list is enough",
		broken: map[string]string{"internal/call/evidence.go|AbsentTimes: 2": "AbsentTimes: 1"},
		script: "busy+dropped+lost,busy", phones: calledFor, faults: sim.Faults{ListLagMS: 40_000}, minutes: true,
	},
	{
		name: "adopts without looking",
		broken: map[string]string{
			"internal/dialer/perform.go|err == nil && id == c.ID && number == n:": "err == nil && (id != c.ID || number > 0):",
			"internal/twilio/list.go|return !ok || !created.Before(since)":        "return !ok || created.Before(since) || true",
			"internal/twilio/list.go|return b.N != a.N && b.SID == string(r.SID)": "return false",
		},
		script: "busy,busy+dropped+lost", phones: calledFor / 2, minutes: true,
	},
	{
		name: "no check of send_by",
		broken: map[string]string{
			"internal/twilio/fence.go|return !crashpoint.Now().Round(0)." +
				"Before(g.sendBy.Round(0))": "return crashpoint.Now().IsZero()",
			"internal/twilio/place.go|context.WithDeadline(ctx, a.SendBy.Add(answerWait))": "" +
				"context.WithTimeout(ctx, answerWait)",
			"internal/dialer/perform.go|context.WithTimeout(context.Background(), placeTime)": "" +
				"context.WithTimeout(context.Background(), 100*placeTime)",
		},
		script: "busy", phones: calledFor, sleeps: crashpoint.PlaceBeforeRequest + ":1", minutes: true,
	},
	{
		// The first talks for 22 s. When it has ended, the windows of four others are closed, and
		// open again when the deadline of the last has come, which can ring at once.
		name: "only one next waiting call is tried",
		broken: map[string]string{
			"internal/store/who_rings.go|if !n.tryNext(f, &tries) && tries > 0 {": "if !n.tryNext(f, &tries) && tries < 0 {",
			"internal/dialer/loop.go|beside.Go(func() { d.sweep(ctx) })":          "",
		},
		script: "answer:220s,busy", phones: 1, minutes: true,
		each: func(i int, req *api.CreateCall) {
			if i > 0 && i < calledFor-1 {
				closes := time.Now().Add(20 * time.Second)
				req.Policy.Window = window(closes, closes.Add(95*time.Second))
			}
			req.Policy.Deadline = api.After(map[bool]time.Duration{true: 110, false: 170}[i == calledFor-1] * time.Second)
		},
	},
	{
		// The first talks for 5 s; then the second is released, and the node stops before it has
		// dialed. When the other takes over, the second's window is closed, and the third can ring.
		name: "a deferred call keeps the number",
		broken: map[string]string{
			"internal/call/settle.go|if c.Held != \"\" || c.NextAttemptAt.After(now) || " +
				"!c.isNumberOf(people, c.Offered) {": "if c.Held != \"\" {",
			"internal/dialer/loop.go|beside.Go(func() { d.sweep(ctx) })": "",
		},
		script: "answer:50s,busy", phones: 1, minutes: true,
		sleeps: crashpoint.ClaimBeforeCommit + ":4", after: 2, late: 25 * time.Second,
		each: func(i int, req *api.CreateCall) {
			switch {
			case i == 1:
				closes := time.Now().Add(26 * time.Second)
				req.Policy.Window = window(closes, closes.Add(100*time.Second))
			case i > 2:
				req.To, req.People = other(i), []api.Person{{Number: other(i)}}
			}
			req.Policy.Deadline = api.After(map[bool]time.Duration{true: 120, false: 170}[i == 2] * time.Second)
		},
	},
	{
		name:   "takes a machine for a person",
		broken: map[string]string{"internal/call/result.go|case a.Machine():\n\t\treturn Machine\n": ""},
		script: "voicemail", phones: calledFor, policy: api.Policy{Machine: &api.Machine{Do: "redial"}},
	},
	{
		name: "thanks for any key",
		broken: map[string]string{
			"internal/twilio/instructions.go|case cl.ReachedBy == n:": "case cl.ReachedBy == n, cl.ReachedBy == 0:",
		},
		script: "answer+keys=9", phones: calledFor, policy: api.Policy{Confirm: &api.Confirm{Digit: "1"}}, minutes: true,
	},
	{
		name: "rings the next although somebody was reached",
		broken: map[string]string{
			"internal/call/settle.go|case c.ReachedBy != 0:\n\t\treturn Reached": "" +
				"case c.ReachedBy != 0 && c.done(c.people()-1):\n\t\treturn Reached",
		},
		script: "answer+keys=1", phones: calledFor, people: 2, policy: api.Policy{Confirm: &api.Confirm{Digit: "1"}},
		minutes: true,
	},
	{
		name:   "forgets a webhook that was not taken",
		broken: map[string]string{"internal/webhook/exchange.go|if v.taken() {": "if v.taken() || d.Failures == 0 {"},
		script: "busy", phones: calledFor, endless: true,
	},
	{
		name: "sends webhooks out of sequence",
		broken: map[string]string{
			"internal/store/outbox.go|THEN NULL ELSE {wake_at} END":    "THEN {wake_at} ELSE {wake_at} END",
			"internal/store/outbox.go|if heads[d.sequence()] == nil {": "if true {",
		},
		script: "busy", phones: calledFor,
	},
	{
		name: "looks an hour too late at what triggers wait for",
		broken: map[string]string{
			"internal/trigger/run.go|t.store.DueTriggers(ctx, now, lookMost)": "" +
				"t.store.DueTriggers(ctx, now.Add(-time.Hour), lookMost)",
		},
		tells: &scope{}, script: "no-answer", endless: true, want: Lost, minutes: true,
	},
	{
		name:   "rings people whom a call reaches already",
		broken: map[string]string{"internal/incident/ring.go|!busy[p] {": "!busy[p] || p != \"\" {"},
		tells:  &scope{}, script: "no-answer", want: Twice, minutes: true,
	},
	{
		name: "keeps no distance between two rings",
		broken: map[string]string{
			"internal/incident/member.go|at = latest(at, c.Ended.Add(t.AgainAfter))": "at = latest(at, c.Ended)",
		},
		tells: &scope{}, script: "busy", want: Twice, minutes: true,
	},
	{
		name:   "rings again about what somebody was reached about",
		broken: map[string]string{"internal/incident/member.go|!c.Reached || !m.Reached": "c.Reached || !m.Reached"},
		tells:  &scope{}, script: "answer", want: Twice, minutes: true,
	},
	{
		name: "rings on about what is over",
		broken: map[string]string{
			"internal/store/tell.go|o.cancels = o.trigger.Pointless()": "o.cancels = o.trigger.Pointless()[:0]",
		},
		tells: &scope{"plain", 0}, script: "no-answer", want: Twice, minutes: true,
	},
	{
		name: "cancels what tells of more than what is over",
		broken: map[string]string{
			"internal/incident/ring.go|needed[m.Call] = needed[m.Call] || m.Firing": "needed[m.Call] = m.Firing",
		},
		tells: &scope{}, script: "no-answer", want: Lost, minutes: true,
	},
	{
		name: "two nodes take in events at the same time",
		broken: map[string]string{
			"internal/store/trigger_rows.go|Args: []any{o.Trigger}, Lock: engine.ForUpdate": "Args: []any{o.Trigger}",
		},
		tells: &scope{"alerts", 50}, script: "no-answer", want: Twice, minutes: true,
	},
	{
		name: "makes no call that it keeps",
		broken: map[string]string{
			"internal/store/tell.go|o.trigger.Rung(r.Ring, r.call.ID)": "o.trigger.Rung(r.Ring, r.call.ID+\"0\")",
		},
		tells: &scope{}, script: "busy", want: Differs, minutes: true,
	},
	{
		name: "closes no incident",
		broken: map[string]string{
			"internal/store/trigger_rows.go|a.ClosedAt.IsZero() || a.Firing > 0 {": "a.ClosedAt.IsZero() || a.Firing >= 0 {",
		},
		tells: &scope{}, script: "answer", want: Differs, minutes: true,
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
	if s.each != nil {
		s.each(i, &req)
	}
	return req
}

// asks is how many calls the story asks for.
func (s *sabotage) asks() int {
	if s.tells != nil {
		return 0
	}
	return calledFor
}

// other is a number that nobody else wants.
func other(i int) string { return fmt.Sprintf("+8190%08d", 20_000_000+i) }

// The source still says what the sabotages break; to find that out takes no minutes.
func TestSabotagesFitTheSource(t *testing.T) {
	for _, s := range sabotages {
		t.Run(s.name, func(t *testing.T) { overlay(t, s.broken) })
	}
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
			if s.want != "" {
				found = slices.DeleteFunc(found, func(f Finding) bool { return f.Kind != s.want })
			}
			if len(found) == 0 {
				t.Fatal("the auditor found nothing")
			}
			t.Logf("%d discrepancies, such as: %s: %s", len(found), found[0].Kind, found[0].What)
		})
	}
}

// play tells the story with two nodes, and returns what the auditor finds.
func (s *sabotage) play(t *testing.T, broken map[string]string) []Finding {
	database := pgtest.New
	if s.on != nil {
		database = s.on
	}
	p := newProof(t, database(t), build(t, broken), s.faults)
	p.fleet.points = func() string { return "" }
	p.fleet.pause = func(n *node) string {
		if n.name == "one" {
			return s.sleeps
		}
		return ""
	}
	p.fleet.add("one", 0)
	p.fleet.add("two", 0)
	first, second := p.fleet.nodes[0], p.fleet.nodes[1]
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { p.away = p.fleet.watch(over) })
	p.fleet.running.Go(first.live)
	if s.tells != nil {
		p.scriptTriggers(s.script)
		p.fleet.running.Go(second.live)
		p.tell(calledFor/2, *s.tells)
	}
	for i := range s.asks() {
		req := s.order(p, i)
		for _, q := range req.People {
			if err := p.sim.Script(q.Number, s.script); err != nil {
				t.Fatal(err)
			}
		}
		var asking sync.WaitGroup
		asking.Go(func() { p.askOne(fmt.Sprint("call-", i), req) })
		if i == s.after { // the other takes over what a sleeper had in hand, and settles it
			for s.sleeps != "" && !first.isStopped() { // it may fall asleep before it has answered
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(s.late)
			p.fleet.running.Go(second.live)
		}
		asking.Wait()
	}
	if s.sleeps != "" {
		time.Sleep(stopFor)
		first.signal(syscall.SIGCONT)
		time.Sleep(5 * time.Second)
	}
	p.settling = 4 * time.Minute
	if s.endless && broken != nil {
		p.settling = 5 * time.Second
	}
	p.settle()
	close(over)
	watching.Wait()
	records := p.records()
	if s.tells != nil {
		t.Log(described(p.told, records))
	}
	return p.audit(records, p.sim.Legs())
}
