package call

import "time"

// earliestSet is the earliest of those times that are set: here the zero time means that something is not
// planned, and never comes. It is zero if none is set.
func earliestSet(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// latest is the later of two times: here the zero time means that something has not happened, and is before
// all others.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// setOnce sets a time that is not set yet, and says whether it did.
func setOnce(t *time.Time, now time.Time) bool {
	if !t.IsZero() {
		return false
	}
	*t = now
	return true
}
