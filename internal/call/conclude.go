package call

import "time"

// concluded returns the Event of an attempt whose Result has changed from before, and records when it ended.
func (c *Call) concluded(a *Attempt, before Result, now time.Time) []Event {
	result := a.Result()
	if result == before {
		return nil
	}
	if result == "" {
		a.EndedAt = time.Time{} // alive after all: the pause before a redial begins when it really ends
	} else {
		setOnce(&a.EndedAt, now)
	}
	e := Event{SID: a.SID, Result: result, SIPCode: a.SIPCode, Duration: a.Duration}
	if result == Refused || a.reportedError() != 0 {
		e.Code, e.Message = a.Refusal.Code, a.Refusal.Message
	}
	t := AttemptEnded
	if before != "" && (result == "" || a.N < len(c.Attempts)) {
		t = AttemptResurfaced
	}
	return []Event{c.attemptEvent(t, now, a.N, e)}
}
