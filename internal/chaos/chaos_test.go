package chaos

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redial/api"
	"redial/internal/crashpoint"
	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
	"redial/internal/sim"
)

// These decide how long the proof takes; make chaos sets them higher.
var (
	seed   = flag.Uint64("chaos.seed", 1, "of phones, faults and kills")
	calls  = flag.Int("chaos.calls", 30, "to be asked for")
	kills  = flag.Int("chaos.kills", 6, "by kill -9")
	stops  = flag.Int("chaos.stops", 0, "for longer than fence and settlement together")
	points = flag.Int("chaos.points", 0, "deaths at each crash point")
)

const (
	account = "AC00000000000000000000000000000000"
	token   = "chaos"
	speed   = 10               // phones act so many times faster than in life
	stopFor = 75 * time.Second // 10 s to send, 20 s margin, two absences 30 s apart
	pace    = 20               // calls per second, of each node
)

// lies are the faults of a simulated Twilio on a bad day.
var lies = sim.Faults{
	CallbackLost: 0.1, CallbackLate: 0.1, CallbackDoubled: 0.1, CallbackReordered: 0.1, CallbackEarly: 0.05,
	Create429: 0.05, Create500: 0.03, CreateDropped: 0.03, CreateSlow: 0.02, Unplaced500: 0.03,
	CreateSlowMS: 27_000, ListLagMS: 2000, GetLagMS: 500, GetStaleMS: 1000,
}

// proof is one run.
type proof struct {
	t      *testing.T
	rng    *rand.Rand
	sim    *sim.Sim
	fleet  *fleet
	heard  *Receiver
	client *api.Client
	hits   string // the file in which dying nodes write where they died

	database string // its URL

	outages  []outage      // of the database, one after another
	away     []Span        // when no node ran
	peace    chan struct{} // closed once nobody is killed any more
	settling time.Duration // how long settling may take, once nothing is killed any more
	harmed   bool          // nodes are killed until there is peace
	stops    int           // of nodes
	pauses   int           // how many nodes are still to stop themselves

	mu     sync.Mutex
	asked  []Asked
	told   []Told
	killed int
	halted int

	happened []string // of the outages
}

// outage takes the database away by kill -9, and brings it back.
type outage struct {
	name   string
	happen func() error
}

// The primary is killed and its synchronous standby is promoted, which is killed in its turn and started again.
func TestChaosOnPostgreSQL(t *testing.T) {
	t.Parallel()
	pair := pgtest.NewPair(t)
	threeNodes(t, pair.URL, outage{"failover", pair.Failover}, outage{"restart", pair.Restart}).run()
}

// The server is killed and started again, twice. It writes a binary log, as one with a replica or a backup does: then a
// transaction is committed in two places.
func TestChaosOnMariaDB(t *testing.T) {
	t.Parallel()
	server := mariadbtest.NewServer(t, "--log-bin", "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1")
	restart := outage{"restart", func() error {
		if err := server.Kill(); err != nil {
			return err
		}
		return server.Restart()
	}}
	threeNodes(t, server.URL, restart, restart).run()
}

func threeNodes(t *testing.T, database string, outages ...outage) *proof {
	p := newProof(t, database, build(t, nil), lies)
	p.outages, p.stops, p.pauses = outages, *stops, *stops/2
	p.fleet.add("one", 0)
	p.fleet.add("two", 750*time.Millisecond)
	p.fleet.add("three", -750*time.Millisecond)
	return p
}

func TestChaosOnSQLite(t *testing.T) {
	t.Parallel()
	p := newProof(t, "sqlite:"+filepath.Join(t.TempDir(), "chaos.db"), build(t, nil), lies)
	p.stops = *stops / 4 // one after the other
	p.fleet.add("alone", 0)
	p.run()
}

// build builds redial with its crash points. It replaces some of its source text first, to break a promise on
// purpose.
func build(t *testing.T, broken map[string]string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "redial")
	args := []string{"build", "-tags", "chaos", "-o", binary}
	if broken != nil {
		args = append(args, "-overlay", overlay(t, broken))
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, "redial/cmd/redial")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building redial: %v\n%s", err, out)
	}
	return binary
}

