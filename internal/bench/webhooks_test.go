package bench

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"
)

// application receives webhooks, and counts them, and the calls that have ended: the last event of a call comes
// last.
type application struct {
	*httptest.Server
	heard, ended atomic.Int64
}

func newApplication() *application {
	a := &application{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a body that can't be read is not counted as an end
		a.heard.Add(1)
		if bytes.Contains(body, []byte(`"type":"call.ended"`)) {
			a.ended.Add(1)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	return a
}

// webhooks measures whole calls with webhooks: first of the end of each attempt and call, then of all events. The
// floor is redial without webhooks.
func (b *bench) webhooks() {
	phones := b.phones("no-answer,no-answer,answer")
	for _, d := range databases {
		floor := b.redial(d.url(b.t), phones.url(), fastPace)
		b.whole(scaled(300), floor)
		for _, told := range []struct {
			name, events, target string
			times                int
		}{
			{"each end", "attempt.ended,call.ended", "at most 1.33", repetitions(9)}, {"all events", "*", "–", repetitions(3)},
		} {
			node, heard := b.toldNode(d, phones, told.events)
			b.told(scaled(300), node, heard)
			r := result{
				name: "CPU of a whole call with webhooks of " + told.name + "; floor: without, " + d.name, ratio: true,
				show: microseconds, target: told.target,
			}
			for range told.times {
				r.floor = append(r.floor, b.whole(scaled(1000), floor).cpu)
				r.ours = append(r.ours, b.told(scaled(1000), node, heard).cpu)
			}
			node.stop()
			heard.Close()
			b.add(r)
		}
		floor.stop()
	}
}

// toldNode starts a node that sends events to an application.
func (b *bench) toldNode(d database, phones *process, events string) (*process, *application) {
	heard := newApplication()
	return b.redial(d.url(b.t), phones.url(), fastPace, "REDIAL_WEBHOOK_URLS="+heard.URL,
		"REDIAL_WEBHOOK_ALLOW_PRIVATE=true",
		"REDIAL_WEBHOOK_SECRETS=whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "REDIAL_WEBHOOK_EVENTS="+events), heard
}

// told measures n calls until their last events were received, and redial has recorded that.
func (b *bench) told(n int, node *process, heard *application) load {
	b.t.Helper()
	before, started, want := b.used(node), time.Now(), heard.ended.Load()+int64(n)
	b.whole(n, node)
	for heard.ended.Load() < want || node.total(`redial_webhook_tries_total{result="delivered"}`) < heard.heard.Load() {
		if time.Since(started) > 2*time.Minute {
			b.t.Fatalf("of %d calls the end was not heard, or not written down", want-heard.ended.Load())
		}
		time.Sleep(20 * time.Millisecond)
	}
	return b.used(node).since(before, n, time.Since(started))
}
