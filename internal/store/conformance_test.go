package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// suite is what every database must do.
var suite = []struct {
	name string
	test func(*testing.T, backend)
}{
	{"every field comes back", testEveryFieldComesBack},
	{"odd text comes back", testOddText},
	{"events come back", testEventsComeBack},
	{"what is not there is not found", testNotFound},
	{"a repeated request gets the first call", testRepeatedRequest},
	{"a request is known by the scope of before", testRequestOfAnotherScope},
	{"scopes of before cost nothing once unused", testOldScopesCostNothingOnceUnused},
	{"a repeat of a request of before leaves nothing", testARepeatOfBeforeLeavesNothing},
	{"the same request twenty times at once", testSameRequestAtOnce},
	{"a step that fails saves nothing", testFailingStep},
	{"a step that does nothing writes nothing", testIdleStep},
	{"twenty changes of one call at once", testChangesAtOnce},
	{"a store closes while operations wait", testClosedWithOperationsWaiting},
	{"a change is told", testWatch},
	{"what is committed is told once", testCommittedIsTold},
	{"the longest due is dialed first", testDueOrder},
	{"what is not due is left alone", testNotDue},
	{"silent legs are asked about", testAsk},
	{"a waiting call expires", testExpire},
	{"a claim that fails leaves nothing", testFailingClaim},
	{"two nodes never get the same call", testTwoNodes},
	{"two nodes claim at once", testTwoNodesClaimAtOnce},
	{"two nodes change calls at once", testTwoNodesChangeAtOnce},
	{"one phone, one ring", testHeldAndReleased},
	{"a canceled call passes the number on", testCanceledCallPassesTheNumberOn},
	{"who can't ring keeps nobody from it", testWhoCantRingKeepsNobody},
	{"nor who was offered a number and does not dial", testWhoIsOfferedAndDoesNotDial},
	{"held for several", testHeldForSeveral},
	{"a sweep finds free numbers", testSweepFindsFreeNumbers},
	{"a few are tried at once", testAFewAreTriedAtOnce},
	{"sweeps at once", testSweepsAtOnce},
	{"a sweep is not doubled", testASweepIsNotDoubled},
	{"a sweep waits for no lock", testSweepWaitsForNoLock},
	{"a panic when a number is taken", testAPanicWhenANumberIsTaken},
	{"nobody is held for a free number", testNobodyIsHeldForAFreeNumber},
	{"held while it is released", testHeldWhileReleased},
	{"a leg that rings is a fact", testFactOnTakenNumber},
	{"a damaged row holds nobody up", testDamaged},
	{"many calls, few phones, two nodes", testFewPhones},
	{"a number that is never had", testANumberThatIsNeverHad},
	{"the sid of another attempt", testSIDOfAnother},
	{"silent legs are found", testSilentLegs},
	{"attempts of the version before", testAttemptsOfTheVersionBefore},
	{"the list is filtered", testListFilters},
	{"a number lists the calls of everybody at it", testListTo},
	{"calls of the version before are listed", testListToOfBefore},
	{"the list is paged", testListPages},
	{"ids are found between two", testBetween},
	{"the Idempotency-Key of a call is known", testIdempotencyKeys},
	{"attempts are found by sid", testBySID},
	{"calls are counted", testCounts},
	{"the calls of today are counted", testToday},
	{"the next wake is known", testNextWake},
	{"scrubbing keeps the story, not the person", testScrub},
	{"scrubbing forgets everybody", testScrubOthers},
	{"scrubbing forgets what was answered", testScrubAnswer},
	{"scrubbing forgets what was doubted", testScrubDoubt},
	{"overturned refusals are scrubbed too", testScrubOverturned},
	{"damaged calls are scrubbed", testScrubDamaged},
	{"scrubbing is for ended calls", testScrubNeedsEnd},
	{"calls are kept for a while", testRetain},
	{"calls are scrubbed when they end", testScrubEnded},
	{"the account pauses", testPause},
	{"the account is full", testFull},
	{"some pauses matter more", testPausesThatMatterMore},
	{"pauses that are over are remembered", testPastPauses},
	{"codes that nobody knows are counted", testUnlisted},
	{"nodes tell of themselves", testNodes},
	{"browsers are signed in", testSessions},
	{"the schema knows every word", testWords},
	{"indexes find everything", testPlans},
	{"and whatever batches do", testPlansOfBatches},
	{"a bad operation fails alone", testBadOperationFailsAlone},
	{"bounds hold", testBounds},
	{"a large bound holds, and costs little", testLargeBound},
	{"a failed batch counts nothing", testFailedBatchCountsNothing},
	{"bounds hold on two nodes", testBoundsOfTwoNodes},
	{"a number changes hands in a batch", testNumberChangesHandsInABatch},
	{"a repeat locks nothing", testRepeatLocksNothing},
	{"repeats share round trips", testRepeatsShareRoundTrips},
	{"a number too large fails alone", testNumberTooLargeFailsAlone},
	{"what nobody was told of is kept", testUnansweredBatchIsKept},
	{"a held call is dialed before newer ones", testHeldBeforeNewer},
	{"a batch is run again, or not answered", testRunAgainAndUnanswered},
	{"waiting operations share a commit", testWaitingOperationsShareACommit},
	{"endpoints come back", testEndpoints},
	{"endpoints are those of the configuration", testConfiguredEndpoints},
	{"events are published", testEventsArePublished},
	{"each event shows its moment", testEachEventShowsItsMoment},
	{"one message of a sequence at a time", testSequence},
	{"a sequence is not read to its end", testSequenceReadsLittle},
	{"sequences on two nodes at once", testSequencesAtOnce},
	{"the next message waits for the lock", testNextMessageWaitsForTheLock},
	{"deliveries are claimed", testClaimDeliveries},
	{"an endpoint goes", testEndpointGoes},
	{"an endpoint is disabled while something is sent there", testDisabledWhileSending},
	{"endpoints are bounded", testEndpointsAreBounded},
	{"a frozen writer is heard", testAFrozenWriterIsHeard},
	{"other nodes are heard", testOtherNodesAreHeard},
	{"a listener comes back", testAListenerComesBack},
	{"the first listener", testTheFirstListener},
	{"coming back to nothing", testComingBackToNothing},
	{"positions are not given twice", testPositionsAreNotGivenTwice},
	{"a slow listener", testASlowListener},
	{"idle listeners ask nothing", testIdleListenersAskNothing},
	{"a migration behind a dump", testMigrationBehindADump},
	{"events of the version before", testEventsOfTheVersionBefore},
	{"listeners of the version before are forgotten", testListenersOfTheVersionBefore},
	{"deliveries are listed", testDeliveriesAreListed},
	{"scrubbing waits for deliveries", testScrubDeliveries},
	{"what is scrubbed at its end is told of", testScrubEndedDeliveries},
	{"the schema knows the words of webhooks", testWebhookWords},
	{"a request is kept sealed", testRequestIsKeptSealed},
	{"a COMMIT answered by ROLLBACK is none", testCommitAnsweredByRollback},
	{"the lower bounds leave a margin", testLowerBoundsLeaveAMargin},
	{"nothing is dialed past its deadline", testNothingIsDialedPastItsDeadline},
	{"reads are few round trips", testReadsAreFewRoundTrips},
	{"API keys come back", testKeys},
	{"the last use of an API key is kept", testUses},
	{"API keys are rotated and revoked", testKeysAreRotated},
	{"API keys are listed", testKeysAreListed},
	{"an ended API key changes no API keys", testAnEndedKeyChangesNoKeys},
	{"rotations follow each other", testRotationsFollowEachOther},
	{"old API keys give way", testOldKeysGiveWay},
	{"overrides of rotas are kept", testOverrides},
	{"overrides of rotas end early", testOverridesEndEarly},
	{"overrides of rotas are bounded", testOverridesAreBounded},
	{"the override made last is the last", testTheOverrideMadeLast},
	{"a key that has ended creates nothing", testAKeyThatHasEndedCreatesNothing},
	{"a key that has ended fails alone in its batch", testAKeyThatHasEndedFailsAlone},
	{"a key costs a create no round trip", testAKeyCostsNoRoundTrip},
	{"a revoke waits for no create", testARevokeWaitsForNoCreate},
	{"deeds are kept", testDeedsAreKept},
	{"what is not done is not kept", testWhatIsNotDoneIsNotKept},
	{"deeds are all or nothing", testDeedsAreAllOrNothing},
	{"the audit has what was done", testAuditHasWhatWasDone},
	{"the audit has what nodes with different clocks did", testAuditOfTwoClocks},
	{"the audit of many at once", testAuditOfManyAtOnce},
	{"the audit of a batch", testAuditOfABatch},
	{"the audit is retained", testAuditIsRetained},
	{"two nodes retain at once", testTwoNodesRetainAtOnce},
	{"secrets of triggers come back", testTriggerSecrets},
	{"secrets of triggers are rotated", testTriggerSecretsAreRotated},
	{"secrets of triggers are bounded", testTriggerSecretsAreBounded},
	{"an ended API key makes no secret", testAnEndedKeyMakesNoSecret},
	{"an event is a member, an incident and a call", testTell},
	{"an event fifty times at once", testTellAtOnce},
	{"an event that waits for its turn", testTellsByTheTimeOfItsTurn},
	{"events while a call tells of others", testTellWhileItRings},
	{"a ring that is refused", testRingRefused},
	{"an incident by hand", testIncidentByHand},
	{"incidents are listed", testIncidentsAreListed},
	{"incidents are forgotten", testIncidentsAreForgotten},
	{"incidents are retained", testIncidentsAreRetained},
	{"an ended API key tells nothing", testAnEndedKeyTellsNothing},
	{"statements of incidents go by indexes", testPlansOfIncidents},
	{"an event while the database goes away", testTellWhileTheDatabaseGoesAway},
	{"a trigger has many members", testManyMembers},
	{"a closed database is an error", testClosed},
}

func TestStore(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			conformance(t, b)
		})
	}
}

func conformance(t *testing.T, b backend) {
	t.Run("migrations", func(t *testing.T) { testMigrations(t, b) })
	b = b.reuse(t)
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) { c.test(t, b) })
	}
}

func equal[T any](t testing.TB, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}
