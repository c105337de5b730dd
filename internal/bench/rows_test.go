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

// load is a measured rate, and the CPU time of the server for each operation.
type load struct{ rate, cpu float64 }

// on measures n operations of 64 clients on a server.
func (b *bench) on(p *process, n int, do func(i int) error) load {
	b.t.Helper()
	before := p.cpu()
	took, err := together(64, n, do)
	if err != nil {
		log, _ := os.ReadFile(p.log)
		b.t.Fatalf("%v\n%.2000s", err, log)
	}
	return load{float64(n) / took.Seconds(), float64((p.cpu() - before).Microseconds()) / float64(n)}
}

func (r *result) floorWas(l load) {
	r.floor, r.floorCPU = append(r.floor, l.rate), append(r.floorCPU, l.cpu)
}
func (r *result) oursWas(l load) { r.ours, r.cpu = append(r.ours, l.rate), append(r.cpu, l.cpu) }

// creates measures calls that are asked for and stored; none is dialed meanwhile.
func (b *bench) creates() {
	twilio := newOperator()
	defer twilio.Close()
	floor := b.floor()
	for i, d := range databases {
		node := b.redial(d.url(b.t), twilio.URL)
		r := result{
			name: "durable creates over HTTP, " + d.name + ", 64 clients", ratio: true, target: []string{"0.5", "0.35"}[i],
		}
		ask := func(p *process) load {
			return b.on(p, scaled(10000), func(int) error { return create(p.url(), `"max_attempts": 3`) })
		}
		ask(node) // warms up connections, caches, pages
		for range repetitions(3) {
			r.floorWas(ask(floor))
			r.oursWas(ask(node))
		}
		node.stop()
		b.add(r)
	}
}

// callbacks measures final callbacks, each of which schedules a redial.
func (b *bench) callbacks() {
	floor := b.floor()
	for i, d := range databases {
		twilio := newOperator()
		defer twilio.Close()
		node := b.redial(d.url(b.t), twilio.URL, fastPace)
		r := result{
			name: "final callbacks over HTTP, " + d.name + ", 64 clients", ratio: true, target: []string{"0.5", "–"}[i],
		}
		n := scaled(6000)
		for range repetitions(3) {
			r.floorWas(b.on(floor, n, func(int) error {
				return report(floor.url()+"/twilio_api/callback?attempt=0.1", "CA1", "busy")
			}))
			r.oursWas(b.busy(node, twilio, n))
		}
		node.stop()
		b.add(r)
	}
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
	for _, d := range databases {
		node := b.redial(d.url(b.t), phones.url(), fastPace)
		r := result{name: "whole calls: 3 dials, 10 callbacks each, " + d.name, target: "–"}
		b.whole(scaled(500), node)
		for range repetitions(3) {
			r.floorWas(b.whole(scaled(2000), floor))
			r.oursWas(b.whole(scaled(2000), node))
		}
		node.stop()
		b.add(r)
		b.add(result{name: "the same: CPU of a call, " + d.name, ratio: true, show: microseconds,
			floor: r.floorCPU, ours: r.cpu, target: "at most 2.0"})
	}
}

// whole measures n calls from request to end. The nodes share them.
func (b *bench) whole(n int, nodes ...*process) load {
	b.t.Helper()
	var ended int
	var before time.Duration
	for _, p := range nodes {
		ended, before = ended+p.ended(), before+p.cpu()
	}
	started := time.Now()
	_, err := together(32, n, func(i int) error { return create(nodes[i%len(nodes)].url(), persistent) })
	if err != nil {
		b.t.Fatal(err)
	}
	for {
		now, cpu := 0, -before
		for _, p := range nodes {
			now, cpu = now+p.ended(), cpu+p.cpu()
		}
		if now == ended+n {
			return load{float64(n) / time.Since(started).Seconds(), float64(cpu.Microseconds()) / float64(n)}
		}
		if time.Since(started) > 2*time.Minute {
			log, _ := os.ReadFile(nodes[0].log)
			b.t.Fatalf("%d of %d calls have ended:\n%.2000s", now-ended, n, log[max(0, len(log)-2000):])
		}
		time.Sleep(20 * time.Millisecond) // between two looks at real processes
	}
}

// threeNodes measures three nodes that share the calls on one PostgreSQL, against one node alone.
func (b *bench) threeNodes() {
	phones := b.phones("no-answer,no-answer,answer")
	r := result{name: "whole calls, PostgreSQL: one node (as the floor), three nodes", ratio: true, target: "1.0"}
	one := b.redial(databases[1].url(b.t), phones.url(), fastPace)
	shared := databases[1].url(b.t)
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
}

// latency is the time from a final callback to the create request that follows it.
func (b *bench) latency() {
	floor := b.floor()
	for i, d := range databases {
		var r50, r99 result
		target := [][]string{{"1 ms", "5 ms"}, {"3 ms", "20 ms"}}[i]
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
