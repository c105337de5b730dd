package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"redial/api"
)

func TestTheStoryOnAServer(t *testing.T) { onServers(t, storyOn) }

func storyOn(t *testing.T, s server) {
	database := s.fresh(t)
	change := func(c *Config) {
		hooks(shop)(c)
		c.DatabaseURL, c.Clock = database, time.Now
	}
	inWorld(t, change, func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusInternalServerError)
		p := w.phone(alice).busy().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Minute)})
		w.pass(30 * time.Second)
		w.restart()
		w.pass(3 * time.Minute)
		c.is("reached", "busy", "no-answer", "completed")
		p.rangTimes(3)
		x.hears()
		x.answers(nil)
		w.pass(15 * time.Minute) // the next try is due after ten minutes, or eleven with jitter
		if heard := x.heard(); len(heard) != 4 || !strings.HasPrefix(heard[3], "call.ended") {
			t.Errorf("it heard %q", heard)
		}
	})
}

// The bubble's clock stands in the year 2000, the database's does not.
func TestANodeWhoseClockIsWrongDoesNotDial(t *testing.T) {
	for name, s := range servers {
		database := s.fresh(t)
		inWorld(t, func(c *Config) { c.DatabaseURL = database }, func(w *world) {
			w.phone(alice)
			c := w.call(api.CreateCall{To: alice})
			w.pass(10 * time.Minute)
			c.is("waiting")
			if now := w.node.Load().store.Now(); now.Year() < 2026 {
				t.Errorf("%s: the node goes by its own clock: %s", name, now)
			}
		})
	}
}

// While the database is away, nothing is accepted and nothing dialed. When it is back, everything goes on where it
// was.
func TestTheDatabaseMayGoAway(t *testing.T) { onServers(t, goAway) }

func goAway(t *testing.T, s server) {
	database := s.fresh(t)
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock = database, time.Now }, func(w *world) {
		p := w.phone(alice).busy().does("answer:30s")
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Minute)})
		w.pass(30 * time.Second)
		c.is("waiting", "busy")
		back := s.away(t, database)
		w.pass(5 * time.Minute)
		p.rangTimes(1)
		w.metric("redial_database_figures_missing 1")
		w.metric(`redial_attempts_total{result="busy"} 1`)
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/v1/calls": 503, "/metrics": 200} {
			if status, answer := w.do("GET", path, ""); status != want {
				t.Errorf("%s is answered %d: %s", path, status, answer)
			}
		}
		if status, answer := w.ask(`{"to": "A", "say": "hi"}`); status != 503 {
			t.Errorf("a wish is answered %d: %s", status, answer)
		}
		back()
		w.pass(20 * time.Second)
		c.is("dialing", "busy", "in-progress")
		w.metric("redial_database_figures_missing 0")
		w.metric(`redial_calls{state="dialing"} 1`)
		back = s.away(t, database)
		w.pass(time.Minute) // the callback is answered 503, and repeated for a while
		back()
		w.pass(2 * time.Minute)
		c.is("reached", "busy", "completed")
		p.rangTimes(2)
		if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 1 {
			t.Errorf("%d calls, %v: what was refused is there", len(page.Calls), err)
		}
	})
}

// A server takes only UTF-8, PostgreSQL without NUL, for text. Other text must not look like a fault of the database.
func TestAPathThatIsNoTextLeadsNowhere(t *testing.T) { onServers(t, noTextLeadsNowhere) }

func noTextLeadsNowhere(t *testing.T, s server) {
	database := s.fresh(t)
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock = database, time.Now }, func(w *world) {
		for _, id := range []string{"%ff", "a%00b", "%ed%a0%80"} {
			if status, answer := w.do("GET", "/v1/calls/"+id, ""); status != http.StatusNotFound {
				t.Errorf("%s is answered %d: %s", id, status, answer)
			}
		}
	})
}

// The answer to a COMMIT is lost. Nobody knows whether the call was made, and the answer says so. A repeat with the
// same Idempotency-Key finds out.
func TestALostCommitIsNotKnown(t *testing.T) { onServers(t, lostCommit) }

func lostCommit(t *testing.T, s server) {
	for _, way := range s.lossy {
		lostCommitBy(t, s, way)
	}
}

func lostCommitBy(t *testing.T, s server, way lossy) {
	database, lose := way(t, s.fresh(t))
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock = database, time.Now }, func(w *world) {
		w.phone(alice).does("answer:30s")
		body := `{"to": "A", "say": "hi"}`
		lose(s.commit)
		status, answer := w.ask(body, "Idempotency-Key", "order-42")
		if status != 503 || strings.Contains(answer, "nothing was changed") || !strings.Contains(answer, "not known") ||
			!strings.Contains(answer, "Idempotency-Key") {
			t.Errorf("the wish is answered %d: %s", status, answer)
		}
		if status, answer := w.ask(body, "Idempotency-Key", "order-42"); status != 201 {
			t.Errorf("the repeat is answered %d: %s", status, answer)
		}
		page, err := w.client.List(w.ctx, api.ListQuery{})
		if err != nil || len(page.Calls) != 1 {
			t.Fatalf("%d calls, %v", len(page.Calls), err)
		}
		lose(s.commit)
		status, answer = w.do("POST", "/v1/calls/"+page.Calls[0].ID+"/cancel", "")
		if status != 503 || !strings.Contains(answer, "not known") {
			t.Errorf("the cancel is answered %d: %s", status, answer)
		}
		w.pass(time.Minute)
	})
}

