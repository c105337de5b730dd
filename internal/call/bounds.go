package call

import "time"

// The bounds of a conversation. Twilio ends it at the TimeLimit that it was sent; its
// standard ceiling is four hours.
// Source: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
const (
	TalkLimitFloor   = time.Second
	TalkLimitCeiling = 4 * time.Hour

	// LongestTalk is what Twilio lets an account's conversations last, where it is told nothing.
	LongestTalk = 24 * time.Hour

	talkSpoken  = 10 * time.Minute // where redial has the words itself
	talkFetched = time.Hour        // where they are fetched, and may be anything
)

// The fence and the times to ask. An attempt's create request is written before
// SendBy or never, so that silence can be told from slowness.
const (
	SendWindow   = 10 * time.Second // from the attempt's writing to SendBy
	searchMargin = 20 * time.Second // after SendBy, before Twilio's list is believed
	searchAgain  = 30 * time.Second // between two looks at the list
	absentApart  = 20 * time.Second // the least distance of two absences that count
	absentEnough = 2
	askGrace     = 15 * time.Second // after the ring should have ended
	askBackoff   = 15 * time.Second // doubled with every ask
	askCeiling   = 5 * time.Minute
	pollFloor    = 2 * time.Second  // between two looks at a call that sends no callbacks
	pollCeiling  = 30 * time.Second // for the first ten minutes

	// The ring guard, and the bound on Twilio's queue. redial ends a ring that Twilio has not ended itself. It asks
	// more than once, since a request may be lost.
	ringGrace    = 2 * time.Second  // past the ring timeout
	queueLimit   = 10 * time.Minute // in Twilio's queue, from where it might ring at any hour
	stuckEnough  = 2                // looks that must show it there; Twilio's reads lag
	hangUpAgain  = 5 * time.Second  // doubled with every hang-up
	hangUpSettle = 3 * time.Second  // until Twilio is asked what came of it

	interruptAgain  = 15 * time.Second // who was told should have hung up by then
	interruptEnough = 3

	// unplacedCeiling bounds the dials of a person that never rang and so count as nothing.
	unplacedCeiling = 5
)

const (
	queueCeiling = 24 * time.Hour // the longest that Twilio keeps a call in its queue

	// legMargin allows for what no document says: Twilio adds some seconds to a ring timeout, and a phone abroad takes
	// a while before it rings.
	legMargin = time.Minute

	// legLimit is longer than any leg can live at Twilio. After it, Twilio can't say any more what became of a leg.
	legLimit = queueCeiling + LongestTalk + time.Hour

	lookLimit = 24 * time.Hour // after it, an attempt at its leg's bound that nobody could look at is given up
	lookAway  = time.Hour      // a look that is late by more was not made, since redial was away: it begins anew
)
