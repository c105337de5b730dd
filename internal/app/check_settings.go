package app

import (
	"errors"
	"regexp"
	"strings"

	"redial/internal/edge"
	"redial/internal/twilio"
)

// settings examines what can be known from the settings alone.
func (e *Examination) settings() (list []Finding) {
	e.faulty = map[string]bool{}
	faults := e.Config.Faults()
	presets, own, err := presetsOf(e.Config.Presets)
	if err != nil {
		faults = append(faults, err)
	}
	for _, err := range append(faults, e.Unread...) {
		list = append(list, e.fault(err))
	}
	if e.needs("REDIAL_PRESETS", "REDIAL_FROM", "REDIAL_DEFAULT_REGION", "REDIAL_ALLOWED_REGIONS",
		"REDIAL_NUMBER_PREFIXES", "REDIAL_TWIML_VERBS", "REDIAL_TWIML_HOSTS", "REDIAL_LANGUAGES", "HOST_URL") {
		list = append(list, e.triggers(presets, own)...)
	}
	for _, w := range e.Config.warnings() {
		if f := warning(w); e.needs(f.Setting) {
			list = append(list, f)
		}
	}
	if w := e.Config.numbers().Warning(); w != "" && e.needs("REDIAL_FROM", "REDIAL_ALLOWED_REGIONS") {
		list = append(list, Finding{Verdict: Wrong,
			Says: "no number can be called: " +
				"there is neither REDIAL_FROM, whose region may be called, nor REDIAL_ALLOWED_REGIONS",
			Setting: "REDIAL_ALLOWED_REGIONS", Fix: "set REDIAL_FROM, or the regions, such as JP,US"})
	}
	if f := e.oddAccount(); f.Says != "" {
		list = append(list, f)
	}
	if len(list) == 0 {
		list = append(list, Finding{Verdict: Sound, Says: "each can be used"})
	}
	return about("settings", list...)
}

// triggers examines the file of triggers, and finds each of its mistakes.
func (e *Examination) triggers(presets edge.Presets, own []string) (list []Finding) {
	f, err := e.Config.readTriggers(e.Config.reader(presets), own)
	e.fileHash = hashOf(f)
	mistakes, isFile := errors.AsType[*FileError](err)
	if err != nil && !isFile {
		return []Finding{e.fault(err)}
	}
	if isFile {
		for _, line := range mistakes.Lines()[1:] {
			f := e.fault(&ConfigError{"REDIAL_CONFIG: " + line})
			f.Fix = "" // the mistake says it
			list = append(list, f)
		}
	}
	return list
}

// fault is the finding for a setting with which serve does not start.
func (e *Examination) fault(err error) Finding {
	f := Finding{Verdict: Wrong, Says: err.Error(), Stops: true}
	if c, ok := errors.AsType[*ConfigError](err); ok {
		f.Setting, f.Fix = c.Setting(), fixes[c.Setting()]
		e.faulty[f.Setting] = true
	}
	return f
}

var settingName = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)

func warning(sentence string) Finding {
	f := Finding{Verdict: Warning, Says: sentence}
	if name, _, _ := strings.Cut(sentence, " "); settingName.MatchString(name) {
		f.Setting, f.Fix = name, fixes[name]
	}
	return f
}

var twiliosAccount = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)

// oddAccount warns of an account that can't be Twilio's. serve accepts it, because other services have other ids.
func (e *Examination) oddAccount() (f Finding) {
	sid := e.Config.AccountSID
	isKey := strings.HasPrefix(sid, "SK") // under any base URL: it is no account's form anywhere
	mayBe := twiliosAccount.MatchString(sid) || !isKey && !twilio.IsTwilio(e.Config.TwilioBaseURL)
	if mayBe || !e.needs("TWILIO_ACCOUNT_SID") {
		return f
	}
	f = Finding{Verdict: Wrong, Says: "TWILIO_ACCOUNT_SID is none of Twilio's", Setting: "TWILIO_ACCOUNT_SID",
		Fix: fixes["TWILIO_ACCOUNT_SID"]}
	if isKey {
		f.Says, f.Fix = "TWILIO_ACCOUNT_SID is an API key", "put it into TWILIO_API_KEY, and the account, AC…, here"
	}
	return f
}
