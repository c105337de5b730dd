package call

import (
	"errors"
	"time"
)

// New makes the Call of a wish. It waits for its first dial, which is due as soon as the policy lets it. New returns
// a *PolicyError if the policy is out of bounds, or never lets the phone ring.
func New(w Wish, now time.Time) (Call, []Event, error) {
	if w.ID == "" || w.Secret == "" || w.To == "" || w.From == "" || w.Message == (Message{}) {
		return Call{}, nil, ErrIncomplete
	}
	if err := w.Policy.Check(now); err != nil {
		return Call{}, nil, err
	}
	if w.Policy.TalkLimit == 0 {
		w.Policy.TalkLimit = w.Message.talkLimit()
	}
	c := Call{Wish: w, State: Waiting, CreatedAt: now, Deadline: w.Policy.Deadline.from(now)}
	_, at, waiting := c.nextDial(now)
	if !at.Before(c.Deadline) {
		return Call{}, nil, &PolicyError{"window", w.Policy.Window.never(now, c.Deadline, w.Policy.ringLength())}
	}
	c.NextAttemptAt, c.WakeAt = at, at
	return c, []Event{c.event(CallCreated, now, Event{By: w.By, NextAttemptAt: at, Waiting: waiting})}, nil
}

// ErrIncomplete is returned by New for a Wish that the edge should not have let through.
var ErrIncomplete = errors.New("a call needs an id, a secret, to, from and a message")

// talkLimit is how long a conversation may last where the policy says nothing of it.
func (m Message) talkLimit() time.Duration {
	if m.URL != "" {
		return talkFetched
	}
	return talkSpoken
}

// Doubt notes what went wrong in the trigger that made the Call. It rings all the same.
func (c *Call) Doubt(what string, now time.Time) []Event {
	return []Event{c.event(TriggerDoubted, now, Event{Reason: what})}
}
