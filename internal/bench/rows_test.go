package bench

import (
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"redial/api"
)

func fdatasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// load is a measured rate, and the CPU time for each operation: of the process, and of its database's server.
type load struct{ rate, cpu, server float64 }

// used is CPU time.
type used struct{ own, server time.Duration }

// used is what processes have used so far, and the server of their database.
func (b *bench) used(nodes ...*process) (u used) {
	for _, p := range nodes {
		u.own += p.cpu()
	}
	if d := nodes[0].database; d != nil && d.cpu != nil {
		u.server = d.cpu(b.t)
	}
	return u
}

// since is the load of n operations that took a time, and what was used since.
func (u used) since(before used, n int, took time.Duration) load {
	each := func(now, then time.Duration) float64 { return float64((now - then).Microseconds()) / float64(n) }
	return load{float64(n) / took.Seconds(), each(u.own, before.own), each(u.server, before.server)}
}

// on measures n operations of 64 clients on a server.
func (b *bench) on(p *process, n int, do func(i int) error) load {
	b.t.Helper()
	before := b.used(p)
	took, err := together(64, n, do)
	if err != nil {
		log, _ := os.ReadFile(p.log)
		b.t.Fatalf("%v\n%.2000s", err, log)
	}
	return b.used(p).since(before, n, took)
}

func (r *result) floorWas(l load) {
	r.floor, r.floorCPU = append(r.floor, l.rate), append(r.floorCPU, l.cpu)
}
func (r *result) oursWas(l load) {
	r.ours, r.cpu, r.server = append(r.ours, l.rate), append(r.cpu, l.cpu), append(r.server, l.server)
}

// inTurns measures a row for each database: the floor and the databases one after another, again and again.
func (b *bench) inTurns(rows []result, floor func() load, ours []func() load) {
	for range repetitions(3) {
		was := floor()
		for i := range rows {
			rows[i].floorWas(was)
			rows[i].oursWas(ours[i]())
		}
	}
	for _, r := range rows {
		b.add(r)
	}
}

// creates measures calls that are asked for and stored; none is dialed meanwhile.
func (b *bench) creates() {
	twilio := newOperator()
	defer twilio.Close()
	floor := b.floor()
	ask := func(p *process) load {
		return b.on(p, scaled(10000), func(int) error { return create(p.url(), `"max_attempts": 3`) })
	}
	var rows []result
	var ours []func() load
	for i, d := range databases {
		node := b.redial(d.url(b.t), twilio.URL)
		defer node.stop()
		rows = append(rows, result{
			name: "durable creates over HTTP, " + d.name + ", 64 clients", ratio: true,
			target: []string{"0.5", "0.35", "–"}[i],
		})
		ours = append(ours, func() load { return ask(node) })
		ask(node) // warms up connections, caches, pages
	}
	b.inTurns(rows, func() load { return ask(floor) }, ours)
	b.beside("a durable create", "at most 2.5", rows)
}

// callbacks measures final callbacks, each of which schedules a redial.
func (b *bench) callbacks() {
	floor, n := b.floor(), scaled(6000)
	var rows []result
	var ours []func() load
	for i, d := range databases {
		twilio := newOperator()
		defer twilio.Close()
		node := b.redial(d.url(b.t), twilio.URL, fastPace)
		defer node.stop()
		rows = append(rows, result{
			name: "final callbacks over HTTP, " + d.name + ", 64 clients", ratio: true,
			target: []string{"0.5", "–", "–"}[i],
		})
		ours = append(ours, func() load { return b.busy(node, twilio, n) })
	}
	b.inTurns(rows, func() load {
		return b.on(floor, n, func(int) error {
			return report(floor.url()+"/twilio_api/callback?attempt=0.1", "CA1", "busy")
		})
	}, ours)
	b.beside("a final callback", "at most 2.5", rows)
}

// busy makes n calls, and measures the callbacks that report them busy.
func (b *bench) busy(node *process, twilio *operator, n int) load {
	b.t.Helper()
	before := len(twilio.calls(0))
	b.on(node, n, func(int) error { return create(node.url(), `"redial_after": {"busy": "1h"}`) })
	calls := twilio.calls(before + n)[before:]
	b.placed(node)
	return b.on(node, n, func(i int) error { return report(calls[i].callback, calls[i].sid, "busy") })
}

// placed waits until the result of every create request is recorded: every call that rings has its sid.
func (b *bench) placed(node *process) {
	b.t.Helper()
	unwritten := func(c api.Call) bool { return c.Attempts[len(c.Attempts)-1].SID == "" }
	for cursor, waited := "", time.Now(); ; {
		p := b.list(node, "?state=dialing&limit=200"+cursor)
		switch {
		case slices.ContainsFunc(p.Calls, unwritten):
			if time.Since(waited) > time.Minute {
				b.t.Fatal("a create request that was answered is not written down")
			}
			time.Sleep(time.Millisecond) // between two looks at a real process
		case p.NextCursor == "":
			return
		default:
			cursor = "&cursor=" + p.NextCursor
		}
	}
}

const persistent = `"max_attempts": 3, "redial_after": {"no-answer": "0s"}`

