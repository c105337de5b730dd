package main

import (
	"cmp"
	"time"

	"redial/api"
)

// demoFrom is the number that calls the phones of the demo, and by default those of a desk.
const demoFrom = "+815012345678"

// demoCall is one call of the demo: what the phones do, and what must come of it.
type demoCall struct {
	title, number, script string
	times                 string            // when it may ring; for the story of the night
	people                []api.Person      // whom to reach, if that is more than the number
	others                map[string]string // scripts of the other people's phones
	policy                api.Policy
	cancel                bool   // cancel it while it waits
	now                   bool   // ask it to ring at once, while it waits
	trigger, alert        string // the call is about an alert that a trigger is told of
	resolved              string // resolve the alert while the call waits
	waits                 string // why it waits, if that is not the pause after a dial
	outcome               string
	rings                 int               // how many dials Twilio must see
	by, name              string            // the evidence; empty: not checked
	heard                 map[string]string // what must have been said on the last leg to a number
}

// watched says in a line what each story shows.
var watched = map[string]string{
	"rings":     "Eight phones, and what each does: redial rings until somebody answers.",
	"confirm":   "To answer is not enough: somebody has to press a key, or to know the PIN.",
	"voicemail": "Machines answer, too: redial rings again, or leaves a message.",
	"ladder":    "Aiko and Ben can take each call: once one has pressed 1, the other is let go.",
	"alert":     "Alerts fire: each is told once, a call at a time; what resolves rings no more.",
	"night":     "Phones ring only at certain times, some of which begin, or end, as you watch.",
}

// demoCalls are the calls of a story. Their pauses are short, so that the story ends within a minute.
func demoCalls(story string) []demoCall {
	switch story {
	case "confirm":
		return confirmCalls()
	case "voicemail":
		return voicemailCalls()
	case "ladder":
		return ladderCalls()
	case "night":
		return nightCalls(time.Now())
	case "alert":
		return alertCalls()
	}
	busy := api.Policy{RedialAfter: map[string]api.Delays{"busy": {api.Duration(2 * time.Second)}}}
	long := api.Policy{RedialAfter: map[string]api.Delays{"busy": {api.Duration(time.Hour)}}}
	short := api.Policy{RingTimeout: new(api.Duration(5 * time.Second))} // so that the silence ends soon
	return []demoCall{
		{title: "answers at once", number: "+819012345671", script: "answer", outcome: "reached", rings: 1},
		{title: "answers the third ring", number: "+819012345672", script: "no-answer,no-answer,answer",
			outcome: "reached", rings: 3},
		{title: "busy, then answers", number: "+819012345673", script: "busy,answer", policy: busy,
			outcome: "reached", rings: 2},
		{title: "never answers", number: "+819012345674", script: "no-answer", outcome: "unreached", rings: 3},
		{title: "declines", number: "+819012345675", script: "decline", policy: busy, outcome: "unreached", rings: 3},
		{title: "wrong number", number: "+819012345676", script: "refuse:21211", outcome: "refused", rings: 0},
		{title: "canceled while waiting", number: "+819012345677", script: "busy", policy: long, cancel: true,
			outcome: "canceled", rings: 1},
		{title: "callback lost", number: "+819012345678", script: "answer+lost", policy: short, outcome: "reached", rings: 1},
	}
}

