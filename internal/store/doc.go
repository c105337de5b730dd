// Package store keeps Calls, their Attempts and Events in a database. It holds all of redial's SQL, in no dialect:
// package engine knows what differs between databases. It never decides what becomes of a Call: package call does, in
// the steps that are run here.
//
// There is one way to change a Call: a pure step of package call, run between loading the Call under its row's lock
// and saving what the step made of it, in one transaction together with its Events. Change runs a step on a Call by its
// id, ClaimToDial and ClaimToAsk run Wake on the Calls that are due. Only what is committed leaves this package.
//
// Its words: an operation is one thing that the writer does for a caller, a batch is the operations of one transaction.
// A Call is held while another rings its number; when the number is free, it is offered to the Call that is next, which
// is released; a sweep looks for free numbers that are offered to nobody. A sequence is the messages of one Call to one
// endpoint. A slot is one of the requests that the Sender may have under way. Lower bounds are where the scans for what
// is due begin.
//
// Its files, from the top down. First how it is opened, and looked after:
//
//	inspect.go           whether the database is as it should be
//	open.go              opening and closing
//	migrate.go           the schema, whose SQL is in migrations/
//
// Then what is written; the operations that wait share a transaction:
//
//	create.go            an operation: a new Call
//	change.go            an operation: a step on one Call
//	tell.go              an operation: a trigger is told something, and calls are made and canceled about it
//	trigger_rows.go      what is stored of a trigger: its members and incidents, read and written
//	telling.go           what is told to a trigger, and what became of it
//	claim.go             an operation: the Calls that are due are woken
//	deliver.go           an operation: a step on one Delivery
//	sweep.go             an operation: free numbers are given to the Calls that are held for them
//	writer.go            the queue of operations, and the one goroutine that commits them
//	batch.go             what an operation is: five steps; the operations of one transaction run them side by side
//	outbox.go            in each transaction: the webhooks of its events
//	admission.go         in each transaction: the Calls that have not ended are counted, and new ones are admitted or not
//	who_rings.go         in each transaction: which Call may ring a number, and which is next
//	reads.go             the rows that operations need, each kind read in one go
//	loaded.go            the Calls that a batch has read
//
// What has a transaction of its own:
//
//	retain.go            personal data, and rows that are no longer needed, are removed
//	ready.go             whether the database accepts writes
//	silent.go            the legs that nothing was heard of, and when to ask about them
//	pause.go             the pauses of the account
//	unlisted.go          error codes that are in no table
//	change_secrets.go    secrets of triggers are made and rotated
//	change_keys.go       API keys are added, rotated and revoked
//	overrides.go         who is on duty in a rota for a while, whoever's turn it is
//	keep_uses.go         when API keys were last used
//	sessions.go          browsers that are signed in to the page
//	nodes.go             which nodes run, and what they tell of themselves
//
// What is read:
//
//	incidents.go         incidents and their members: what is kept of them, listed
//	today.go             how many Calls of today were reached, and how many wait
//	list.go              pages of Calls
//	find.go              Calls by entries of their metadata, and what else they are to match
//	search.go            Calls by everything else, each by its index
//	list_keys.go         which API keys there are
//	made.go              what a name made that has not ended
//	due_triggers.go      which triggers wait for their time
//	metrics.go           counters, and figures of what is stored
//	feed.go              what happens to all Calls, on any node, is read once for everybody on this node who watches
//	idempotency.go       which requests are the same
//	sender.go            what the store needs of the sender of webhooks
//	deliveries.go        an event on its way to an endpoint: what is kept of it, listed, and due
//	endpoints.go         where webhooks go
//	get.go               a Call, its attempts and events
//	also_called.go       the numbers at which a Call may reach somebody, beside its first
//	metadata.go          by which entries of its metadata a Call is found
//	stored.go            a Call as it stood, and as it is to be
//
// And what is beneath:
//
//	audit.go             who did what, kept in the transaction that does it
//	bulk.go              rows written many at a time
//	tx.go                a transaction, and the statements in it
//	clock.go             the present, by the database's clock
//	store.go             the Store
//	bounds.go            how many Calls there may be that have not ended
//	timer.go             when to look at what is due: at the earliest wake_at, or earlier if something becomes due
//	key_ring.go          which API keys work, as far as this node knows
//	key_uses.go          uses of API keys that are yet to be written
//	old_scopes.go        in which scopes of versions before Idempotency-Keys are still looked for
//	trigger_secrets.go   a secret of a trigger
//	keys.go              an API key, its scopes and its end
//	cursor.go            how far the events of all Calls have been read, and what is still missing
//	watch.go             watchers in this process are told that a Call has changed
//	lower_bounds.go      where the scans for what is due begin
//	query.go             questions outside a transaction
//	columns.go           which column holds which field
package store
