package sim

import (
	"net/url"
	"regexp"
	"testing"
	"time"
)

// A conversation ends at the TimeLimit, whoever talks, and whatever is said.
func TestATimeLimitEndsTheConversation(t *testing.T) {
	for script, form := range map[string][]string{
		"answer:1h": {},
		"answer":    {"Twiml", `<Response><Pause length="1000"/><Pause length="1000"/></Response>`},
		"voicemail": {"Twiml", `<Response><Pause length="1000"/></Response>`, "MachineDetection", "Enable"},
	} {
		atDesk(t, Config{}, func(d *desk) {
			d.script(script)
			sid := d.place(alice, append(form, "TimeLimit", "60")...)
			pass(2 * time.Minute)
			leg := d.sim.Legs()[0]
			if talked := leg.EndedAt.Sub(leg.AnswerAt); leg.Status != "completed" || talked != time.Minute {
				t.Errorf("%s: %s after %s", script, leg.Status, talked)
			}
			if _, body := d.rest("GET", "/Calls/"+sid+".json", nil); body["duration"] != "60" {
				t.Errorf("%s: the record says %v s", script, body["duration"])
			}
		})
	}
	for _, bad := range []string{"0", "-1", "ten", "86401"} {
		atDesk(t, Config{}, func(d *desk) {
			if status, body := d.rest("POST", "/Calls.json", wish(alice, "TimeLimit", bad)); status != 400 {
				t.Errorf("TimeLimit %s is answered %d: %v", bad, status, body)
			}
		})
	}
}

// A call that Twilio has lost track of keeps its status: neither its TimeLimit nor a request ends it.
func TestAStuckCallNeverEnds(t *testing.T) {
	for script, status := range map[string]string{
		"stuck": "in-progress", "stuck:in-progress": "in-progress", "stuck:ringing": "ringing", "stuck:queued": "queued",
	} {
		atDesk(t, Config{}, func(d *desk) {
			d.script(script)
			sid := d.place(alice, "TimeLimit", "60")
			pass(time.Hour)
			for _, end := range []string{"", "canceled", "completed"} {
				if end != "" {
					d.rest("POST", "/Calls/"+sid+".json", url.Values{"Status": {end}})
				}
				pass(time.Hour)
				if _, body := d.rest("GET", "/Calls/"+sid+".json", nil); body["status"] != status {
					t.Errorf("%s: after %q the call is %v", script, end, body["status"])
				}
			}
		})
	}
}

// A call may be placed although the REST API does not know its sid.
func TestACallThatIsGone(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		d.script("answer+gone")
		sid := d.place(alice)
		pass(6 * time.Second)
		for _, method := range []string{"GET", "POST", "DELETE"} {
			status, body := d.rest(method, "/Calls/"+sid+".json", url.Values{"Status": {"completed"}})
			if status != 404 || body["code"] != 20404.0 {
				t.Errorf("%s is answered %d: %v", method, status, body)
			}
		}
		if found, _ := d.list(nil); len(found) > 0 {
			t.Errorf("the list shows %v", found)
		}
		if pass(time.Minute); len(d.statuses()) != 4 {
			t.Errorf("the phone did %v", d.statuses())
		}
	})
}

// Two simulators, or one that was started again, give no sid twice.
func TestSIDsAreUniqueOverRestarts(t *testing.T) {
	seen, form := map[string]bool{}, regexp.MustCompile(`^CA[0-9a-f]{32}$`)
	for range 3 {
		atDesk(t, Config{Seed: 1}, func(d *desk) {
			for range 3 {
				sid := d.place(alice)
				if seen[sid] || !form.MatchString(sid) {
					t.Errorf("the sid is %s, after %v", sid, seen)
				}
				seen[sid] = true
			}
			if d.send("POST", "/sim/reset", ""); seen[d.place(alice)] {
				t.Error("a sid comes again after a reset")
			}
		})
	}
}
