package crashpoint

// The points: before and after each commit and each request.
const (
	CreateBeforeCommit   = "create.before-commit"   // a call is asked for, and not yet on disk
	CreateAfterCommit    = "create.after-commit"    // it is, and was not answered
	ClaimBeforeCommit    = "claim.before-commit"    // what is due was decided on
	ClaimAfterCommit     = "claim.after-commit"     // the attempt is on disk, and not sent
	PlaceBeforeRequest   = "place.before-request"   // the create request is about to be written
	PlaceAfterRequest    = "place.after-request"    // it was answered, and nobody knows
	RecordBeforeCommit   = "record.before-commit"   // what came of a request is being written down
	RecordAfterCommit    = "record.after-commit"    //
	AskBeforeRequest     = "ask.before-request"     // Twilio is about to be asked, or to be told to end a call
	AskAfterRequest      = "ask.after-request"      //
	BatchAfterCommit     = "batch.after-commit"     // several operations are on disk, and none was answered
	CallbackBeforeCommit = "callback.before-commit" // a callback was read
	CallbackAfterCommit  = "callback.after-commit"  // it is on disk, and was not answered
	GatherBeforeCommit   = "gather.before-commit"   // keys were pressed
	DeliverBeforeRequest = "deliver.before-request" // a webhook is about to be sent
	DeliverAfterRequest  = "deliver.after-request"  // it was answered, and nobody knows
	DeliverBeforeCommit  = "deliver.before-commit"  // what came of it is being written down
	DeliverAfterCommit   = "deliver.after-commit"   // it is on disk
	GatherAfterCommit    = "gather.after-commit"    // what they mean is on disk, and nothing was said
)

// Points lists all of them.
func Points() []string {
	return []string{
		CreateBeforeCommit, CreateAfterCommit, ClaimBeforeCommit, ClaimAfterCommit, PlaceBeforeRequest, PlaceAfterRequest,
		RecordBeforeCommit, RecordAfterCommit, AskBeforeRequest, AskAfterRequest, BatchAfterCommit, CallbackBeforeCommit,
		CallbackAfterCommit,
		GatherBeforeCommit, GatherAfterCommit,
		DeliverBeforeRequest, DeliverAfterRequest, DeliverBeforeCommit, DeliverAfterCommit,
	}
}