func newProof(t *testing.T, database, binary string, faults sim.Faults) *proof {
	p := &proof{
		t: t, peace: make(chan struct{}), settling: 10 * time.Minute, rng: rand.New(rand.NewPCG(*seed, 0)),
		hits: filepath.Join(t.TempDir(), "hits"), database: database,
	}
	var err error
	p.sim, err = sim.New(sim.Config{AccountSID: account, AuthToken: token, Speed: speed, Seed: *seed, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	if p.heard, err = NewReceiver(); err != nil {
		t.Fatal(err)
	}
	twilio, heard := httptest.NewServer(p.sim), httptest.NewServer(p.heard)
	p.fleet = &fleet{t: t, binary: binary, folder: folder(t), points: p.point, pause: p.pause}
	front := httptest.NewServer(p.fleet)
	p.fleet.env = []string{
		"DATABASE_URL=" + database, "HOST_URL=" + front.URL, "TWILIO_ACCOUNT_SID=" + account, "TWILIO_AUTH_TOKEN=" + token,
		"REDIAL_TWILIO_BASE_URL=" + twilio.URL, "REDIAL_FROM=+815012345678", "REDIAL_CHECK=false",
		fmt.Sprintf("REDIAL_CALLS_PER_SECOND=%d", pace),
		"REDIAL_CRASH_HITS=" + p.hits, "REDIAL_WEBHOOK_URLS=" + heard.URL, "REDIAL_WEBHOOK_SECRETS=" + secret,
		"REDIAL_WEBHOOK_EVENTS=*", "REDIAL_WEBHOOK_ALLOW_PRIVATE=true", "REDIAL_CONFIG=" + triggerFile(t),
	}
	p.client = &api.Client{URL: front.URL}
	t.Cleanup(func() {
		p.fleet.stop()
		p.sim.Close()
		front.Close()
		twilio.CloseClientConnections()
		twilio.Close()
		heard.CloseClientConnections()
		heard.Close()
	})
	return p
}

// folder returns a folder for the nodes' logs, which is kept if the proof fails.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "redial-chaos-") //nolint:usetesting // TempDir's would not be kept
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the nodes said is in %s", dir)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// run asks for the calls while nodes are killed and stopped, waits until everything has settled, and audits.
func (p *proof) run() {
	p.harmed = true
	for i := range crowds {
		if err := p.sim.Script(p.crowded(i), "answer:60s,busy,answer:30s,no-answer,answer:20s,busy"); err != nil {
			p.t.Error(err)
		}
	}
	p.scriptTriggers("answer", "answer:30s", "no-answer", "no-answer", "busy", "decline", "answer:8s", "rings-forever")
	p.fleet.start()
	over := make(chan struct{})
	var harm, asking, watching sync.WaitGroup
	watching.Go(func() { p.away = p.fleet.watch(over) })
	harm.Go(p.kill)
	harm.Go(p.halt)
	harm.Go(p.loseDatabase)
	asking.Go(p.ask)
	asking.Go(func() { p.tell(2, scope{}) })
	asking.Go(p.wakeSleepers)
	harm.Wait()
	close(p.peace)
	asking.Wait()
	p.settle()
	close(over)
	watching.Wait()
	p.verdict()
}

// point arms a starting node with one of the crash points that were hit least.
func (p *proof) point() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	died, list := p.deaths(), crashpoint.Points()
	p.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	slices.SortStableFunc(list, func(a, b string) int { return died[a] - died[b] })
	if died[list[0]] >= *points {
		return ""
	}
	return fmt.Sprintf("%s:%d", list[0], 1+p.rng.IntN(3))
}

// deaths counts the deaths at each point.
func (p *proof) deaths() map[string]int {
	text, _ := os.ReadFile(p.hits) // none yet: nobody died
	died := map[string]int{}
	for line := range strings.Lines(string(text)) {
		died[strings.TrimSpace(line)]++
	}
	return died
}

// enough says whether every point was hit as often as required.
func (p *proof) enough() bool {
	died := p.deaths()
	return !slices.ContainsFunc(crashpoint.Points(), func(point string) bool { return died[point] < *points })
}

func (p *proof) number(i int) string { return fmt.Sprintf("+8190%08d", 10_000_000+i) }

// askers is how many clients ask at once: a client that meets a stopped node waits for a while.
const askers = 4

// ask asks for the calls, each until it is answered. It asks for more as long as nodes are killed.
func (p *proof) ask() {
	var all sync.WaitGroup
	var next atomic.Int64
	for range askers {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= *calls && p.isPeace() {
					return
				}
				p.askOne(fmt.Sprintf("call-%d", i), p.order(i))
				time.Sleep(time.Duration(p.draw(1000*askers)) * time.Millisecond)
			}
		})
	}
	all.Wait()
}