// wholeCalls measures calls that are asked for, dialed three times and answered, with ten callbacks each.
func (b *bench) wholeCalls() {
	phones := b.phones("no-answer,no-answer,answer")
	floor := b.floor("-twilio", phones.url())
	var rows []result
	var ours []func() load
	for _, d := range databases {
		node := b.redial(d.url(b.t), phones.url(), fastPace)
		defer node.stop()
		rows = append(rows, result{name: "whole calls: 3 dials, 10 callbacks each, " + d.name, target: "–"})
		ours = append(ours, func() load { return b.whole(scaled(2000), node) })
		b.whole(scaled(500), node)
	}
	b.inTurns(rows, func() load { return b.whole(scaled(2000), floor) }, ours)
	for i, r := range rows {
		b.add(result{name: "the same: CPU of a call, " + databases[i].name, ratio: true, show: microseconds,
			floor: r.floorCPU, ours: r.cpu, target: []string{"at most 2.0", "at most 2.0", "–"}[i]})
	}
	b.beside("a whole call", "at most 2.0", rows)
}

// whole measures n calls from request to end. The nodes share them.
func (b *bench) whole(n int, nodes ...*process) load {
	b.t.Helper()
	var ended int
	for _, p := range nodes {
		ended += p.ended()
	}
	before := b.used(nodes...)
	started := time.Now()
	_, err := together(32, n, func(i int) error { return create(nodes[i%len(nodes)].url(), persistent) })
	if err != nil {
		b.t.Fatal(err)
	}
	for {
		now, used := 0, b.used(nodes...)
		for _, p := range nodes {
			now += p.ended()
		}
		if now == ended+n {
			return used.since(before, n, time.Since(started))
		}
		if time.Since(started) > 2*time.Minute {
			log, _ := os.ReadFile(nodes[0].log)
			b.t.Fatalf("%d of %d calls have ended:\n%.2000s", now-ended, n, log[max(0, len(log)-2000):])
		}
		time.Sleep(20 * time.Millisecond) // between two looks at real processes
	}
}

// threeNodes measures three nodes that share the calls on one database, against one node alone.
func (b *bench) threeNodes() {
	phones := b.phones("no-answer,no-answer,answer")
	for _, d := range databases[1:] {
		r := result{
			name: "whole calls, " + d.name + ": one node (as the floor), three nodes", ratio: true, target: "1.0",
		}
		one := b.redial(d.url(b.t), phones.url(), fastPace)
		shared := d.url(b.t)
		three := []*process{
			b.redial(shared, phones.url(), fastPace), b.redial(shared, phones.url(), fastPace),
			b.redial(shared, phones.url(), fastPace),
		}
		b.whole(scaled(500), one)
		b.whole(scaled(500), three...)
		for range repetitions(3) {
			r.floorWas(b.whole(scaled(2000), one))
			r.oursWas(b.whole(scaled(2000), three...))
		}
		b.add(r)
		for _, p := range append(three, one) {
			p.stop()
		}
	}
}

// latency is the time from a final callback to the create request that follows it.
func (b *bench) latency() {
	floor := b.floor()
	for i, d := range databases {
		var r50, r99 result
		target := [][]string{{"1 ms", "5 ms"}, {"3 ms", "20 ms"}, {"3 ms", "20 ms"}}[i]
		r50 = result{
			name: "callback to the next create request, 25 calls/s, " + d.name +
				", p50; floor: a round trip and an fdatasync", show: milliseconds, target: target[0],
		}
		r99 = result{name: "the same, p99", show: milliseconds, target: target[1]}
		for range repetitions(3) {
			took := b.roundTrips(floor, scaled(200))
			r50.floor, r99.floor = append(r50.floor, ms(percentile(took, 50))), append(r99.floor, ms(percentile(took, 99)))
			took = b.redials(d, scaled(200))
			r50.ours, r99.ours = append(r50.ours, ms(percentile(took, 50))), append(r99.ours, ms(percentile(took, 99)))
		}
		b.add(r50)
		b.add(r99)
	}
}

func (b *bench) roundTrips(floor *process, n int) []time.Duration {
	took := fdatasyncs(b.t, n)
	for i := range took {
		started := time.Now()
		if err := report(floor.url()+"/twilio_api/callback?attempt=0.1", "CA1", "busy"); err != nil {
			b.t.Fatal(err)
		}
		took[i] += time.Since(started)
	}
	return took
}

// redials makes n calls busy, 25 a second, and returns how long each redial took.
func (b *bench) redials(d database, n int) (took []time.Duration) {
	twilio := newOperator()
	defer twilio.Close()
	node := b.redial(d.url(b.t), twilio.URL, fastPace)
	defer node.stop()
	b.on(node, n, func(int) error { return create(node.url(), `"max_attempts": 2, "redial_after": {"busy": "0s"}`) })
	var mu sync.Mutex
	told := map[string]time.Time{}
	var all sync.WaitGroup
	calls := twilio.calls(n)[:n]
	b.placed(node)
	all.Add(n)
	twilio.onEach(func(c taken) {
		mu.Lock()
		defer mu.Unlock()
		took = append(took, c.at.Sub(told[c.to]))
		all.Done()
	})
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for _, c := range calls {
		<-tick.C
		mu.Lock()
		told[c.to] = time.Now()
		mu.Unlock()
		if err := report(c.callback, c.sid, "busy"); err != nil {
			b.t.Fatal(err)
		}
	}
	all.Wait()
	return took
}
