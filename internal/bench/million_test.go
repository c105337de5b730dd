package bench

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"

	"redial/api"
)

// million lets a million calls wait for a time in the future, and measures what that costs.
func (b *bench) million() {
	for _, d := range databases {
		b.millionOn(d)
	}
}

func (b *bench) millionOn(d database) {
	twilio := newOperator()
	defer twilio.Close()
	url := d.url(b.t)
	node := b.redial(url, twilio.URL, fastPace)
	n, due := scaled(1_000_000), scaled(500)
	first := b.waiting(node, twilio)
	tomorrow := time.Now().Add(24 * time.Hour)
	node.stop()
	fill(b, url, first, few, scaled(1000), tomorrow, 0)
	node = b.redial(url, twilio.URL, fastPace)
	pagesOfFew := b.pages(node, idOf(first, few, scaled(1000)/2))
	callbacks := result{
		name: "final callbacks over HTTP, 1,000,000 calls; floor: redial with few, " + d.name, ratio: true,
		target: "as with few",
	}
	for range repetitions(3) {
		callbacks.floorWas(b.busy(node, twilio, scaled(2000)))
	}
	node.stop()

	const apart = 20 * time.Millisecond
	fill(b, url, first, future, n, tomorrow, 50*time.Millisecond)
	from := time.Now().Add(3 * time.Second) // when the first of them is due
	fill(b, url, first, dueSoon, due, from, apart)

	node = b.redial(url, twilio.URL, fastPace)
	ready := time.Since(node.started)
	late := result{
		name: "lateness of timers, 1,000,000 waiting, " + d.name + ", p99: due to create request",
		show: milliseconds, target: "20 ms",
	}
	var mu sync.Mutex
	var lateness []time.Duration
	var all sync.WaitGroup
	all.Add(due)
	twilio.onEach(func(c taken) {
		var i int
		if _, err := fmt.Sscanf(c.to, "+8170%d", &i); err != nil {
			b.t.Errorf("%s was called", c.to)
		}
		mu.Lock()
		defer mu.Unlock()
		lateness = append(lateness, c.at.Sub(from.Add(time.Duration(i-firstPhone)*apart)))
		all.Done()
	})
	if time.Until(from) < 0 {
		b.t.Fatal("filling the database took longer than was allowed for")
	}
	all.Wait()
	for part := range repetitions(3) {
		step := len(lateness) / repetitions(3)
		late.ours = append(late.ours, ms(percentile(lateness[part*step:(part+1)*step], 99)))
	}
	b.add(late)
	b.add(result{
		name: "start to ready, 1,000,000 waiting, " + d.name, show: milliseconds, ours: []float64{ms(ready)}, target: "1 s",
	})
	pagesOfMany := b.pages(node, idOf(first, future, n/2))
	for i, what := range []string{"first page", "a page in the middle"} {
		b.add(result{name: "GET /v1/calls, " + what + ", 1,000,000 calls; floor: with few, " + d.name,
			show: milliseconds, ratio: true,
			floor: pagesOfFew[i], ours: pagesOfMany[i], target: "as with few"})
	}
	twilio.onEach(nil)
	for range repetitions(3) {
		callbacks.oursWas(b.busy(node, twilio, scaled(2000)))
	}
	b.add(callbacks)
	b.add(result{
		name: "memory, 1,000,000 waiting, " + d.name, show: megabytes, ours: []float64{node.memory()}, target: "100 MB",
	})
	node.stop()
}

// waiting makes the call that the others are copied from: it was busy, and is called again tomorrow. It returns
// the call's id.
func (b *bench) waiting(node *process, twilio *operator) string {
	if err := create(node.url(), `"redial_after": {"busy": "20h"}, "deadline": "168h"`); err != nil {
		b.t.Fatal(err)
	}
	c := twilio.calls(1)[0]
	b.placed(node)
	if err := report(c.callback, c.sid, "busy"); err != nil {
		b.t.Fatal(err)
	}
	list := b.list(node, "")
	return list.Calls[0].ID
}

// kind is a kind of copied calls. It decides their place among the ids, and their phones.
type kind int

