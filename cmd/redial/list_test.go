package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"redial/api"
)

// aList has one call of each kind.
func aList(now time.Time) (calls []api.Call) {
	add := func(c api.Call) {
		c.ID = fmt.Sprintf("019a0c3e-7b1c-7cc%x-9a51-0d6f5c8e2b1%x", len(calls), len(calls))
		c.CreatedAt, c.Policy.MaxAttempts = now.Add(-30*time.Hour), new(20)
		calls = append(calls, c)
	}
	long := "Twilio refuses one number after another, and redial looks why: " +
		"error 21266; another call is ringing the number just now"
	ladder := []api.Person{{Number: "+819012345678"}, {Number: "+12125551234"}, {Number: "+819012345670"}}
	add(api.Call{State: "waiting", To: "+819012345678", NextAttemptAt: now.Add(time.Minute)})
	add(api.Call{State: "waiting", To: "+819012345678", NextAttemptAt: now.Add(-time.Minute), Waiting: []string{long}})
	add(api.Call{State: "waiting", To: "+819012345678", NextAttemptAt: now.Add(-time.Minute), Waiting: []string{long}})
	add(api.Call{State: "waiting", To: "+819012345678", People: ladder, NextAttemptAt: now.Add(400 * 24 * time.Hour)})
	add(api.Call{State: "waiting", To: "+61491570156", NextAttemptAt: now.Add(48 * time.Hour)})
	add(api.Call{
		State: "waiting", Held: true, To: "+4915112345678", Waiting: []string{"another call is ringing the number"},
	})
	add(api.Call{State: "dialing", To: "+8613912345678", CancelRequestedAt: now, Attempts: make([]api.Attempt, 12)})
	add(api.Call{State: "ended", Outcome: "unreached", EndedAt: now, Attempts: make([]api.Attempt, 20)})
	add(api.Call{
		State: "ended", Outcome: "reached", To: "+819012345678", People: ladder, EndedAt: now.Add(-400 * 24 * time.Hour),
	})
	return calls
}

// On a terminal each line fits; elsewhere nothing is left out.
func TestTheListFitsTheTerminal(t *testing.T) {
	for _, zone := range []string{"UTC", "Asia/Tokyo", "Asia/Kolkata", "America/St_Johns"} {
		inZone(t, zone)
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(200 * 24 * time.Hour) // of the bubble, from January to summer time
			calls := aList(time.Now())
			for _, width := range []int{0, 80, 100, 120, 130, 200} {
				var out strings.Builder
				printCalls(&out, calls, width)
				for line := range strings.Lines(out.String()) {
					line = strings.TrimSuffix(line, "\n")
					if n := utf8.RuneCountInString(line); width > 0 && n > width || strings.Contains(line, "…") {
						t.Errorf("at %d columns, in %s, a line has %d or is cut: %q", width, zone, n, line)
					}
				}
				for _, c := range calls {
					if !strings.Contains(out.String(), c.ID[:shownID]) || width == 0 && !strings.Contains(out.String(), c.ID) {
						t.Errorf("at %d columns the list lacks %s:\n%s", width, c.ID, out.String())
					}
				}
				n := strings.Count(strings.Join(strings.Fields(out.String()), " "), "error 21266; another call")
				if width == 0 && n != 2 || width > 0 && n != 1 {
					t.Errorf("at %d columns the same reason stands %d times:\n%s", width, n, out.String())
				}
			}
		})
	}
}

// Whose calls they are is shown where that differs, if there is room.
func TestTheListSaysWhoseCallsTheyAre(t *testing.T) {
	calls := aList(time.Now())
	for i := range calls {
		calls[i].By = "shop"
	}
	for _, c := range []struct {
		other string
		width int
		there bool
	}{{"shop", 0, false}, {"shop", 200, false}, {"crm", 0, true}, {"crm", 200, true}, {"crm", 80, false}} {
		calls[1].By = c.other
		var out strings.Builder
		printCalls(&out, calls, c.width)
		head, _, _ := strings.Cut(out.String(), "\n")
		if there := strings.Contains(head, " BY "); there != c.there ||
			strings.Contains(out.String(), " shop ") != c.there || strings.Contains(out.String(), " crm ") != c.there {
			t.Errorf("beside %s, at %d columns, it is\n%s", c.other, c.width, out.String())
		}
		for line := range strings.Lines(out.String()) {
			if c.width > 0 && utf8.RuneCountInString(line)-1 > c.width {
				t.Errorf("at %d columns a line is %q", c.width, line)
			}
		}
	}
}

// Two calls whose ids begin alike are shown with whole ids.
func TestIDsThatBeginAlikeAreShownWhole(t *testing.T) {
	calls := []api.Call{
		{ID: "019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b11"}, {ID: "019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b12"},
		{ID: "019a0c3e-7b1c-7cc1-9a51-0d6f5c8e2b12"}, {ID: "x"},
	}
	got := strings.Join(shortIDs(calls), " ")
	if want := calls[0].ID + " " + calls[1].ID + " 019a0c3e-7b1c-7cc1 x"; got != want {
		t.Error(got)
	}
}

func TestTheNextPageKeepsTheFilters(t *testing.T) {
	c := listCmd{server: server{URL: defaultURL}, State: "waiting", To: "090-1234 5678", Limit: new(5)}
	if got, want := c.more("ID"), "redial list --state waiting --to '090-1234 5678' --cursor ID --limit 5"; got != want {
		t.Error(got)
	}
	c = listCmd{server: server{URL: "http://user:secret@redial.example"}, Outcome: "reached"}
	got := c.more("ID")
	if strings.Contains(got, "secret") || !strings.Contains(got, "--outcome reached --cursor ID --url") {
		t.Error(got)
	}
}

// On a terminal a long sentence behind a time is broken between words; elsewhere it is one line.
func TestSentencesBehindAHead(t *testing.T) {
	const head, text = "17:38:51.272 UTC  ", "attempt 1 ended: completed after 2 s of conversation"
	for columns, want := range map[int]string{
		0: head + text + "\n", 80: head + text + "\n", 25: head + text + "\n", // no sentence fits beside the head
		45: head + "attempt 1 ended: completed\n" + strings.Repeat(" ", len(head)) + "after 2 s of conversation\n",
	} {
		var out strings.Builder
		if printBehind(&out, columns, head, text); out.String() != want {
			t.Errorf("at %d columns:\n%swant\n%s", columns, &out, want)
		}
	}
}

// An explanation fits the terminal; elsewhere it is a table, however wide.
func TestExplanationsFit(t *testing.T) {
	e := api.Explanation{DeadlineAt: time.Now(), EndsBy: time.Now(), State: "waiting"}
	for _, result := range []string{"no-answer", "completed"} {
		f := api.Forecast{Result: result, Outcome: "unreached"}
		for i := range 4 {
			f.Attempts = append(f.Attempts, api.Planned{At: time.Now(), To: fmt.Sprint("+81901234567", i), Name: "Alexandrina"})
		}
		e.If = append(e.If, f)
	}
	for _, columns := range []int{0, 60, 80, 120, 400} {
		var out strings.Builder
		if err := explain(&out, columns, e); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if columns > 0 && utf8.RuneCountInString(line) > columns+1 {
				t.Errorf("at %d columns: %s", columns, line)
			}
		}
		if table := strings.Contains(out.String(), "IF ALWAYS"); table != (columns == 0 || columns == 400) {
			t.Errorf("at %d columns: %s", columns, &out)
		}
	}
}