func (p *proof) isPeace() bool {
	select {
	case <-p.peace:
		return true
	default:
		return false
	}
}

// What phones do: those of plain calls, and those of calls that must be confirmed.
var (
	manners = []string{"answer", "no-answer,answer", "busy,busy,answer", "no-answer", "busy", "decline,answer",
		"failed,wrong,busy",
		"refuse:21211", "rings-forever,answer", "answer:30s"}
	proofs = []string{"answer+keys=1", "answer,answer+keys=1", "answer+keys=9/1", "answer+keys=9/9/9,answer+keys=1@6s",
		"answer:8s+keys=1",
		"voicemail,answer+keys=1", "voicemail", "no-answer,answer+keys=1", "busy,answer",
		"answer+detected=unknown,answer+keys=1",
		"answer+detected=machine_start+keys=1,answer", "refuse:21211", "answer+keys=2468",
		"answer+keys=2,answer+keys=1", "answer+keys=1111/2468,busy"}
)

// menu is what keys mean to some calls.
var menu = map[string]api.Meaning{"1": {Do: "confirm"}, "2": {Do: "pass-on"}}

// crowds is how many phones many calls want at once.
const crowds = 3

func (p *proof) crowded(i int) string { return p.number(9 + 10*(i%crowds)) }

// order is what call i asks for, and when. The windows of a third of the calls close soon, for a while. The
// deadline of some calls comes before their attempts are used up, or even before a phone that many calls want is
// free for them.
func (p *proof) order(i int) api.CreateCall {
	if i%10 == 4 {
		req := order(3, p.phone(i, []string{"busy", "no-answer"}))
		req.Policy.Deadline = api.After(30 * time.Second)
		req.Policy.RedialAfter = map[string]api.Delays{
			"busy": {api.Duration(20 * time.Second)}, "no-answer": {api.Duration(20 * time.Second)},
		}
		return req
	}
	req := p.wants(i)
	switch {
	case i%3 == 0:
		closes := time.Now().Add(time.Duration(20+p.draw(15)) * time.Second)
		req.Policy.Window = window(closes, closes.Add(time.Duration(20+p.draw(20))*time.Second))
	case i%20 == 19:
		req.Policy.Deadline = api.After(time.Duration(20+p.draw(20)) * time.Second)
	}
	return req
}

// wants is what call i asks for. Half of the calls are plain, and some of these want the same phone. The others
// want a key, detect machines, or have several people.
func (p *proof) wants(i int) api.CreateCall {
	if i%10 == 9 {
		return order(3, p.crowded(i/10))
	}
	if i%2 == 0 {
		return order(3, p.phone(i, manners))
	}
	numbers := []string{p.phone(i, proofs)}
	for len(numbers) < 1+p.draw(3) {
		numbers = append(numbers, p.phone(i+len(numbers)*1_000_000, proofs))
	}
	if p.draw(5) == 0 { // a phone that plain calls want, too
		numbers = append(numbers, p.crowded(p.draw(crowds)))
	}
	req := order(1+p.draw(3), numbers...)
	req.Policy.Confirm = &[]api.Confirm{{}, {Digit: "1"}, {Keys: menu}, {AnyKey: true}, {PIN: pin}}[p.draw(5)]
	req.Policy.Machine = &[]api.Machine{{Do: "ignore"}, {Do: "redial"}, {Do: "leave-message"},
		{Do: "leave-message", Then: "end"}}[p.draw(4)]
	req.Policy.Ladder = []string{"sequence", "rounds", "parallel", "parallel"}[p.draw(4)]
	return req
}

