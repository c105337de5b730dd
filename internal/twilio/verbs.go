package twilio

// What TwiML knows, by exact names.
// Source: the SDKs' builders (twilio-node 6.2.0, lib/twiml/VoiceResponse; twilio-go
// 1.31.0, twiml/voice_response.go), which Twilio generates from its own schema, and
// https://www.twilio.com/docs/voice/twiml. As of 2026-11-26.

// harmless are the verbs that anybody may use: they speak, listen and end, or go on at a
// URL whose host is checked.
var harmless = []string{"Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Record"}

// further are the verbs that an installation has to allow: they call others, or cost.
var further = []string{
	"Connect", "Dial", "Echo", "Enqueue", "Leave", "Pay", "Prompt", "Queue", "Refer", "Reject", "Sms", "Start", "Stop",
}

// ssml are the elements that may mark a text.
var ssml = []string{"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}

// within says which elements may stand in another; in all others there are none.
var within = map[string][]string{
	"Gather": {"Say", "Play", "Pause"},
	"Prompt": {"Say", "Play", "Pause"},
	"Pay":    {"Prompt", "Parameter"},

	"Say": ssml, "emphasis": ssml, "lang": ssml, "p": ssml, "prosody": ssml, "s": ssml, "w": ssml,

	"Dial":        {"Number", "Client", "Conference", "Queue", "Sip", "Sim", "WhatsApp", "Application"},
	"Client":      {"Identity", "Parameter"},
	"Application": {"ApplicationSid", "Parameter"},
	"Sip":         {"Uri", "Headers", "Parameter"},
	"Headers":     {"Header", "Parameter"},
	"Refer":       {"Sip"},
	"Enqueue":     {"Task"},

	"Connect": {
		"AiSession", "Autopilot", "Conversation", "ConversationRelay", "ConversationRelaySession", "Room", "Stream",
		"VirtualAgent",
	},
	"ConversationRelay": {"Language", "Parameter"},
	"VirtualAgent":      {"Config", "Parameter"},
	"Start":             {"Recording", "Siprec", "Stream", "Transcription"},
	"Stop":              {"Recording", "Siprec", "Stream", "Transcription"},
	"Stream":            {"Parameter"},
	"Siprec":            {"Parameter"},
	"Transcription":     {"Config", "Parameter"},
}

// attributes are those of the harmless verbs. Twilio passes over what it does not know,
// so that one in other letters is as if it were not there.
var attributes = []string{
	"action", "actionOnEmptyResult", "bargeIn", "digits", "enhanced", "finishOnKey", "hints", "input", "language",
	"length", "loop", "maxLength", "maxSpeechTime", "method", "numDigits", "partialResultCallback",
	"partialResultCallbackMethod", "playBeep", "profanityFilter", "recordingStatusCallback",
	"recordingStatusCallbackEvent", "recordingStatusCallbackMethod", "speechModel", "speechTimeout", "timeout",
	"transcribe", "transcribeCallback", "trim", "voice",
}
