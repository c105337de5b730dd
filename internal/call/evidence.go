package call

import (
	"strings"
	"time"
)

// EvidenceRules say what the words and the silence of a carrier prove, and when. They are all that the core knows of
// a carrier. How often redial asks, and how patient it is, is its own affair: see bounds.go.
type EvidenceRules struct {
	Carrier string // with which the names of its accounts begin: see carrierOf
	Name    string // for people

	// What the carrier answers lags behind what happens.
	HasList      bool          // it can list an account's calls, also those whose sid redial never learned
	ListedAfter  time.Duration // from SendBy until an absence counts: a call is not known, or not listed; 10 s at least
	AbsentTimes  int           // how many absences prove that there is no such call; 1 at least
	AbsentApart  time.Duration // the least distance of two absences that count
	StuckTimes   int           // how many looks must show a call in the queue until that is believed; 1 at least
	SettledAfter time.Duration // from the request to end a call until a look shows what came of it

	// What the carrier says by itself comes in time, or never.
	FinalAfter   time.Duration // from the end of the ring timeout until a final word is overdue
	CallbackTime time.Duration // how long it tries to deliver a callback

	// Whatever it says: a call is over after its longest life.
	EndsTalk     bool          // it ends a conversation at the talk limit that it was sent
	LegMargin    time.Duration // by how much a leg may outlive its ring timeout and its talk limit
	LongestQueue time.Duration // the longest that it keeps a call in its queue
	LongestTalk  time.Duration // the longest conversation without a talk limit
}

// longestLeg is longer than any leg can live. After it, the carrier can't say any more what became of the leg.
func (r *EvidenceRules) longestLeg() time.Duration { return r.LongestQueue + r.LongestTalk + time.Hour }

// carriers are the rules of each carrier.
var carriers = []*EvidenceRules{
	// Reads are eventually consistent, and no document says how far they lag: hence two absences, 20 s apart. The
	// queue holds a call for 24 h. A conversation lasts 4 h at most, or up to 24 h where the account is set so. Some
	// seconds are added to a ring timeout, and a phone abroad takes a while before it rings. No document says how
	// long: hence the margin of a minute. A callback is given up after 15 s.
	// Sources: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource and
	// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
	{
		Carrier: twilio, Name: "Twilio",
		HasList: true, ListedAfter: 20 * time.Second, AbsentTimes: 2, AbsentApart: 20 * time.Second,
		StuckTimes: 2, SettledAfter: 3 * time.Second,
		FinalAfter: 15 * time.Second, CallbackTime: 15 * time.Second,
		EndsTalk: true, LegMargin: time.Minute, LongestQueue: 24 * time.Hour, LongestTalk: 24 * time.Hour,
	},
}

// cautious are the rules for a carrier that only a later version of redial knows, since its nodes may share the
// database. Only the carrier's words prove anything, and the longest life that any carrier grants a call.
var cautious = &EvidenceRules{
	Name:        "the carrier",
	ListedAfter: time.Minute, AbsentTimes: 3, AbsentApart: 5 * time.Minute, StuckTimes: 3, SettledAfter: time.Minute,
	FinalAfter: time.Minute, CallbackTime: time.Minute,
	LongestQueue: 24 * time.Hour, LongestTalk: 24 * time.Hour,
}

// rulesOf returns the rules of the carrier that an account belongs to.
func rulesOf(account string) *EvidenceRules {
	carrier := carrierOf(account)
	for _, r := range carriers {
		if r.Carrier == carrier {
			return r
		}
	}
	return cautious
}

const twilio = "twilio"

// carrierOf names the carrier that an account belongs to. The name of an account begins with that of its carrier and a
// colon, as in telnyx:…; those of Twilio are URLs. An account that nobody knows is one of Twilio's: all attempts were
// once placed there.
func carrierOf(account string) string {
	carrier, rest, named := strings.Cut(account, ":")
	if !named || strings.HasPrefix(rest, "//") {
		return twilio
	}
	return carrier
}

// longestQueue is the longest that any carrier keeps a call in its queue.
func longestQueue() time.Duration {
	longest := cautious.LongestQueue
	for _, r := range carriers {
		longest = max(longest, r.LongestQueue)
	}
	return longest
}
