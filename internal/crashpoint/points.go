package crashpoint

// The points: before and after each commit and each request.
const (
	CreateBeforeCommit   = "create.before-commit"   // a call is asked for, and not yet on disk
	CreateAfterCommit    = "create.after-commit"    // the call is on disk, and the request was not answered
	ClaimBeforeCommit    = "claim.before-commit"    // the steps of the due calls are decided, and not yet on disk
	ClaimAfterCommit     = "claim.after-commit"     // the attempt is on disk, and not sent
	PlaceBeforeRequest   = "place.before-request"   // the create request is about to be written
	PlaceAfterRequest    = "place.after-request"    // Twilio has answered, and the answer is nowhere recorded
	RecordBeforeCommit   = "record.before-commit"   // the result of a request is about to be recorded
	RecordAfterCommit    = "record.after-commit"    // the result is on disk
	AskBeforeRequest     = "ask.before-request"     // Twilio is about to be asked, or told to end a call
	AskAfterRequest      = "ask.after-request"      // Twilio has answered, and the answer is nowhere recorded
	BatchAfterCommit     = "batch.after-commit"     // several operations are on disk, and none was answered
	CallbackBeforeCommit = "callback.before-commit" // a callback was read
	CallbackAfterCommit  = "callback.after-commit"  // it is on disk, and was not answered
	GatherBeforeCommit   = "gather.before-commit"   // keys were pressed
	DeliverBeforeRequest = "deliver.before-request" // a webhook is about to be sent
	DeliverAfterRequest  = "deliver.after-request"  // the receiver has answered, and the answer is nowhere recorded
	DeliverBeforeCommit  = "deliver.before-commit"  // the result is about to be recorded
	DeliverAfterCommit   = "deliver.after-commit"   // the result is on disk
	GatherAfterCommit    = "gather.after-commit"    // the meaning of the keys is on disk, and nothing was said

	TellBeforeCommit        = "tell.before-commit"         // what an event does is decided, and not on disk
	TellAfterCommit         = "tell.after-commit"          // it is on disk, and the sender was not answered
	WakeTriggerBeforeCommit = "wake-trigger.before-commit" // what is due of a trigger is decided, and not on disk
	WakeTriggerAfterCommit  = "wake-trigger.after-commit"  // it is on disk
)

// Points lists all of them.
func Points() []string {
	return []string{
		CreateBeforeCommit, CreateAfterCommit, ClaimBeforeCommit, ClaimAfterCommit, PlaceBeforeRequest, PlaceAfterRequest,
		RecordBeforeCommit, RecordAfterCommit, AskBeforeRequest, AskAfterRequest, BatchAfterCommit, CallbackBeforeCommit,
		CallbackAfterCommit,
		GatherBeforeCommit, GatherAfterCommit,
		DeliverBeforeRequest, DeliverAfterRequest, DeliverBeforeCommit, DeliverAfterCommit,
		TellBeforeCommit, TellAfterCommit, WakeTriggerBeforeCommit, WakeTriggerAfterCommit,
	}
}
