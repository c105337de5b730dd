package app

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
)

// What rings is an incident; whoever takes care of it, or closes it, ends the ringing.
func TestIncidentsAreEndedByHand(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(`{people: {ann: {number: "` + alice + `"}, ben: {number: "` + bob + `"}}, triggers: {
			disks: {to: [ann], policy: {redial_after: {no-answer: 1h}}},
			doors: {to: [ben], policy: {redial_after: {no-answer: 1h}}}}}`)
		w.phone(alice).noAnswer()
		w.phone(bob).noAnswer()
		calls := map[string]string{}
		for _, name := range []string{"disks", "doors"} {
			c, told, err := w.client.Tell(w.ctx, name, []byte(`{"key": "k/1", "title": "Broken"}`))
			if err != nil || c == nil {
				t.Fatal(told, err)
			}
			calls[name] = c.ID
		}
		w.pass(2 * time.Minute)
		page, err := w.client.Incidents(w.ctx, api.IncidentQuery{Key: "k/1", State: "open"})
		if err != nil || len(page.Incidents) != 2 || page.Incidents[0].Trigger != "doors" {
			t.Fatalf("%+v, %v", page, err)
		}
		desk := *w.client
		desk.Key = w.key("desk", store.Operate)
		doors, err := desk.CloseIncident(w.ctx, page.Incidents[0].ID)
		if err != nil || doors.State != "closed" || doors.ClosedBy != "desk" || doors.ClosedWhy != "closed" {
			t.Errorf("closing is answered %+v, %v", doors, err)
		}
		disks, err := desk.AcknowledgeIncident(w.ctx, page.Incidents[1].ID)
		if err != nil || disks.State != "acknowledged" || len(disks.MemberList) != 1 || disks.MemberList[0].Key != "k/1" ||
			!disks.MemberList[0].Acknowledged || disks.Call != calls["disks"] {
			t.Errorf("acknowledging is answered %+v, %v", disks, err)
		}
		w.pass(3 * time.Hour) // nobody is rung again
		for _, id := range calls {
			(&asked{w, id}).is("canceled", "no-answer")
		}
		again, err := desk.AcknowledgeIncident(w.ctx, doors.ID)
		if err != nil || again.State != "closed" {
			t.Errorf("acknowledging what is closed is answered %+v, %v", again, err)
		}
		if list, err := desk.Incidents(w.ctx, api.IncidentQuery{State: "closed"}); err != nil || len(list.Incidents) != 1 {
			t.Errorf("closed are %+v, %v", list, err)
		}
		deeds := strings.Join(w.audited("desk"), "\n")
		for _, deed := range []string{"incident.close " + doors.ID, "incident.acknowledge " + disks.ID} {
			if strings.Count(deeds, deed) != 1 {
				t.Errorf("the audit has %s", deeds)
			}
		}
		for _, path := range []string{"", "/close", "/acknowledge"} {
			method := map[bool]string{true: "GET", false: "POST"}[path == ""]
			if status, answer := w.do(method, "/v1/incidents/none"+path, ""); status != http.StatusNotFound ||
				!strings.Contains(answer, "no such incident") {
				t.Errorf("one that is not there is answered %d: %s", status, answer)
			}
		}
	})
}

// Incidents have pages, and members beyond a hundred are told of.
func TestIncidentsHavePages(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(`{people: {ann: {number: "` + alice + `"}}, triggers: {
			disks: {source: alertmanager, to: [ann], policy: {not_before: 1h}}}}`)
		for i := range 3 {
			var alerts []string
			for n := range 45 {
				alerts = append(alerts, fmt.Sprintf(`{"status": "firing", "fingerprint": "%d-%d"}`, i, n))
			}
			body := fmt.Sprintf(`{"groupKey": "g%d", "alerts": [%s]}`, i, strings.Join(alerts, ","))
			if _, _, err := w.client.Tell(w.ctx, "disks", []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		var keys []string
		for cursor := ""; ; {
			page, err := w.client.Incidents(w.ctx, api.IncidentQuery{Trigger: "disks", Limit: 1, Cursor: cursor})
			if err != nil || len(page.Incidents) != 1 {
				t.Fatalf("%+v, %v", page, err)
			}
			keys = append(keys, page.Incidents[0].Key)
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if got := strings.Join(keys, " "); got != "g2 g1 g0" {
			t.Errorf("the pages have %s", got)
		}
		for _, query := range []string{"limit=0", "limit=201", "state=lost", "cursor=x", "kay=1"} {
			if status, answer := w.do("GET", "/v1/incidents?"+query, ""); status != http.StatusUnprocessableEntity {
				t.Errorf("%s is answered %d: %s", query, status, answer)
			}
		}
	})
}