// nightCalls have windows that open or close seconds from now, while somebody looks. The windows are in UTC, and
// shown in local time.
func nightCalls(now time.Time) []demoCall {
	second := api.Duration(time.Second)
	span := func(from, to time.Duration, form string, now time.Time) string {
		return now.Add(from).Format(form) + "-" + now.Add(to).Format(form)
	}
	open := func(c demoCall, from, to time.Duration) demoCall {
		c.policy.Window = &api.Window{Hours: span(from, to, time.TimeOnly, now.UTC()), Zone: "Etc/UTC"}
		c.times = span(from, to, time.TimeOnly, local(now))
		return c
	}
	date := func(d time.Duration) string { return now.UTC().Add(d).Format(time.DateOnly) }
	busy := func(delays ...api.Duration) map[string]api.Delays { return map[string]api.Delays{"busy": delays} }
	day, long := 24*time.Hour, api.After(96*time.Hour)
	calls := []demoCall{
		open(demoCall{title: "night ends", number: "+819012345671", script: "answer", outcome: "reached", rings: 1,
			waits: "outside"}, 15*time.Second, time.Hour),
		open(demoCall{title: "night begins", number: "+819012345672", script: "busy", outcome: "canceled", rings: 1,
			waits: "a ring would outlast", cancel: true,
			policy: api.Policy{Deadline: long, RedialAfter: busy(40 * second)}}, -time.Hour, 65*time.Second),
		open(demoCall{title: "no time left", number: "+819012345673", script: "answer", outcome: "canceled", rings: 0,
			waits: "a ring would outlast", cancel: true,
			policy: api.Policy{Deadline: long}}, -time.Hour, 28*time.Second),
		{title: "a holiday", number: "+819012345674", script: "answer", outcome: "canceled", rings: 0, waits: "holiday",
			cancel: true, times: "not today",
			policy: api.Policy{Window: &api.Window{Holidays: []string{date(0), date(day)}, Zone: "Etc/UTC"}, Deadline: long}},
		{title: "not before", number: "+819012345675", script: "answer", outcome: "reached", rings: 1, waits: "not before",
			times: "after 6 s", policy: api.Policy{NotBefore: api.After(6 * time.Second)}},
		{title: "urgent", number: "+819012345676", script: "no-answer,answer", outcome: "reached", rings: 2,
			policy: api.Policy{Preset: "urgent"}},
		{title: "growing pause", number: "+819012345677", script: "busy,busy,busy,answer", outcome: "reached", rings: 4,
			policy: api.Policy{MaxAttempts: new(4), RedialAfter: busy(0, 2*second, 6*second)}},
		{title: "busy twice", number: "+819012345678", script: "busy", outcome: "unreached", rings: 2,
			policy: api.Policy{MaxPerResult: map[string]int{"busy": 2}, RedialAfter: busy(second)}},
		{title: "ring now", number: "+819012345679", script: "busy,answer", outcome: "reached", rings: 2, now: true,
			policy: api.Policy{RedialAfter: busy(3600 * second)}},
	}
	for i := range calls {
		calls[i].times = cmp.Or(calls[i].times, "at any time")
	}
	return calls
}

func proof(confirm *api.Confirm, machine *api.Machine, ladder string) api.Policy {
	soon := api.Duration(2 * time.Second)
	return api.Policy{Confirm: confirm, Machine: machine, Ladder: ladder, RedialAfter: map[string]api.Delays{
		"busy": {soon}, "failed": {soon}, "machine": {soon}, "unconfirmed": {soon},
	}}
}

func confirmCalls() []demoCall {
	one, pin := proof(&api.Confirm{Digit: "1"}, nil, ""), proof(&api.Confirm{PIN: "2468"}, nil, "")
	said := func(number, words string) map[string]string { return map[string]string{number: words} }
	return []demoCall{
		{title: "presses 1", number: "+819012345671", script: "answer+keys=1", policy: one, outcome: "reached",
			rings: 1, by: "key",
			heard: said("+819012345671", "Thank you")},
		{title: "presses 9, then 1", number: "+819012345672", script: "answer+keys=9/1", policy: one, outcome: "reached",
			rings: 1, by: "key"},
		{title: "presses nothing, then 1", number: "+819012345673", script: "answer,answer+keys=1", policy: one,
			outcome: "reached", rings: 2, by: "key"},
		{title: "never presses a key", number: "+819012345674", script: "answer", policy: one, outcome: "unreached", rings: 3,
			heard: said("+819012345674", "Nobody confirmed")},
		{title: "presses too late", number: "+819012345675", script: "answer+keys=1@90s", policy: one,
			outcome: "unreached", rings: 3},
		{title: "any key", number: "+819012345676", script: "answer+keys=5",
			policy: proof(&api.Confirm{AnyKey: true}, nil, ""), outcome: "reached", rings: 1, by: "key"},
		{title: "knows the PIN", number: "+819012345677", script: "answer+keys=1111/2468", policy: pin, outcome: "reached",
			rings: 1, by: "pin"},
		{title: "does not know the PIN", number: "+819012345678", script: "answer+keys=1/2/3", policy: pin,
			outcome: "unreached", rings: 3,
			heard: said("+819012345678", "Nobody confirmed")},
	}
}

