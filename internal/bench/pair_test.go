package bench

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redial/api"
)

// Without these flags the bench only tries itself out: it measures the binary of this tree against itself.
var (
	oldBinary = flag.String("bench.old", "", "measure this redial binary …")
	newBinary = flag.String("bench.new", "", "… in turns with this one, and fail where it is worse")
	pairs     = flag.Int("bench.pairs", 9, "pairs of measurements of each row; at least 9 count")
)

// measured is one measurement. The cost of an operation is judged: CPU in microseconds, or a latency in
// milliseconds. The rate is only shown; 0: there is none.
type measured struct{ cost, rate float64 }

// pairRow is a row of the table: an operation that is measured with both binaries.
type pairRow struct {
	name   string
	budget float64 // the new cost may be so many times the old one
	show   func(float64) string
	ready  func(*bench, database) func() measured // starts what it needs, and returns a function that measures once
	// beside, if set, is measured in the place of the old binary, with the new one.
	beside func(*bench, database) func() measured
}

const (
	cpuBudget     = 1.05
	latencyBudget = 1.15 // of a p50
	entriesBudget = 1.10 // three rows more, by which the call is found
)

// A row that new work makes more expensive on purpose gets a budget of its own here, with the reason, before it is
// measured.
var pairRows = []pairRow{
	{"a durable create: CPU", cpuBudget, microseconds, (*bench).pairCreates, nil},
	{"a final callback: CPU", cpuBudget, microseconds, (*bench).pairCallbacks, nil},
	{"a whole call, 3 dials, 10 callbacks each: CPU", cpuBudget, microseconds, (*bench).pairWhole, nil},
	{"a whole call with webhooks of each end: CPU", cpuBudget, microseconds, (*bench).pairWebhooks, nil},
	{"reading a call: CPU", cpuBudget, microseconds, (*bench).pairReads, nil},
	{"a page of 50 calls: CPU", cpuBudget, microseconds, (*bench).pairPages, nil},
	{"callback to the next create request: p50", latencyBudget, milliseconds, (*bench).pairLatency, nil},
	{"a create by a key of the database, beside one of the configuration: CPU", cpuBudget, microseconds,
		(*bench).pairDatabaseKeys, (*bench).pairConfiguredKeys},
	{"a create with 3 entries of metadata, beside one without: CPU", entriesBudget, microseconds,
		(*bench).pairEntries, (*bench).pairNoEntries},
}

// TestPair measures two binaries alternately: A B, B A, A B, …
func TestPair(t *testing.T) {
	before, after := binary(t, *oldBinary), binary(t, *newBinary)
	n, judged := 1, *oldBinary != "" && *newBinary != ""
	if judged {
		*full = true
		n = max(9, *pairs)
	}
	var table strings.Builder
	table.WriteString("| row | old | new | new to old, 95 % interval | budget | old, new (not judged) |\n" +
		"|---|---|---|---|---|---|\n")
	for _, row := range pairRows {
		for _, d := range databases {
			name := row.name + ", " + d.name
			if !strings.Contains(name, *only) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				line, worse := row.measure(t, before, after, d, n)
				table.WriteString("| " + name + line + "\n")
				t.Log(name + line)
				if judged && worse {
					t.Errorf("%s is worse than before:%s", name, line)
				}
			})
		}
	}
	if judged {
		fmt.Printf("\n%s, commit %s, %d pairs\n\n%s\n", cpuModel(), commit(), n, table.String())
	}
}

