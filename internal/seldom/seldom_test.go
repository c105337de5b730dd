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

// heard is a Turn that writes down what it tells.
func heard() (*Turn, func() string) {
	var lines []string
	turn := &Turn{
		Fails: func(err error) { lines = append(lines, err.Error()) },
		Well:  func(after time.Duration) { lines = append(lines, "well after "+after.String()) },
	}
	return turn, func() string {
		synctest.Wait()
		turn.mu.Lock() // a minute later another line may come
		defer turn.mu.Unlock()
		return strings.Join(lines, "; ")
	}
}

func TestATurnIsToldAtOnceAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn, said := heard()
		turn.Went(nil)
		for i := range 100 {
			turn.Went(fmt.Errorf("failure %d", i))
			time.Sleep(time.Second)
		}
		if failing, last := turn.Failing(); !failing || turn.Forgettable() || time.Since(last) != time.Second {
			t.Error("it is not known to fail")
		}
		turn.Went(nil)
		turn.Went(nil)
		if want := "failure 0; well after 1m40s"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
		if failing, _ := turn.Failing(); failing || !turn.Forgettable() {
			t.Error("it is not known to be well")
		}
	})
}

func TestWhoWaversIsSaidToFailOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn, said := heard()
		for range 10 * 60 { // ten minutes
			turn.Went(errors.New("busy"))
			turn.Went(nil)
			time.Sleep(time.Second)
		}
		if n := strings.Count(said(), "busy"); n < 9 || n > 11 {
			t.Errorf("%d lines in ten minutes: %s", n, said())
		}
		if turn.Forgettable() {
			t.Error("it would be told of again at once")
		}
	})
}

// Who fails again within the minute, and goes on with it, is told of all the same.
func TestATurnWithinTheMinuteIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn, said := heard()
		turn.Went(errors.New("one"))
		time.Sleep(time.Second)
		turn.Went(nil)
		turn.Went(errors.New("two"))
		if want := "one; well after 1s"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
		time.Sleep(time.Minute)
		if want := "one; well after 1s; two"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
		time.Sleep(time.Hour)
		turn.Went(nil)
		if want := "one; well after 1s; two; well after 1h1m0s"; said() != want {
			t.Errorf("%s, not %s", said(), want)
		}
	})
}
