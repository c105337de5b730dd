package sim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ask asks the control API, and decodes the answer into v if there is one.
func (d *desk) ask(method, path, body string, v any) int {
	d.t.Helper()
	w, _ := d.send(method, path, body)
	if v != nil {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			d.t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
	return w.Code
}

func TestControlTellsWhatHappened(t *testing.T) {
	atDesk(t, Config{Default: "busy"}, func(d *desk) {
		sid := d.place(alice)
		pass(time.Minute)
		var requests []Request
		d.ask("GET", "/sim/requests", "", &requests)
		if len(requests) != 1 || requests[0].Status != 201 || requests[0].SID != sid ||
			requests[0].Form.Get("To") != alice || requests[0].Method != "POST" {
			t.Errorf("%+v", requests)
		}
		var legs []Leg
		d.ask("GET", "/sim/legs", "", &legs)
		if len(legs) != 1 || legs[0].SID != sid || legs[0].Status != "busy" || !legs[0].RingingAt.IsZero() ||
			legs[0].EndedAt.IsZero() {
			t.Errorf("%+v", legs)
		}
	})
}

func TestControlChangesWhatPhonesDo(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		for _, step := range []struct{ path, body string }{
			{"/sim/scripts", `{"` + alice + `": "busy", "` + bob + `": "wrong"}`},
			{"/sim/scripts/" + alice, `"decline"`},
			{"/sim/faults", `{"callback_lost": 1}`},
			{"/sim/suspend", `{"code": 20003}`},
			{"/sim/suspend", `{"code": 0}`},
		} {
			if status := d.ask("PUT", step.path, step.body, nil); status != http.StatusNoContent {
				t.Errorf("PUT %s is answered %d", step.path, status)
			}
		}
		var scripts map[string]string
		d.ask("GET", "/sim/scripts", "", &scripts)
		if diff := cmp.Diff(map[string]string{alice: "decline", bob: "wrong"}, scripts); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		var faults Faults
		d.ask("GET", "/sim/faults", "", &faults)
		if faults != (Faults{CallbackLost: 1}) {
			t.Errorf("%+v", faults)
		}
		d.place(alice)
		pass(time.Minute)
		if l := d.sim.Legs()[0]; l.Status != "busy" || len(d.statuses()) > 0 {
			t.Errorf("the phone was %s, and told of %v", l.Status, d.statuses())
		}
		first := d.sim.Legs()[0].SID
		status := d.ask("POST", "/sim/reset", "", nil)
		if status != http.StatusNoContent || len(d.sim.Legs())+len(d.sim.Requests()) > 0 {
			t.Errorf("after a reset, answered %d, there are %v", status, d.sim.Legs())
		}
		if second := d.place(alice); second == first {
			t.Error("after a reset a sid is used again")
		}
		pass(time.Minute)
		if l := d.sim.Legs()[0]; l.Status != "completed" || len(d.statuses()) == 0 {
			t.Errorf("after a reset the phone is %s", l.Status)
		}
	})
}

func TestControlSaysWhatIsWrong(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		for _, test := range []struct {
			method, path, body string
			status             int
			says               string
		}{
			{"PUT", "/sim/scripts", `{"` + alice + `": "hum"}`, 422, "there are: answer"},
			{"PUT", "/sim/scripts/" + alice, `answer`, 422, ""},
			{"PUT", "/sim/faults", `{"callback_lost": 2}`, 422, "callback_lost"},
			{"PUT", "/sim/faults", `{"callback_eaten": 1}`, 422, "callback_eaten"},
			{"GET", "/sim/", "", 404, "GET /sim/requests"},
			{"DELETE", "/sim/legs", "", 404, "GET /sim/requests"},
		} {
			w, _ := d.send(test.method, test.path, test.body)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.says) {
				t.Errorf("%s %s %s is answered %d: %s", test.method, test.path, test.body, w.Code, w.Body)
			}
		}
	})
}

func TestControlServesThisMachineOnly(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		for host, want := range map[string]int{
			"127.0.0.1:4010": 200, "localhost": 200, "[::1]:4010": 200, "sim.example.com": 403, "10.0.0.7:4010": 403,
		} {
			w, _ := d.send("GET", "/sim/legs", "", func(r *http.Request) { r.Host = host })
			if w.Code != want {
				t.Errorf("by the name %s it is answered %d", host, w.Code)
			}
		}
	})
}