// phone gives a number a phone that does one of these things.
func (p *proof) phone(i int, does []string) string {
	if err := p.sim.Script(p.number(i), does[p.draw(len(does))]); err != nil {
		p.t.Error(err)
	}
	return p.number(i)
}

// order asks for so many dials of each of these numbers.
func order(attempts int, to ...string) api.CreateCall {
	second := api.Duration(time.Second)
	req := api.CreateCall{To: to[0], Say: &api.Say{Text: "hello"}, Policy: &api.Policy{
		MaxAttempts: new(attempts), RingTimeout: new(5 * second), Deadline: api.After(2 * time.Hour),
		RedialAfter: map[string]api.Delays{"busy": {second}, "no-answer": {0}, "failed": {second}, "machine": {second},
			"unconfirmed": {0}},
	}}
	for _, number := range to {
		req.People = append(req.People, api.Person{Number: number})
	}
	return req
}

func (p *proof) askOne(key string, req api.CreateCall) {
	for range 200 {
		c, _, err := p.client.Create(context.Background(), req, key)
		if err == nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asked = append(p.asked, Asked{c.ID, numbers(req.People)})
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	p.t.Errorf("%s was never taken", key)
}

func (p *proof) draw(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rng.IntN(max(1, n))
}

// kill kills nodes at random until there were enough kills, and enough deaths at each crash point.
func (p *proof) kill() {
	for begin := time.Now(); time.Since(begin) < 30*time.Minute; {
		time.Sleep(time.Duration(500+p.draw(3000)) * time.Millisecond)
		if p.killed >= *kills && p.enough() {
			return
		}
		if p.killed >= *kills && p.draw(3) > 0 {
			continue // only deaths at points are missing: give them time
		}
		n := p.fleet.nodes[p.draw(len(p.fleet.nodes))]
		if !n.isStopped() {
			n.signal(syscall.SIGKILL)
			p.mu.Lock()
			p.killed++
			p.mu.Unlock()
		}
	}
	p.t.Error("some crash point is never reached")
}

// loseDatabase has the outages happen one after another, while nodes are killed: the first of two after a third of the
// kills.
func (p *proof) loseDatabase() {
	for i, o := range p.outages {
		for p.kills() < *kills*(i+1)/(len(p.outages)+1) {
			time.Sleep(100 * time.Millisecond)
		}
		p.fleet.noDatabase.Store(true)
		if err := o.happen(); err != nil {
			p.t.Errorf("%s of the database: %v", o.name, err)
			return
		}
		p.happened = append(p.happened, o.name)
		time.Sleep(5 * time.Second) // a start that began before may fail only now
		p.fleet.backAt.Store(time.Now().UnixNano())
		p.fleet.noDatabase.Store(false)
	}
}

func (p *proof) kills() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killed
}

// pause makes some nodes stop themselves just before a create request is written.
func (p *proof) pause(*node) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pauses == 0 || p.rng.IntN(2) > 0 {
		return ""
	}
	p.pauses--
	return fmt.Sprintf("%s:%d", crashpoint.PlaceBeforeRequest, 1+p.rng.IntN(20))
}

// halt stops nodes for longer than other nodes take to settle an attempt. At least one of several nodes keeps
// running.
func (p *proof) halt() {
	var halted sync.WaitGroup
	defer halted.Wait()
	places := make(chan struct{}, max(1, len(p.fleet.nodes)-1))
	for p.stopped() < p.stops {
		time.Sleep(time.Duration(p.draw(3000)) * time.Millisecond)
		n := p.fleet.nodes[p.draw(len(p.fleet.nodes))]
		if n.isStopped() {
			continue
		}
		places <- struct{}{}
		n.signal(syscall.SIGSTOP)
		p.countStop()
		halted.Go(func() {
			time.Sleep(stopFor)
			n.signal(syscall.SIGCONT)
			<-places
		})
	}
}

