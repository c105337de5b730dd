package chaos

import (
	"testing"
	"time"

	"redial/api"
)

// drama is what triggers were told, and what followed, without a contradiction; a test then spoils it.
type drama struct {
	told    []Told
	calls   []api.Call
	kept    []Incident
	members []Member
}

var usualRules = map[string]Rule{"alerts": {Hold: 2 * time.Second, Again: time.Minute}}

// second is so many seconds after noon.
func second(n float64) time.Time { return noon.Add(time.Duration(n * float64(time.Second))) }

// wellTold is about a, which fires, reaches nobody, is repeated, reaches somebody, is over, and fires anew, and about
// b, which is over while its call waits.
func wellTold() *drama {
	told := func(key, state string, at float64) Told {
		return Told{Trigger: "alerts", Key: key, State: state, Rings: true, Sent: second(at), Answered: second(at + 0.5)}
	}
	call := func(id, keys, incident, outcome string, from, to, dialed float64) api.Call {
		return api.Call{
			ID: id, Outcome: outcome, CreatedAt: second(from), EndedAt: second(to),
			Metadata: map[string]string{"trigger": "alerts", "keys": keys, "incident": incident},
			Attempts: []api.Attempt{{Number: 1, DialedAt: second(dialed)}},
		}
	}
	d := &drama{
		told: []Told{
			told("a", firing, 0), told("a", firing, 50), told("a", resolved, 150), told("a", firing, 200),
			told("b", firing, 300), told("b", resolved, 320),
		},
		calls: []api.Call{
			call("1", "a", "i1", "unreached", 2, 40, 3), call("2", "a", "i1", "reached", 100, 130, 101),
			call("3", "a", "i2", "reached", 202, 230, 203), call("4", "b", "i3", "canceled", 302, 320.2, 303),
		},
		kept: []Incident{{"i1", false}, {"i2", true}, {"i3", false}},
		members: []Member{
			{"alerts", "a", "i2", "3", true}, {"alerts", "b", "i3", "4", false},
		},
	}
	d.calls[3].CancelRequestedAt = second(320.2)
	return d
}

func (d *drama) audit() []Finding {
	return append(Incidents(usualRules, d.told, d.calls, nil), Kept(d.kept, d.members, d.told, d.calls)...)
}

func TestWhatIsWellToldPasses(t *testing.T) {
	if found := wellTold().audit(); len(found) > 0 {
		t.Errorf("%v", found)
	}
	if n := Untold(usualRules, wellTold().told, wellTold().calls); n != 0 {
		t.Errorf("%d are said to be untold", n)
	}
	d := wellTold()
	d.calls = append(d.calls[:2:2], d.calls[3])
	if n := Untold(usualRules, d.told, d.calls); n != 1 {
		t.Errorf("%d are said to be untold", n)
	}
}

func TestEveryFaultOfIncidentsIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*drama)
		want  Kind
	}{
		"what fires rings nobody": {func(d *drama) { d.calls = append(d.calls[:2:2], d.calls[3]) }, Lost},
		"what is over now rang nobody, for long": {func(d *drama) {
			d.calls, d.told[5].Sent, d.told[5].Answered = d.calls[:3], second(330), second(331)
		}, Lost},
		"a repeat after nobody was reached rings nobody": {func(d *drama) {
			d.calls = append(d.calls[:1:1], d.calls[2:]...)
		}, Lost},
		"canceled while it fires":               {func(d *drama) { d.calls[3].CancelRequestedAt = second(310) }, Lost},
		"two calls at once":                     {func(d *drama) { d.calls[1].CreatedAt = second(30) }, Twice},
		"two calls about two keys at once":      {func(d *drama) { d.calls[2].EndedAt = second(310) }, Twice},
		"rung again too soon":                   {func(d *drama) { d.calls[0].EndedAt = second(45) }, Twice},
		"rung again after somebody was reached": {func(d *drama) { d.calls[0].Outcome = "reached" }, Twice},
		"rung again, and nobody repeated it": {func(d *drama) {
			d.told[1].Sent, d.told[1].Answered = second(10), second(11)
		}, Twice},
		"rung though it is acknowledged":          {func(d *drama) { d.told[3].State = acknowledged }, Twice},
		"rung though the trigger is not for it":   {func(d *drama) { d.told[4].Rings = false }, Twice},
		"rung before it fires":                    {func(d *drama) { d.calls[3].CreatedAt = second(290) }, Twice},
		"dialed after it was over":                {func(d *drama) { d.calls[3].Attempts[0].DialedAt = second(323) }, Twice},
		"a call that tells of nothing":            {func(d *drama) { d.calls[3].Metadata["keys"] = "" }, Differs},
		"a call of no incident":                   {func(d *drama) { d.kept = d.kept[1:] }, Differs},
		"a call of which no member is kept":       {func(d *drama) { d.members = d.members[:1] }, Differs},
		"a member that names a call that is gone": {func(d *drama) { d.members[0].Call = "5" }, Differs},
		"a member that names an earlier call":     {func(d *drama) { d.members[0].Call = "2" }, Differs},
		"a member that names no call":             {func(d *drama) { d.members[0].Call = "" }, Differs},
		"a member of no incident":                 {func(d *drama) { d.members[1].Incident = "i4" }, Differs},
		"a member that is said to fire":           {func(d *drama) { d.members[1].Firing = true }, Differs},
		"an incident that is not closed":          {func(d *drama) { d.kept[2].Open = true }, Differs},
		"an incident that is closed too soon":     {func(d *drama) { d.kept[1].Open = false }, Differs},
	} {
		t.Run(name, func(t *testing.T) {
			d := wellTold()
			test.spoil(d)
			for _, f := range d.audit() {
				if f.Kind == test.want {
					return
				}
			}
			t.Errorf("not found as %q: %v", test.want, d.audit())
		})
	}
}

// What may be, though it looks like a fault: what was sent and not answered yet may hold already, what nobody answered
// may be taken in late, and no node ran.
func TestWhatMayBe(t *testing.T) {
	for name, change := range map[string]func(*drama){
		"over before it could ring": func(d *drama) {
			d.calls, d.members[1].Call = d.calls[:3], ""
		},
		"nobody was there to ring": func(d *drama) {
			d.calls, d.told[5].Sent, d.told[5].Answered = d.calls[:3], second(400), second(401)
			d.members[1].Call = ""
		},
		"a repeat that is taken in late": func(d *drama) {
			d.told[1].Sent, d.told[1].Answered, d.told[1].Late = second(10), second(11), true
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := wellTold()
			change(d)
			found := append(Incidents(usualRules, d.told, d.calls, []Span{{second(310), second(400)}}),
				Kept(d.kept, d.members, d.told, d.calls)...)
			if len(found) > 0 {
				t.Errorf("%v", found)
			}
		})
	}
}
