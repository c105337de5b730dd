package call

import (
	"slices"
	"time"
)

// Block is a span of time in which no calls, or not all that were due, were dialed, and why. A zero Until is now.
type Block struct {
	Why         string
	From, Until time.Time
}

// What a dial that is due may wait for, beside a pause of the account.
const (
	Paced = "the account's pace: others are due before it"

	notRunning = "redial was not running, or could not reach its database" // if no Block gives another reason
)

// NotTaken says that the carrier of an account takes no calls for a while.
func NotTaken(account string) string {
	return rulesOf(account).Name + " could not be reached, or asked to wait"
}

// Waited returns what a dial that is made now waited for since it was due. Where blocks overlap, the first of them
// counts. A wait that rounds to less than a second is left out.
func Waited(due, now time.Time, blocks []Block) (waits []Wait) {
	if due.IsZero() || now.Sub(due) < time.Second {
		return nil
	}
	within := func(t time.Time) time.Time {
		if t.IsZero() || t.After(now) {
			return now
		}
		return latest(t, due)
	}
	borders := []time.Time{due, now}
	for _, b := range blocks {
		borders = append(borders, within(b.From), within(b.Until))
	}
	slices.SortFunc(borders, time.Time.Compare)
	spent := map[string]time.Duration{}
	var order []string
	for i, from := range borders[:len(borders)-1] {
		why := notRunning
		holds := func(b Block) bool { return !b.From.After(from) && within(b.Until).After(from) }
		if b := slices.IndexFunc(blocks, holds); b >= 0 {
			why = blocks[b].Why
		}
		if borders[i+1].After(from) && !slices.Contains(order, why) {
			order = append(order, why)
		}
		spent[why] += borders[i+1].Sub(from)
	}
	for _, why := range order {
		if s := int(spent[why].Round(time.Second) / time.Second); s > 0 {
			waits = append(waits, Wait{why, s})
		}
	}
	return waits
}

// SayWaited adds to each dial among the events what it waited for.
func SayWaited(events []Event, waits []Wait) {
	for i := range events {
		if events[i].Type == AttemptDialed {
			events[i].Waited = waits
		}
	}
}
