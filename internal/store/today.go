package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

const (
	// TodayMost is how far Today counts: beyond, there are more.
	TodayMost = 10_000
	// newestReached is how many of the Calls that were reached last are looked at: was it by their first attempt?
	newestReached = 1_000
)

// Today is how it goes with the Calls that were asked for since a time, and with those that have not ended, whenever
// they were asked for. A count above TodayMost means that there are more.
type Today struct {
	Ended   map[call.Outcome]int
	Dialing int
	Waiting int
	// Of the Calls that were reached last, at most 1,000: how many, and how many by their first attempt.
	Newest, First int
	// Oldest is the id of the Call that waits and was asked for first, and OldestNext when it is dialed next, zero if
	// that is not known; empty if none waits.
	Oldest     string
	OldestNext time.Time
}

// Statements about the Calls of anybody, and of a name. Each reads its part of an index, and no more rows than its
// limit.
const (
	countEnded = `SELECT count(*) FROM
		(SELECT id FROM calls WHERE outcome = $1 AND id >= $2 LIMIT $3) AS counted`
	countEndedOf = `SELECT count(*) FROM
		(SELECT id FROM calls WHERE outcome = $1 AND id >= $2 AND made_by = $4 ORDER BY id DESC LIMIT $3) AS counted`
	countFirst = `SELECT count(*), count(CASE WHEN reached_by = 1 THEN 1 END) FROM
		(SELECT reached_by FROM calls WHERE outcome = 'reached' AND id >= $1 ORDER BY id DESC LIMIT $2) AS newest`
	countFirstOf = `SELECT count(*), count(CASE WHEN reached_by = 1 THEN 1 END) FROM
		(SELECT reached_by FROM calls WHERE outcome = 'reached' AND id >= $1 AND made_by = $3
		ORDER BY id DESC LIMIT $2) AS newest`
	countWaitingOf = `SELECT count(*) FROM
		(SELECT id FROM calls WHERE made_by = $2 AND outcome IS NULL AND state <> 'dialing' LIMIT $1) AS counted`
	countDialingOf = `SELECT count(*) FROM
		(SELECT made_by FROM calls WHERE state = 'dialing' LIMIT $1) AS counted WHERE made_by = $2`
	selectOldest = `SELECT id, next_attempt_at FROM calls WHERE state = 'waiting' ORDER BY id LIMIT $1`

	selectOldestOf = `SELECT id, next_attempt_at FROM calls
		WHERE made_by = $2 AND outcome IS NULL AND state <> 'dialing' ORDER BY id LIMIT $1`
)

// todayBy are the indexes by which these statements go, where the database would choose another.
var todayBy = map[string]engine.Index{
	countEnded: byOutcome, countEndedOf: byMaker, countFirst: byOutcome, countFirstOf: byMaker,
	countWaitingOf: byMaker, countDialingOf: byState, selectOldest: byState, selectOldestOf: byMaker,
}

// Today says how it goes with the Calls that were asked for since a time, by a name or, if that is empty, by anybody.
func (s *Store) Today(ctx context.Context, since time.Time, by string) (t Today, err error) {
	q := todayQuery{s.reading(ctx), idFrom(since), storable(by)}
	if t.Ended, err = q.ended(); err == nil {
		err = q.first(&t)
	}
	if err == nil {
		err = q.live(&t)
	}
	if err == nil {
		err = q.oldest(&t)
	}
	if err != nil {
		return t, fmt.Errorf("counting the calls of today: %w", err)
	}
	return t, nil
}

type todayQuery struct {
	reader
	since string
	by    string
}

// ask reads the one row of a statement: that about anybody's Calls or, if the question is about a name, the other.
func (q todayQuery) ask(anybody, ofName string, args []any, into ...any) error {
	query := anybody
	if q.by != "" {
		query, args = ofName, append(args, q.by)
	}
	return q.engine.Read(q.ctx, engine.Statement{
		SQL: query, Args: args, Index: todayBy[query],
		Rows: func(scan func(...any) error) error { return scan(into...) },
	})
}

func (q todayQuery) ended() (map[call.Outcome]int, error) {
	counts := map[call.Outcome]int{}
	for _, o := range call.Outcomes() {
		var n int
		if err := q.ask(countEnded, countEndedOf, []any{string(o), q.since, TodayMost + 1}, &n); err != nil {
			return nil, err
		}
		counts[o] = n
	}
	return counts, nil
}

func (q todayQuery) first(t *Today) error {
	return q.ask(countFirst, countFirstOf, []any{q.since, newestReached}, &t.Newest, &t.First)
}

func (q todayQuery) live(t *Today) error {
	for state, of := range map[call.State]struct {
		name string
		n    *int
	}{call.Waiting: {countWaitingOf, &t.Waiting}, call.Dialing: {countDialingOf, &t.Dialing}} {
		args := []any{string(state), TodayMost + 1}
		if q.by != "" {
			args = args[1:]
		}
		if err := q.ask(countOf, of.name, args, of.n); err != nil {
			return err
		}
	}
	return nil
}

func (q todayQuery) oldest(t *Today) error {
	return q.ask(selectOldest, selectOldestOf, []any{1}, &t.Oldest, asMicros{&t.OldestNext})
}
