package call

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Forecast is what follows if all attempts, from now on, end alike. It is found by running the steps on a clone.
type Forecast struct {
	Result  Result // how they end; Completed means that a person is reached
	Dials   []Planned
	Outcome Outcome
	EndsAt  time.Time
}

// Planned is a dial to come.
type Planned struct {
	Attempt int // its number
	Person  Person
	At      time.Time
	Waiting string // why not sooner, where it is not the pause between two dials
}

// Foreseen lists the results of an attempt that the Call's policy tells apart.
func (c *Call) Foreseen() []Result {
	list := []Result{NoAnswer, Busy, Failed}
	if c.Policy.Machine.Do != MachineIgnore {
		list = append(list, Machine)
	}
	if c.Policy.NeedsURL() {
		list = append(list, Unconfirmed)
	}
	return append(list, Refused, Completed)
}

// Foresee returns what follows if attempts end with r: after the ring timeout if nobody answers, else at once. Live
// attempts end so at now. It assumes that nothing else gets in the way: no other call to the number, no trouble at
// the carrier.
func (c *Call) Foresee(r Result, now time.Time) Forecast {
	var ring time.Duration
	if r == NoAnswer {
		ring = c.Policy.RingTimeout
	}
	f := c.foresee(now, func(*Call, int) (Result, time.Duration) { return r, ring })
	f.Result = r
	return f
}

// EndsBy is when the Call is over at the latest, if nobody talks for long. It assumes that each attempt is sent late,
// rings for as long as it may, and ends with the result that has the longest pause after it. Where that leads past
// the deadline, a dial may begin just before the deadline.
func (c *Call) EndsBy(now time.Time) time.Time {
	patient, ring := c.Clone(), c.Policy.ringLength()
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Live() && a.AnsweredAt.IsZero() {
			now = latest(now, a.DialedAt.Add(ring))
		}
	}
	patient.Policy.MaxPerResult, patient.Policy.Machine.End = nil, false // they only end a Call sooner
	patient.Policy.Jitter, patient.Policy.RedialAfter = 0, c.Policy.longest()
	f := patient.foresee(now, func(d *Call, n int) (Result, time.Duration) {
		dials := d.dials(d.Attempt(n).Person, n)
		pause := func(told Result) time.Duration {
			r := d.endsAs(n, told, now)
			if !slices.Contains(Redialed(), r) {
				return -1 // no dial follows
			}
			return d.Policy.RedialAfter[r].after(dials)
		}
		again := slices.DeleteFunc(d.Foreseen(), func(r Result) bool { return !slices.Contains(Redialed(), r) })
		return slices.MaxFunc(again, func(a, b Result) int { return cmp.Compare(pause(a), pause(b)) }), ring
	})
	if f.Outcome == Expired {
		return latest(f.EndsAt, c.Deadline.Add(ring))
	}
	return f.EndsAt
}

// longest returns the pauses with the whole jitter added.
func (p Policy) longest() map[Result]Delays {
	all := map[Result]Delays{}
	for _, r := range Redialed() {
		delays := p.RedialAfter[r]
		if len(delays) == 0 {
			delays = Delays{0}
		}
		for _, d := range delays {
			all[r] = append(all[r], d+p.Jitter)
		}
	}
	return all
}

// ending is how an attempt ends, and how long after it was dialed.
type ending func(c *Call, n int) (Result, time.Duration)

// foresee runs the Call's steps on a clone until it ends, where how says how each attempt ends.
func (c *Call) foresee(now time.Time, how ending) (f Forecast) {
	d := c.Clone()
	d.Release(d.Held, now)
	d.endAll(now, func(d *Call, n int) (Result, time.Duration) { r, _ := how(d, n); return r, 0 })
	for d.settle(now); d.State != Ended; {
		_, _, waiting := d.nextDial(now)
		now = latest(now, d.WakeAt)
		acts, _ := d.Wake(now, "")
		for _, act := range acts {
			a := d.Attempt(act.Attempt)
			f.Dials = append(f.Dials, Planned{a.N, d.Person(a.Person), now, waiting})
		}
		now = d.endAll(now, how)
	}
	f.Outcome, f.EndsAt = d.Outcome, d.EndedAt
	return f
}

// endAll ends all live attempts, and returns when the last of them ends.
func (c *Call) endAll(now time.Time, how ending) (end time.Time) {
	end = now
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Live() {
			r, took := how(c, a.N)
			c.endAs(a.N, r, now.Add(took))
			end = latest(end, now.Add(took))
		}
	}
	return end
}

// endsAs is the Result of attempt n once the carrier has said of it what it says of one that ends with r. What was
// heard before may outweigh that: a call that was answered did not fail.
func (c *Call) endsAs(n int, r Result, now time.Time) Result {
	if !c.Attempt(n).isHeard() {
		return r
	}
	d := c.Clone()
	d.endAs(n, r, now)
	return d.Attempt(n).Result()
}

// endAs records what the carrier would say of an attempt that ends with r.
func (c *Call) endAs(n int, r Result, now time.Time) {
	if r == Refused && c.Attempt(n).SID != "" {
		r = Failed // the carrier has taken it already
	}
	sid := cmp.Or(c.Attempt(n).SID, fmt.Sprintf("foreseen %d", n))
	tell := func(s Status, by string) {
		c.Report(n, Report{SID: sid, Status: s, AnsweredBy: by, Instructs: by != ""}, now)
	}
	switch r {
	case Refused:
		c.Refused(n, Refusal{}, now)
	case Machine:
		tell(InProgress, "machine_start")
		tell(StatusCompleted, "")
	case Unconfirmed:
		tell(InProgress, undecided)
		tell(StatusCompleted, "")
	case Completed:
		tell(InProgress, human)
		c.Pressed(n, sid, 1, Meaning{Do: KeyConfirms}, now)
		tell(StatusCompleted, "")
	default:
		tell(Status(r), "")
	}
}
