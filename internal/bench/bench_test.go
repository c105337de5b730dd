package bench

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
)

// Without flags the bench only tries itself out, on a scale that proves nothing about speed.
var (
	full = flag.Bool("bench.full", false, "measure, and print the table")
	only = flag.String("bench.only", "", "only rows whose name contains this")
)

// bench is one run.
type bench struct {
	t       *testing.T
	folder  string // of the programs
	results []result
}

// database is a kind of database.
type database struct {
	name   string
	scheme string                         // of its URLs
	url    func(testing.TB) string        // returns the URL of a new one
	cpu    func(testing.TB) time.Duration // that its server has used so far; nil: it has no server
}

var databases = []database{
	{"SQLite", "sqlite", func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "redial.db") }, nil},
	{"PostgreSQL", "postgres", pgtest.NewDurable, pgtest.DurableCPU},
	{"MariaDB", "mysql", mariadbtest.NewDurable, mariadbtest.DurableCPU},
}

// databaseOf returns the kind of database that a URL is of.
func databaseOf(url string) *database {
	scheme, _, _ := strings.Cut(url, ":")
	return &databases[slices.IndexFunc(databases, func(d database) bool { return d.scheme == scheme })]
}

// scaled returns n, or much less when the bench only tries itself out.
func scaled(n int) int {
	if *full {
		return n
	}
	return max(n/500, 8)
}

// repetitions is how often a row is measured, each time after the floor's measurement. A row that is close to its
// target needs more of them.
func repetitions(n int) int {
	if *full {
		return n
	}
	return 1
}

// result is a row of the table. Each list has one figure for each repetition.
type result struct {
	name          string
	floor, ours   []float64
	show          func(float64) string
	ratio         bool      // the ratio of ours to the floor's is what counts
	cpu, floorCPU []float64 // microseconds an operation
	server        []float64 // the same, of the database's server; 0: there is none
	target        string
}

// Rows are measured one after the other. Within a row, floor and redial are measured alternately.
func TestBench(t *testing.T) {
	b := &bench{t: t, folder: build(t)}
	rows := []struct {
		name string
		run  func(*bench)
	}{
		{"creates", (*bench).creates},
		{"callbacks", (*bench).callbacks},
		{"whole calls", (*bench).wholeCalls},
		{"three nodes", (*bench).threeNodes},
		{"webhooks", (*bench).webhooks},
		{"latency", (*bench).latency},
		{"a million waiting", (*bench).million},
		{"a number with a queue", (*bench).queue},
	}
	started := time.Now()
	for _, r := range rows {
		if !strings.Contains(r.name, *only) {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			part := &bench{t: t, folder: b.folder}
			r.run(part)
			b.results = append(b.results, part.results...)
		})
	}
	if *full && !t.Failed() {
		fmt.Printf("\n%s\nIt took %s.\n", b.table(), time.Since(started).Round(time.Second))
	}
}

func (b *bench) add(r result) {
	if r.show == nil {
		r.show = perSecond
	}
	b.results = append(b.results, r)
	b.t.Log(r.line())
}

// beside adds a row that has PostgreSQL as the floor of MariaDB: what an operation costs redial and the server
// together. rows are those of the databases.
func (b *bench) beside(operation, target string, rows []result) {
	both := func(r result) (sums []float64) {
		for i := range r.cpu {
			sums = append(sums, r.cpu[i]+r.server[i])
		}
		return sums
	}
	b.add(result{
		name: operation + ": CPU of redial and the server together, MariaDB; floor: PostgreSQL", show: microseconds,
		ratio: true, floor: both(rows[1]), ours: both(rows[2]), target: target,
	})
}

func (b *bench) table() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s, %d cores, %s; commit %s; an fdatasync of 4 KiB takes %s.\n\n", cpuModel(), runtime.NumCPU(),
		runtime.Version(), commit(), percentile(fdatasyncs(b.t, 300), 50).Round(time.Microsecond))
	s.WriteString("| row | floor | redial | redial to floor | CPU an operation: floor, redial, its server | target |\n" +
		"|---|---|---|---|---|---|\n")
	for _, r := range b.results {
		s.WriteString(r.line() + "\n")
	}
	return s.String()
}

func (r result) line() string {
	ratio, cpu := "–", "–"
	if r.ratio {
		ratios := make([]float64, len(r.ours))
		for i := range r.ours {
			ratios[i] = r.ours[i] / r.floor[i]
		}
		ratio = spread(ratios, func(v float64) string { return fmt.Sprintf("%.2f", v) })
	}
	if len(r.cpu) > 0 {
		cpu = spread(r.floorCPU, microseconds) + ", " + spread(r.cpu, microseconds)
	}
	if len(r.server) > 0 && slices.Max(r.server) > 0 {
		cpu += ", " + spread(r.server, microseconds)
	}
	return "| " + strings.Join([]string{r.name, spread(r.floor, r.show), spread(r.ours, r.show), ratio, cpu, r.target},
		" | ") + " |"
}

// spread returns the median and the range, in words.
func spread(list []float64, show func(float64) string) string {
	if len(list) == 0 {
		return "–"
	}
	s := slices.Sorted(slices.Values(list))
	median := "**" + show(s[len(s)/2]) + "**"
	if len(s) == 1 {
		return median
	}
	return fmt.Sprintf("%s (%s to %s)", median, show(s[0]), show(s[len(s)-1]))
}

func perSecond(v float64) string    { return fmt.Sprintf("%.0f/s", v) }
func microseconds(v float64) string { return fmt.Sprintf("%.0f µs", v) }
func milliseconds(v float64) string { return fmt.Sprintf("%.2f ms", v) }
func megabytes(v float64) string    { return fmt.Sprintf("%.0f MB", v/1e6) }

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimLeft(strings.TrimSpace(name), ": ")
		}
	}
	return "unknown processor"
}

// fdatasyncs is how long the disk takes to keep 4 KiB, n times.
func fdatasyncs(t *testing.T, n int) (took []time.Duration) {
	f, err := os.Create(filepath.Join(t.TempDir(), "disk"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for range n {
		started := time.Now()
		if _, err := f.WriteAt(block, 0); err != nil {
			t.Fatal(err)
		}
		if err := fdatasync(f); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(started))
	}
	return took
}