// wakeSleepers wakes each node that has stopped itself after the same time, until there is peace.
func (p *proof) wakeSleepers() {
	var sleeping sync.Map
	for !p.isPeace() {
		time.Sleep(500 * time.Millisecond)
		for _, n := range p.fleet.nodes {
			if !n.sleeps() {
				continue
			}
			if _, known := sleeping.LoadOrStore(n, true); known {
				continue
			}
			p.countStop()
			time.AfterFunc(stopFor, func() {
				n.signal(syscall.SIGCONT)
				sleeping.Delete(n)
			})
		}
	}
}

func (p *proof) countStop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted++
}

func (p *proof) stopped() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.halted
}

// settle waits until every call has ended, no phone rings, and every event was delivered.
func (p *proof) settle() {
	for begin := time.Now(); time.Since(begin) < p.settling; time.Sleep(time.Second) {
		for _, n := range p.fleet.nodes { // one may just have stopped itself
			n.signal(syscall.SIGCONT)
		}
		open := 0
		for _, state := range []string{"waiting", "dialing"} {
			page, err := p.client.List(context.Background(), api.ListQuery{State: state, Limit: 1})
			if err != nil {
				open++
			}
			open += len(page.Calls)
		}
		quiet := !slices.ContainsFunc(p.sim.Legs(), func(l sim.Leg) bool { return l.EndedAt.IsZero() })
		if open == 0 && quiet && Untold(triggerRules, p.told, p.records()) == 0 && p.heard.Missing(p.timelines()) == 0 {
			return
		}
	}
}

// timelines are the calls' events, as redial has them.
func (p *proof) timelines() map[string][]api.Event {
	p.t.Helper()
	all := map[string][]api.Event{}
	for _, c := range p.records() {
		events, err := p.client.Events(context.Background(), c.ID)
		if err != nil {
			p.t.Fatal(err)
		}
		all[c.ID] = events
	}
	return all
}

// audit compares all records with each other.
func (p *proof) audit(records []api.Call, legs []sim.Leg) []Finding {
	unheard := p.heard.Audit(p.timelines())
	if len(unheard) > 0 {
		p.undelivered(records)
	}
	asked, noted := slices.Concat(p.asked, rungBy(triggerPeople, records)), p.noted()
	kept, members := p.kept()
	return slices.Concat(Audit(asked, legs, records), Noted(records, noted), unheard, Expired(records, legs, p.away),
		Incidents(triggerRules, p.told, records, p.away), Kept(kept, members, p.told, records))
}

// noted is who did what, as redial has it.
func (p *proof) noted() []api.AuditEntry {
	p.t.Helper()
	return wholeList(p, func(ctx context.Context, cursor string) ([]api.AuditEntry, string, error) {
		page, err := p.client.Audit(ctx, api.AuditQuery{Limit: 200, Cursor: cursor})
		return page.Entries, page.NextCursor, err
	})
}

// wholeList reads a list of redial's, page by page.
func wholeList[T any](p *proof, page func(ctx context.Context, cursor string) ([]T, string, error)) (list []T) {
	p.t.Helper()
	for cursor := ""; ; {
		some, next, err := page(context.Background(), cursor)
		if err != nil {
			p.t.Fatal(err)
		}
		list = append(list, some...)
		if cursor = next; cursor == "" {
			return list
		}
	}
}

// undelivered logs what redial knows of the webhooks that were not delivered.
func (p *proof) undelivered(records []api.Call) {
	for _, c := range records {
		list, err := p.client.CallDeliveries(context.Background(), c.ID)
		if err != nil {
			p.t.Error(err)
		}
		for _, d := range list {
			if d.State != "delivered" {
				p.t.Logf("call %s: event %d is %s, next at %s, after %+v", c.ID, d.Seq, d.State, d.NextTryAt, d.Tries)
			}
		}
	}
}

