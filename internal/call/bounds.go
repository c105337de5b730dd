package call

import "time"

// The bounds of a conversation.
const (
	TalkLimitFloor   = time.Second
	TalkLimitCeiling = 4 * time.Hour

	talkSpoken  = 10 * time.Minute // where redial has the words itself
	talkFetched = time.Hour        // where they are fetched, and may be anything
)

// The fence and the times to ask. An attempt's create request is written before
// SendBy or never, so that silence can be told from slowness.
const (
	SendWindow  = 10 * time.Second // from the attempt's writing to SendBy
	searchAgain = 30 * time.Second // between two looks at the list, at least
	askBackoff  = 15 * time.Second // doubled with every ask
	askCeiling  = 5 * time.Minute
	pollFloor   = 2 * time.Second  // between two looks at a call that sends no callbacks
	pollCeiling = 30 * time.Second // for the first ten minutes

	// The ring guard, and the bound on the carrier's queue. redial ends a ring that the carrier has not ended itself.
	// It asks more than once, since a request may be lost.
	ringGrace   = 2 * time.Second  // past the ring timeout
	queueLimit  = 10 * time.Minute // in the carrier's queue, from where it might ring at any hour
	hangUpAgain = 5 * time.Second  // doubled with every hang-up

	interruptAgain  = 15 * time.Second // a person who was told should have hung up by then
	interruptEnough = 3

	// unplacedCeiling bounds the dials of a person that never rang and so count as nothing.
	unplacedCeiling = 5

	lookLimit = 24 * time.Hour // after it, an attempt at its leg's bound that nobody could look at is given up
	lookAway  = time.Hour      // a look that is late by more was missed while redial was away, and is made anew
)