const (
	few kind = iota + 1
	future
	dueSoon
	held // held for the number of the call that is copied, until its deadline

	firstPhone = 10_000_000
)

func (k kind) phones() string { return []string{"", "60", "80", "70", ""}[k] }

// idOf is the id of copy i of a call.
func idOf(id string, k kind, i int) string { return fmt.Sprintf("%s%012x", id[:24], int(k)<<40+i) }

// fill copies a waiting call n times, due apart from one another, straight into the database: it would take too
// long to ask for so many.
func fill(b *bench, url, id string, k kind, n int, from time.Time, apart time.Duration) {
	series := "WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s"
	hex, analyze := "printf('%%012x', %d + s.i)", "ANALYZE"
	switch databaseOf(url).name {
	case "PostgreSQL":
		hex, series = "lpad(to_hex(%d + s.i), 12, '0')", "SELECT i FROM generate_series(CAST(0 AS BIGINT), %d) AS s(i)"
	case "MariaDB":
		hex, analyze = "lpad(lower(hex(%d + s.i)), 12, '0')", "ANALYZE TABLE calls"
	}
	db := b.open(url)
	defer db.Close()
	wake := fmt.Sprintf("%d + s.i * %d", from.UnixMicro(), apart.Microseconds())
	changed := map[string]string{
		"id":        "substr(c.id, 1, 24) || " + fmt.Sprintf(hex, int64(k)<<40),
		"to_number": fmt.Sprintf("'+81%s' || (%d + s.i)", k.phones(), firstPhone),
		"wake_at":   wake, "next_attempt_at": wake,
	}
	if k == held {
		changed = map[string]string{"id": changed["id"]}
	}
	names := b.columns(db)
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = cmp.Or(changed[name], "c."+name)
	}
	_, err := db.Exec(fmt.Sprintf("INSERT INTO calls (%s) SELECT %s FROM (%s) AS s, calls AS c WHERE c.id = '%s'",
		strings.Join(names, ", "), strings.Join(values, ", "), fmt.Sprintf(series, n-1), id))
	if err == nil {
		_, err = db.Exec(analyze)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// columns returns the columns of the table of calls.
func (b *bench) columns(db *sql.DB) []string {
	b.t.Helper()
	rows, err := db.Query("SELECT * FROM calls LIMIT 1")
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err := cmp.Or(err, rows.Err()); err != nil {
		b.t.Fatal(err)
	}
	return names
}

// open opens the database of a URL, past redial.
func (b *bench) open(url string) *sql.DB {
	b.t.Helper()
	driver, dsn := "pgx", url
	switch databaseOf(url).name {
	case "SQLite":
		driver, dsn = "sqlite", strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(5000)"
	case "MariaDB":
		driver, dsn = "mysql", b.mysqlDSN(url)
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.t.Fatal(err)
	}
	return db
}

// mysqlDSN is a URL of mariadbtest's as the driver wants it.
func (b *bench) mysqlDSN(text string) string {
	b.t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		b.t.Fatal(err)
	}
	conf := mysql.NewConfig()
	conf.User, conf.Net, conf.Addr = u.User.Username(), "unix", u.Query().Get("socket")
	conf.Passwd, _ = u.User.Password()
	conf.DBName = strings.TrimPrefix(u.Path, "/")
	conf.Params = map[string]string{"sql_mode": "'PIPES_AS_CONCAT'", "max_recursive_iterations": "4294967295"}
	return conf.FormatDSN()
}

func (b *bench) list(node *process, query string) (p api.CallList) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(node.get("/v1/calls"+query)), &p); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// pages measures the first page, and the one after a call in the middle.
func (b *bench) pages(node *process, middle string) (took [2][]float64) {
	for i, query := range []string{"?limit=50", "?limit=50&cursor=" + middle} {
		if got := len(b.list(node, query).Calls); *full && got != 50 {
			b.t.Fatalf("%s has %d calls", query, got)
		}
		for range repetitions(3) {
			started := time.Now()
			const times = 20
			for range times {
				b.list(node, query)
			}
			took[i] = append(took[i], ms(time.Since(started)/times))
		}
	}
	return took
}