// binary returns a folder with a redial binary: the file, or one built from this tree.
func binary(t *testing.T, file string) (folder string) {
	t.Helper()
	if file == "" {
		return build(t)
	}
	file, err := filepath.Abs(file)
	folder = t.TempDir()
	if err == nil {
		err = os.Symlink(file, filepath.Join(folder, "redial"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func (row *pairRow) measure(t *testing.T, before, after string, d database, n int) (line string, worse bool) {
	first, b := row.ready, row.ready(&bench{t: t, folder: after}, d)
	if row.beside != nil {
		first, before = row.beside, after
	}
	a := first(&bench{t: t, folder: before}, d)
	a() // warms up connections, caches, pages
	b()
	var r ratios
	var old, now side
	for i := range n {
		var x, y measured
		if i%2 == 0 {
			x, y = a(), b()
		} else {
			y, x = b(), a()
		}
		r = append(r, y.cost/x.cost)
		old.add(x)
		now.add(y)
	}
	low, high := r.interval()
	return fmt.Sprintf(" | %s | %s | **%.2f** (%.2f to %.2f) | %.2f | %s, %s |", spread(old.costs, row.show),
		spread(now.costs, row.show),
		r.mean(), low, high, row.budget, spread(old.rates, perSecond), spread(now.rates, perSecond)), r.worse(row.budget)
}

// side is the measurements of one binary.
type side struct{ costs, rates []float64 }

func (s *side) add(m measured) {
	s.costs = append(s.costs, m.cost)
	if m.rate > 0 {
		s.rates = append(s.rates, m.rate)
	}
}

func measuredAs(l load) measured { return measured{l.cpu, l.rate} }

const fastPace = "REDIAL_CALLS_PER_SECOND=10000"

func (b *bench) pairCreates(d database) func() measured {
	twilio := newOperator()
	b.t.Cleanup(twilio.Close)
	node := b.redial(d.url(b.t), twilio.URL)
	return func() measured {
		return measuredAs(b.on(node, scaled(8000), func(int) error { return create(node.url(), `"max_attempts": 3`) }))
	}
}

const configuredKey = "the-key-of-the-configuration"

func (b *bench) pairConfiguredKeys(d database) func() measured {
	node, _ := b.keyed(d)
	return b.createsBy(node, configuredKey)
}

func (b *bench) pairDatabaseKeys(d database) func() measured {
	node, secret := b.keyed(d)
	return b.createsBy(node, secret)
}

// keyed starts a node with a key of the configuration, and one of the database.
func (b *bench) keyed(d database) (node *process, secret string) {
	twilio := newOperator()
	b.t.Cleanup(twilio.Close)
	node = b.redial(d.url(b.t), twilio.URL, "REDIAL_API_KEYS="+configuredKey)
	admin := api.Client{URL: node.url(), Key: configuredKey}
	k, err := admin.CreateKey(b.t.Context(), api.CreateKey{Name: "shop", Scopes: []string{"calls:write"}})
	if err != nil {
		b.t.Fatal(err)
	}
	return node, k.Secret
}

func (b *bench) createsBy(node *process, key string) func() measured {
	return func() measured {
		return measuredAs(b.on(node, scaled(8000), func(int) error { return createBy(node.url(), `"max_attempts": 3`, key) }))
	}
}

func (b *bench) pairNoEntries(d database) func() measured {
	return b.createsOf(d, func() string { return "" })
}

// pairEntries gives each call an order and a customer of its own, and one entry that all have.
func (b *bench) pairEntries(d database) func() measured {
	return b.createsOf(d, func() string {
		n := number()
		return fmt.Sprintf(`, "metadata": {"order": "o%s", "customer": "c%s", "shop": "tokyo"}`, n, n)
	})
}

func (b *bench) createsOf(d database, more func() string) func() measured {
	twilio := newOperator()
	b.t.Cleanup(twilio.Close)
	node := b.redial(d.url(b.t), twilio.URL)
	return func() measured {
		return measuredAs(b.on(node, scaled(8000), func(int) error {
			return createOf(node.url(), `"max_attempts": 3`, more(), "")
		}))
	}
}

func (b *bench) pairCallbacks(d database) func() measured {
	twilio := newOperator()
	b.t.Cleanup(twilio.Close)
	node := b.redial(d.url(b.t), twilio.URL, fastPace)
	return func() measured { return measuredAs(b.busy(node, twilio, scaled(4000))) }
}

func (b *bench) pairWhole(d database) func() measured {
	node := b.redial(d.url(b.t), b.phones("no-answer,no-answer,answer").url(), fastPace)
	return func() measured { return measuredAs(b.whole(scaled(1000), node)) }
}

func (b *bench) pairWebhooks(d database) func() measured {
	node, heard := b.toldNode(d, b.phones("no-answer,no-answer,answer"), "attempt.ended,call.ended")
	b.t.Cleanup(heard.Close)
	return func() measured { return measuredAs(b.told(scaled(700), node, heard)) }
}

// manyCalls starts a node with calls that wait.
func (b *bench) manyCalls(d database) (node *process, ids []string) {
	twilio := newOperator()
	b.t.Cleanup(twilio.Close)
	node = b.redial(d.url(b.t), twilio.URL)
	b.on(node, 200, func(int) error { return create(node.url(), `"max_attempts": 3`) })
	for _, c := range b.list(node, "?limit=200").Calls {
		ids = append(ids, c.ID)
	}
	return node, ids
}

func (b *bench) pairReads(d database) func() measured {
	node, ids := b.manyCalls(d)
	return func() measured {
		return measuredAs(b.on(node, scaled(8000), func(i int) error {
			return read(node.url() + "/v1/calls/" + ids[i%len(ids)])
		}))
	}
}

func (b *bench) pairPages(d database) func() measured {
	node, _ := b.manyCalls(d)
	return func() measured {
		return measuredAs(b.on(node, scaled(1000), func(int) error { return read(node.url() + "/v1/calls?limit=50") }))
	}
}

func (b *bench) pairLatency(d database) func() measured {
	return func() measured { return measured{cost: ms(percentile(b.redials(d, scaled(150)), 50))} }
}
