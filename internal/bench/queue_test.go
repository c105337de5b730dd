package bench

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// queue frees a number that 50,000 calls with closed windows are held for, and behind them one call that can ring.
func (b *bench) queue() {
	for _, d := range databases {
		b.queueOn(d)
	}
}

func (b *bench) queueOn(d database) {
	twilio := newOperator()
	defer twilio.Close()
	url, n := d.url(b.t), scaled(50_000)
	node := b.redial(url, twilio.URL, fastPace, "REDIAL_MAX_WAITING_PER_NUMBER=100000")
	to := number()
	ask := func(policy string) {
		body := fmt.Sprintf(`{"to": %q, "say": {"text": "The server is down."}, "policy": {%s}}`, to, policy)
		if err := post(node.url()+"/v1/calls", "application/json", []byte(body), nil, http.StatusCreated); err != nil {
			b.t.Fatal(err)
		}
	}
	ask(`"max_attempts": 1`)
	ringing := twilio.calls(1)[0]
	b.placed(node)
	now := time.Now().UTC()
	hours := func(from, to int) string {
		return now.Add(time.Duration(from)*time.Hour).Format(time.TimeOnly) + "-" +
			now.Add(time.Duration(to)*time.Hour).Format(time.TimeOnly)
	}
	ask(`"deadline": "48h", "window": {"hours": "` + hours(-1, 1) + `", "zone": "Etc/UTC"}`)
	b.closeWindows(url, now)
	fill(b, url, b.list(node, "?state=waiting").Calls[0].ID, held, n, now, 0)
	ask(`"deadline": "1h"`)

	slow, all := batches(node)
	rang := make(chan time.Time, 1)
	twilio.onEach(func(c taken) {
		if c.to == to {
			rang <- c.at
		}
	})
	started := time.Now()
	if err := report(ringing.callback, ringing.sid, "completed"); err != nil {
		b.t.Fatal(err)
	}
	var creates []time.Duration // other clients want to write as well
	var took time.Duration
	for took == 0 {
		asked := time.Now()
		if err := create(node.url(), `"max_attempts": 1`); err != nil {
			b.t.Fatal(err)
		}
		creates = append(creates, time.Since(asked))
		select {
		case at := <-rang:
			took = at.Sub(started)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Since(started) > 5*time.Minute {
			b.t.Fatal("the one that can ring never does")
		}
	}
	slowNow, allNow := batches(node)
	row := "a number with 50,000 held calls, whose windows are closed, becomes free, " + d.name
	b.add(result{
		name: row + ": batches of more than 512 ms, of " + fmt.Sprint(allNow-all), show: plain,
		ours: []float64{float64(slowNow - slow)}, target: "0",
	})
	b.add(result{
		name: "the same: the slowest create meanwhile", show: milliseconds,
		ours: []float64{ms(percentile(creates, 100))}, target: "500 ms",
	})
	b.add(result{
		name: "the same: until the one that can ring is dialed", show: seconds,
		ours: []float64{took.Seconds()}, target: "60 s",
	})
	node.stop()
}

// closeWindows moves the windows of all calls, so that they closed an hour ago.
func (b *bench) closeWindows(url string, now time.Time) {
	second := func(hours int) int {
		at := now.Add(time.Duration(hours) * time.Hour)
		return (at.Hour()*60+at.Minute())*60 + at.Second()
	}
	text := func(from, to int) string { return fmt.Sprintf(`"from":%d,"to":%d`, second(from), second(to)) }
	db := b.open(url)
	defer db.Close()
	update := fmt.Sprintf("UPDATE calls SET policy = replace(policy, '%s', '%s')", text(-1, 1), text(-3, -1))
	if _, err := db.Exec(update); err != nil {
		b.t.Fatal(err)
	}
}

// batches counts the batches so far that took more than 512 ms, and all batches.
func batches(node *process) (slow, all int) {
	var quick int
	for line := range strings.Lines(node.get("/metrics")) {
		if rest, ok := strings.CutPrefix(line, "redial_batch_duration_seconds_"); ok {
			_, _ = fmt.Sscanf(rest, `bucket{le="0.512"} %d`, &quick) // on other lines it reads nothing
			_, _ = fmt.Sscanf(rest, "count %d", &all)
		}
	}
	return all - quick, all
}

func plain(v float64) string   { return fmt.Sprintf("%.0f", v) }
func seconds(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + " s" }