func voicemailCalls() []demoCall {
	again := proof(nil, &api.Machine{Do: "redial"}, "")
	leave := proof(nil, &api.Machine{Do: "leave-message", Say: "Please call us back.", Then: "end"}, "")
	return []demoCall{
		{title: "a person", number: "+819012345671", script: "answer", policy: again, outcome: "reached",
			rings: 1, by: "human"},
		{title: "voicemail, then a person", number: "+819012345672", script: "voicemail,answer", policy: again,
			outcome: "reached", rings: 2, by: "human"},
		{title: "voicemail each time", number: "+819012345673", script: "voicemail", policy: again,
			outcome: "unreached", rings: 3},
		{title: "a message is left", number: "+819012345674", script: "voicemail:9s", policy: leave,
			outcome: "unreached", rings: 1,
			heard: map[string]string{"+819012345674": "Please call us back."}},
		{title: "nobody can tell", number: "+819012345675", script: "answer+detected=unknown", policy: again,
			outcome: "unreached", rings: 3},
		{title: "taken for a machine", number: "+819012345676", script: "answer+detected=machine_start,answer",
			policy: again, outcome: "reached", rings: 2, by: "human"},
		{title: "voicemail, unguarded", number: "+819012345677", script: "voicemail", outcome: "reached",
			rings: 1, by: "answer"},
	}
}

func ladderCalls() []demoCall {
	one := func(ladder string) api.Policy {
		p := proof(&api.Confirm{Digit: "1"}, nil, ladder)
		p.MaxAttempts = new(2)
		return p
	}
	menu := &api.Confirm{Keys: map[string]api.Meaning{"1": {Do: "confirm"}, "2": {Do: "pass-on"}}}
	both := func(first, second string) []api.Person {
		return []api.Person{{Number: first, Name: "Aiko"}, {Number: second, Name: "Ben"}}
	}
	return []demoCall{
		{title: "second takes it", people: both("+819012345611", "+819012345612"), policy: one("sequence"),
			others:  map[string]string{"+819012345611": "no-answer,decline", "+819012345612": "answer+keys=1"},
			outcome: "reached", rings: 3, by: "key", name: "Ben"},
		{title: "round by round", people: both("+819012345621", "+819012345622"), policy: one("rounds"),
			others:  map[string]string{"+819012345621": "busy,answer+keys=1", "+819012345622": "decline"},
			outcome: "reached", rings: 3, by: "key", name: "Aiko"},
		{title: "all at once", people: both("+819012345631", "+819012345632"), policy: one("parallel"),
			others:  map[string]string{"+819012345631": "answer", "+819012345632": "answer+keys=1@9s"},
			outcome: "reached", rings: 2, by: "key", name: "Ben",
			heard: map[string]string{"+819012345631": "Ben has already taken this call"}},
		{title: "other is let go", people: both("+819012345641", "+819012345642"), policy: one("parallel"),
			others:  map[string]string{"+819012345641": "answer+keys=1", "+819012345642": "no-answer"},
			outcome: "reached", rings: 2, by: "key", name: "Aiko"},
		{title: "passed on", people: both("+819012345661", "+819012345662"), policy: proof(menu, nil, "sequence"),
			others:  map[string]string{"+819012345661": "answer+keys=2", "+819012345662": "answer+keys=1"},
			outcome: "reached", rings: 2, by: "key", name: "Ben",
			heard: map[string]string{"+819012345661": "The call is passed on"}},
		{title: "nobody takes it", people: both("+819012345651", "+819012345652"), policy: one("rounds"),
			others:  map[string]string{"+819012345651": "busy", "+819012345652": "answer"},
			outcome: "unreached", rings: 4},
	}
}

// alertCalls are the calls about alerts. The second event repeats the first alert, about which a call is under way.
func alertCalls() []demoCall {
	const full, slow, late = "Disk full@db1", "Disk slow@db2", "Backup late@db3"
	aiko, ben, carl := "+819012345671", "+819012345672", "+819012345673"
	both := []api.Person{{Number: aiko, Name: "Aiko"}, {Number: ben, Name: "Ben"}}
	phones := map[string]string{aiko: "no-answer,answer+keys=1", ben: "answer+keys=1"}
	return []demoCall{
		{title: "disk full on db1", trigger: "alerts", alert: alertmanager("firing", full), people: both, others: phones,
			outcome: "reached", rings: 2, by: "key", name: "Ben", heard: map[string]string{ben: "Disk full on db 1."}},
		{title: "disk slow on db2, meanwhile", trigger: "alerts", alert: alertmanager("firing", full, slow), people: both,
			others: phones, outcome: "reached", rings: 1, by: "key", name: "Aiko",
			heard: map[string]string{aiko: "Disk slow on db 2."}},
		{title: "backup late, and resolved", trigger: "backups", alert: alertmanager("firing", late),
			resolved: alertmanager("resolved", late), people: []api.Person{{Number: carl, Name: "Carl"}},
			others: map[string]string{carl: "busy"}, outcome: "canceled", rings: 1},
	}
}
