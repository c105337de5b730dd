package chaos

import (
	"testing"
	"time"

	"redial/api"
	"redial/internal/sim"
)

var noon = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)

// scene is a set of records without a contradiction, which a test then spoils.
type scene struct {
	asked []Asked
	legs  []sim.Leg
	calls []api.Call
}

func sound() *scene {
	leg := func(sid, to, status string, minute int) sim.Leg {
		at := noon.Add(time.Duration(minute) * time.Minute)
		return sim.Leg{SID: sid, To: to, Status: status, CreatedAt: at, DialedAt: at, EndedAt: at.Add(30 * time.Second)}
	}
	call := func(id, to, outcome string, attempts ...api.Attempt) api.Call {
		return api.Call{
			ID: id, To: to, State: "ended", Outcome: outcome, Policy: api.Policy{MaxAttempts: new(2)}, Attempts: attempts,
		}
	}
	attempt := func(n int, to, sid, result string) api.Attempt {
		dialed := noon.Add(time.Duration(n-1) * 2 * time.Minute)
		return api.Attempt{Number: n, To: to, SID: sid, Status: result, Result: result, DialedAt: dialed}
	}
	s := &scene{
		asked: []Asked{{"1", []string{"A"}}, {"2", []string{"B"}}, {"3", []string{"C"}}},
		legs: []sim.Leg{
			leg("CA1", "A", "busy", 0), leg("CA2", "A", "completed", 2),
			leg("CA3", "B", "no-answer", 0), leg("CA4", "B", "canceled", 2),
		},
		calls: []api.Call{
			call("1", "A", "reached", attempt(1, "A", "CA1", "busy"), attempt(2, "A", "CA2", "completed")),
			call("2", "B", "unreached", attempt(1, "B", "", "unplaced"), attempt(2, "B", "CA3", "no-answer"),
				attempt(3, "B", "CA4", "no-answer")),
			call("3", "C", "refused", attempt(1, "C", "", "refused")),
		},
	}
	s.calls[0].Reached = &api.Reached{Attempt: 2, To: "A", By: "answer", At: s.legs[1].EndedAt}
	return s
}

// wants makes call 1 ask for a key. pressed and heard are the keys and the words of its second attempt.
func (s *scene) wants(pressed, heard string) {
	s.calls[0].Policy.Confirm = &api.Confirm{Digit: "1"}
	s.legs[1].Pressed, s.legs[1].Heard = []string{pressed}, []string{heard}
}

func TestSoundRecordsPass(t *testing.T) {
	confirmed := sound()
	confirmed.wants("1", "Thank you. It is confirmed.")
	for _, s := range []*scene{sound(), confirmed} {
		if found := Audit(s.asked, s.legs, s.calls); len(found) > 0 {
			t.Errorf("%v", found)
		}
	}
}

func TestEveryDiscrepancyIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*scene)
		want  Kind
	}{
		"a call is gone":                  {func(s *scene) { s.calls = s.calls[1:] }, Lost},
		"a call never ended":              {func(s *scene) { s.calls[2].Outcome, s.calls[2].State = "", "waiting" }, Lost},
		"a call that nobody asked for":    {func(s *scene) { s.asked = s.asked[:2] }, Differs},
		"another number":                  {func(s *scene) { s.asked[2].To[0] = "D" }, Differs},
		"a ring that is not recorded":     {func(s *scene) { s.calls[0].Attempts = s.calls[0].Attempts[1:] }, Differs},
		"an attempt that never was":       {func(s *scene) { s.legs = s.legs[1:] }, Differs},
		"an attempt recorded otherwise":   {func(s *scene) { s.legs[0].Status = "failed" }, Differs},
		"a ring recorded as never placed": {func(s *scene) { s.calls[1].Attempts[2].Result = "unplaced" }, Differs},
		"one ring for two attempts":       {func(s *scene) { s.calls[1].Attempts[1].SID = "CA1" }, Differs},
		"an attempt that is not over":     {func(s *scene) { s.calls[1].Attempts[0].Result = "" }, Differs},
		"a wrong outcome":                 {func(s *scene) { s.calls[0].Outcome = "unreached" }, Differs},
		"given up too early":              {func(s *scene) { s.calls[1].Policy.MaxAttempts = new(3) }, Differs},
		"a dial too many":                 {func(s *scene) { s.calls[1].Policy.MaxAttempts = new(1) }, Twice},
		"a phone rung twice at once": {func(s *scene) {
			s.legs[1].CreatedAt = s.legs[0].EndedAt.Add(-time.Second)
		}, Twice},
		"a phone rung while it still rings": {func(s *scene) { s.legs[2].EndedAt = time.Time{} }, Twice},
		"rung again after it was answered": {func(s *scene) {
			s.legs[0].Status, s.calls[0].Attempts[0].Result = "completed", "completed"
		}, Twice},
		"reached, and nobody knows how": {func(s *scene) { s.calls[0].Reached = nil }, Differs},
		"reached without a key":         {func(s *scene) { s.wants("9", "That was not right.") }, Differs},
		"thanked, and not reached": {func(s *scene) {
			s.wants("1", "It is confirmed.")
			s.calls[0].Outcome, s.calls[0].Reached, s.calls[0].Attempts[1].Result = "unreached", nil, "unconfirmed"
		}, Differs},
		"a machine taken for a person": {func(s *scene) {
			s.calls[0].Policy.Machine, s.legs[1].AnsweredBy = &api.Machine{Do: "redial"}, "machine_start"
		}, Differs},
		"the next rung after one was reached": {func(s *scene) {
			s.legs[2].To, s.calls[0].People = "B", []api.Person{{Number: "A"}, {Number: "B"}}
			s.calls[0].Attempts = append(s.calls[0].Attempts, api.Attempt{
				Number: 3, To: "B", SID: "CA3", Result: "no-answer", DialedAt: noon.Add(time.Hour),
			})
		}, Twice},
		"rung again after it was passed on": {func(s *scene) {
			s.legs[2].Status, s.legs[2].Heard = "completed", []string{"Thank you. The call is passed on."}
			s.calls[1].Policy.Confirm, s.calls[1].Attempts[1].Result = &api.Confirm{Keys: menu}, "unconfirmed"
		}, Twice},
		"a phone rung for somebody else's call": {func(s *scene) { s.legs[0].To = "C" }, Differs},
	} {
		t.Run(name, func(t *testing.T) {
			s := sound()
			test.spoil(s)
			for _, f := range Audit(s.asked, s.legs, s.calls) {
				if f.Kind == test.want {
					return
				}
			}
			t.Errorf("not found as %q: %v", test.want, Audit(s.asked, s.legs, s.calls))
		})
	}
}

// Each call is asked for once, by the audit, and each deed is of a call that is there.
func TestACallWithoutAnEntryIsFound(t *testing.T) {
	calls := sound().calls
	entry := func(what, of string) api.AuditEntry { return api.AuditEntry{By: "env", What: what, Of: of} }
	all := []api.AuditEntry{
		entry("call.create", "1"), entry("call.create", "2"), entry("call.cancel", "2"), entry("call.create", "3"),
	}
	if found := Noted(calls, all); len(found) > 0 {
		t.Errorf("%v", found)
	}
	for name, entries := range map[string][]api.AuditEntry{
		"a call without one": all[1:], "a call with two": append(all, all[0]),
		"one of no call": append(all, entry("call.create", "4")),
	} {
		if found := Noted(calls, entries); len(found) != 1 {
			t.Errorf("%s: %v", name, found)
		}
	}
}