// A number from outside that is too large for its column is refused before the database is asked.
func TestNumbersTooLargeForTheDatabase(t *testing.T) {
	databases := map[string]string{"sqlite": ""}
	for name, s := range servers {
		databases[name] = s.fresh(t)
	}
	for name, database := range databases {
		change := func(c *Config) {
			if database != "" {
				c.DatabaseURL, c.Clock = database, time.Now
			}
		}
		inWorld(t, change, func(w *world) {
			w.phone(alice).does("answer:5m")
			c := w.call(api.CreateCall{To: alice})
			w.pass(10 * time.Second)
			c.is("dialing", "in-progress")
			sid := c.now().Attempts[0].SID
			for _, n := range []string{
				"2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "-2147483649",
			} {
				for _, try := range []struct{ method, path, header string }{
					{"GET", "/v1/calls/" + c.id + "/events", "Last-Event-ID"},
					{"GET", "/v1/calls?limit=" + n, ""},
					{"GET", "/v1/calls/" + c.id + "?wait=" + n + "s", ""},
					{"GET", "/v1/webhooks/call/deliveries?cursor=evt_" + c.id + "_" + n, ""},
					{"GET", "/v1/webhooks/call/deliveries?limit=" + n, ""},
					{"GET", "/v1/calls/" + c.id + "/deliveries?limit=" + n, ""},
					{"GET", "/v1/calls/" + c.id + "/deliveries?cursor=call." + n, ""},
					{"POST", "/v1/webhooks/call/deliveries/evt_" + c.id + "_" + n + "/replay", ""},
					{"POST", "/v1/calls/" + c.id + "/attempts/" + n + "/resolve", ""},
				} {
					body := ""
					if strings.HasSuffix(try.path, "/resolve") {
						body = `{"unplaced": true}`
					}
					if status, answer := w.do(try.method, try.path, body, try.header, n); status >= 500 {
						t.Errorf("%s: %s %s with %s is answered %d: %s", name, try.method, try.path, n, status, answer)
					}
				}
				form := url.Values{
					"CallSid": {sid}, "CallStatus": {"ringing"}, "CallDuration": {n}, "SipResponseCode": {n}, "SequenceNumber": {n},
				}
				if status := w.signed("/twilio_api/callback", form); status != http.StatusNoContent {
					t.Errorf("%s: a callback with %s is answered %d", name, n, status)
				}
			}
			c.cancel()
			w.pass(10 * time.Minute)
		})
	}
}

// A listener that reconnects while the database fails gets an error, and misses nothing when it reconnects later.
func TestAListenerComesBackWhileTheDatabaseFails(t *testing.T) { onServers(t, listenerComesBack) }

func listenerComesBack(t *testing.T, s server) {
	database, lose := s.lossy[0](t, s.fresh(t))
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock = database, time.Now }, func(w *world) {
		w.phone(alice).answers()
		first := w.streams("/v1/webhooks/stream?events=call.ended", "")
		w.pass(time.Second)
		last := first.leave()[0].id
		c := w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)
		c.is("reached", "completed")
		lose(s.begin)
		refused := w.streams("/v1/webhooks/stream?events=call.ended", last)
		w.pass(time.Second)
		refused.cancel()
		if <-refused.done; refused.out.Code != http.StatusServiceUnavailable {
			t.Errorf("it is answered %d: %s", refused.out.Code, refused.out.Body)
		}
		again := w.streams("/v1/webhooks/stream?events=call.ended", last)
		w.pass(time.Second)
		if heard := again.leave(); len(heard) != 2 || heard[1].kind != "call.ended" {
			t.Errorf("it heard %v", heard)
		}
	})
}

// Whoever waits, follows a call or listens at one node hears what happens on another.
func TestAnotherNodeIsHeard(t *testing.T) { onServers(t, anotherNodeIsHeard) }

func anotherNodeIsHeard(t *testing.T, s server) {
	database := s.fresh(t)
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock = database, time.Now }, func(w *world) {
		other, err := New(w.ctx, w.conf)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		w.phone(alice).busy()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Hour)})
		w.pass(time.Minute)
		waits := w.streamsAt(other.Handler(), "/v1/calls/"+c.id+"?wait=2m", "")
		follows := w.streamsAt(other.Handler(), "/v1/calls/"+c.id+"/events", "")
		listens := w.streamsAt(other.Handler(), "/v1/webhooks/stream?events=call.ended", "")
		w.pass(20 * time.Second)
		c.cancel()
		asked := time.Now()
		<-waits.done
		<-follows.done
		answer := waits.out.Body.String()
		if late := time.Since(asked); late > time.Second || !strings.Contains(answer, `"outcome":"canceled"`) {
			t.Errorf("after %s the wait is answered %s", late, answer)
		}
		if heard := follows.leave(); len(heard) == 0 || heard[len(heard)-1].kind != "call.ended" {
			t.Errorf("who follows it heard %v", heard)
		}
		w.pass(time.Second)
		if heard := listens.leave(); heard[len(heard)-1].kind != "call.ended" {
			t.Errorf("who listens heard %v", heard)
		}
	})
}