// records are the calls as redial has them.
func (p *proof) records() []api.Call {
	p.t.Helper()
	return wholeList(p, func(ctx context.Context, cursor string) ([]api.Call, string, error) {
		page, err := p.client.List(ctx, api.ListQuery{Limit: 200, Cursor: cursor})
		return page.Calls, page.NextCursor, err
	})
}

// enoughToCount is how many calls it takes until their shares come close to the chances of the draw.
const enoughToCount = 300

// verdict audits, and prints the table.
func (p *proof) verdict() {
	p.t.Helper()
	records, legs := p.records(), p.sim.Legs()
	found := p.audit(records, legs)
	// In a short run the draw may give fewer; then at least one.
	plain := askedFor(records)
	windows, deadlines := drawn(plain)
	if windows == 0 || len(plain) >= enoughToCount && (5*windows < len(plain) || 20*deadlines < len(plain)) {
		p.t.Errorf("of %d calls, the windows of %d closed, and the deadlines of %d came; "+
			"want a fifth and a twentieth at least", len(plain), windows, deadlines)
	}
	for _, f := range found[:min(len(found), 30)] {
		p.t.Errorf("%s: %s", f.Kind, f.What)
	}
	p.t.Log("\n" + p.table(records, legs, found))
}

func (p *proof) table(records []api.Call, legs []sim.Leg, found []Finding) string {
	var b strings.Builder
	row := func(name string, v any) { fmt.Fprintf(&b, "%-28s %v\n", name, v) }
	row("seed", *seed)
	row("calls asked for", len(p.asked))
	row("triggers", described(p.told, records))
	row("calls that Twilio placed", len(legs))
	row("killed at random", p.killed)
	died := p.deaths()
	for _, point := range crashpoint.Points() {
		row("killed at "+point, died[point])
	}
	row("stopped for "+stopFor.String(), p.halted)
	row("outages of the database", strings.Join(p.happened, ", "))
	faults := p.sim.Faulted()
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		row("fault: "+kind, faults[kind])
	}
	count := kinds(records)
	for _, what := range slices.Sorted(maps.Keys(count)) {
		row(what, count[what])
	}
	plain := askedFor(records)
	windows, deadlines := drawn(plain)
	row("windows that closed", fmt.Sprintf("%d (%d %%)", windows, 100*windows/max(1, len(plain))))
	row("ended by their deadline", fmt.Sprintf("%d (%d %%)", deadlines, 100*deadlines/max(1, len(plain))))
	row("of these, never dialed", len(unrung(records)))
	row("webhooks heard", len(p.heard.seen))
	row("webhooks heard again", p.heard.repeats)
	row("webhooks not taken", p.heard.failed)
	row("slowest attempt settled", slowest(records))
	for _, k := range []Kind{Lost, Twice, Differs, Unheard, Unrung} {
		n := 0
		for _, f := range found {
			if f.Kind == k {
				n++
			}
		}
		row(string(k), n)
	}
	return b.String()
}

// kinds counts the calls that want more than an answer, and how many got it.
func kinds(records []api.Call) map[string]int {
	count := map[string]int{}
	for _, c := range records {
		if len(c.People) > 1 {
			count["calls with several people"]++
		}
		if asksForKey(c.Policy) {
			count["calls that want a key"]++
		}
		if detects(c.Policy) {
			count["calls that detect machines"]++
		}
		if c.Reached != nil {
			count["reached by "+c.Reached.By]++
		}
	}
	return count
}

// slowest is the longest that an attempt took from its dial to its end.
func slowest(records []api.Call) (most time.Duration) {
	for _, c := range records {
		for _, a := range c.Attempts {
			if !a.EndedAt.IsZero() {
				most = max(most, a.EndedAt.Sub(a.DialedAt))
			}
		}
	}
	return most.Round(time.Second)
}
