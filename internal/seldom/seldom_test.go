package seldom

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestALineIsWrittenAtOnceAndThenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var counts []int
		l := &Line{Log: func(n int) { counts = append(counts, n) }}
		for range 1000 {
			l.Happened()
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if fmt.Sprint(counts) != "[1 999]" {
			t.Errorf("%v", counts)
		}
	})
}

func TestFailuresTellTheLastError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		f := &Failures{Log: func(last error, n int) { lines = append(lines, fmt.Sprint(last, " ", n)) }}
		for i := range 1000 {
			f.Happened(fmt.Errorf("failure %d", i))
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := strings.Join(lines, "; "); got != "failure 0 1; failure 999 999" {
			t.Error(got)
		}
	})
}

// heard returns an Outage, and a function that returns what it has told.
func heard() (*Outage, func() string) {
	var lines []string
	outage := &Outage{
		Fails: func(err error) { lines = append(lines, err.Error()) },
		Well:  func(after time.Duration) { lines = append(lines, "well after "+after.String()) },
	}
	return outage, func() string {
		synctest.Wait()
		outage.mu.Lock() // the next line comes a minute later
		defer outage.mu.Unlock()
		return strings.Join(lines, "; ")
	}
}

func TestAnOutageIsToldAtOnceAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outage, said := heard()
		outage.Went(nil)
		for i := range 100 {
			outage.Went(fmt.Errorf("failure %d", i))
			time.Sleep(time.Second)
		}
		if failing, last := outage.Failing(); !failing || outage.Forgettable() || time.Since(last) != time.Second {
			t.Error("it is not known to fail")
		}
		outage.Went(nil)
		outage.Went(nil)
		if want := "failure 0; well after 1m40s"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
		if failing, _ := outage.Failing(); failing || !outage.Forgettable() {
			t.Error("it is not known to be well")
		}
	})
}

func TestWhoWaversIsSaidToFailOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outage, said := heard()
		for range 10 * 60 { // ten minutes
			outage.Went(errors.New("busy"))
			outage.Went(nil)
			time.Sleep(time.Second)
		}
		if n := strings.Count(said(), "busy"); n < 9 || n > 11 {
			t.Errorf("%d lines in ten minutes: %s", n, said())
		}
		if outage.Forgettable() {
			t.Error("it would be told of again at once")
		}
	})
}

// An outage that begins within a minute of the last one is told once the minute is over.
func TestAnOutageWithinTheMinuteIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outage, said := heard()
		outage.Went(errors.New("one"))
		time.Sleep(time.Second)
		outage.Went(nil)
		outage.Went(errors.New("two"))
		if want := "one; well after 1s"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
		time.Sleep(time.Minute)
		if want := "one; well after 1s; two"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
		time.Sleep(time.Hour)
		outage.Went(nil)
		if want := "one; well after 1s; two; well after 1h1m0s"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
	})
}
