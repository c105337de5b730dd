package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"redial/internal/twilio"
)

// mostAhead is how far a clock may be off: Twilio's time has whole seconds, and an answer takes a while to arrive.
const mostAhead = 5 * time.Second

// carrier is a client with these credentials or, if the settings are wrong, the finding that says so.
func (e *Examination) carrier(tokens []string, key, secret string) (*twilio.Client, *Finding) {
	c := &e.Config
	if !e.needs("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "REDIAL_TWILIO_BASE_URL") {
		return nil, &Finding{Verdict: LeftOut, Says: "the settings of Twilio are to be mended first"}
	}
	client, err := twilio.New(twilio.Config{
		AccountSID: c.AccountSID, AuthTokens: tokens, APIKey: key, APISecret: secret,
		BaseURL: c.TwilioBaseURL, Transport: c.Transport,
	})
	if err != nil {
		const setting = "TWILIO_ACCOUNT_SID"
		return nil, &Finding{Verdict: Wrong, Says: err.Error(), Setting: setting, Fix: fixes[setting]}
	}
	return client, nil
}

// signedIn is a client that signs in as redial does.
func (e *Examination) signedIn() (*twilio.Client, *Finding) {
	return e.carrier(e.Config.AuthTokens, e.Config.APIKey, e.Config.APISecret)
}

// account examines whether Twilio accepts the credentials, and the state of the account.
func (e *Examination) account(ctx context.Context) []Finding {
	client, f := e.signedIn()
	if f != nil {
		return about("account", *f)
	}
	state, err := client.AskAccount(ctx)
	if err != nil {
		return about("account", e.unasked(ctx, err))
	}
	list := []Finding{stateOf(state)}
	list = append(list, e.tokens(ctx)...)
	return append(about("account", list...), about("clock", clockOf(state))...)
}

func stateOf(a twilio.AccountState) Finding {
	switch {
	case a.Status == "suspended":
		return Finding{Verdict: Wrong, Says: "Twilio has suspended the account: it takes no calls",
			Setting: "TWILIO_ACCOUNT_SID", Fix: "look at the Twilio Console: as a rule it wants money, or an answer"}
	case a.Status != "" && a.Status != "active":
		return Finding{Verdict: Wrong, Says: fmt.Sprintf("the account is %.20s: it takes no calls", a.Status),
			Setting: "TWILIO_ACCOUNT_SID", Fix: "use another account"}
	case a.Hidden:
		return Finding{Verdict: Sound,
			Says: "the API key signs in; it may not read the account, so whether that is active is not known"}
	case a.Type == "Trial":
		return Finding{Verdict: Warning,
			Says:    "a trial account: it calls numbers that were verified, in its own country, for ten minutes each",
			Setting: "TWILIO_ACCOUNT_SID",
			Fix:     "upgrade it in the Twilio Console before anybody relies on it"}
	}
	return Finding{Verdict: Sound, Says: "Twilio takes the credentials, and the account is " + cmp.Or(a.Status, "there")}
}

func clockOf(a twilio.AccountState) Finding {
	off := a.Ahead.Abs().Round(time.Second)
	switch {
	case !a.Timed:
		return Finding{Verdict: LeftOut, Says: "the answer tells no time"}
	case off > mostAhead && a.Ahead > 0:
		return Finding{Verdict: Wrong, Says: fmt.Sprintf("this machine's clock is %s behind Twilio's", off), Fix: setClock}
	case off > mostAhead:
		return Finding{Verdict: Wrong, Says: fmt.Sprintf("this machine's clock is %s ahead of Twilio's", off), Fix: setClock}
	}
	return Finding{Verdict: Sound, Says: "agrees with Twilio's"}
}

const setClock = "have the clock set over the network (NTP): timedatectl set-ntp true"

// tokens examines the tokens that redial does not sign in with: callbacks are checked with all of them.
func (e *Examination) tokens(ctx context.Context) (list []Finding) {
	tokens := e.Config.AuthTokens
	if e.Config.APIKey == "" {
		tokens = tokens[min(1, len(tokens)):]
	}
	for _, token := range tokens {
		if err := e.tryToken(ctx, token); !isRefusal(err) {
			continue // Twilio accepts it, or did not answer
		}
		if len(e.Config.AuthTokens) > 1 {
			list = append(list, Finding{Verdict: Warning,
				Says: "one of several tokens is not taken by Twilio, now or any more", Setting: "TWILIO_AUTH_TOKEN",
				Fix: "leave it out once the tokens are rotated"})
			continue
		}
		list = append(list, Finding{Verdict: Wrong,
			Says:    "the API key signs in, but Twilio does not take TWILIO_AUTH_TOKEN, with which callbacks are checked",
			Setting: "TWILIO_AUTH_TOKEN", Fix: fixes["TWILIO_AUTH_TOKEN"]})
	}
	return list
}

// tryToken returns nil if Twilio accepts a token.
func (e *Examination) tryToken(ctx context.Context, token string) error {
	client, f := e.carrier([]string{token}, "", "")
	if f != nil {
		return errors.New(f.Says)
	}
	_, err := client.AskAccount(ctx)
	return err
}

// isRefusal says whether Twilio refused the credentials.
func isRefusal(err error) bool {
	s, ok := errors.AsType[*twilio.StatusError](err)
	return ok && (s.Status == http.StatusUnauthorized || s.Status == http.StatusForbidden)
}

// unasked says why a question to Twilio failed.
func (e *Examination) unasked(ctx context.Context, err error) Finding {
	byToken := e.Config.APIKey == ""
	f := Finding{Verdict: Wrong, Setting: "TWILIO_AUTH_TOKEN", Fix: fixes["TWILIO_AUTH_TOKEN"]}
	if !byToken {
		f.Setting, f.Fix = "TWILIO_API_KEY",
			"make a new API key in the Twilio Console, in the account's own region, and set TWILIO_API_SECRET, too"
	}
	s, answered := errors.AsType[*twilio.StatusError](err)
	_, garbled := errors.AsType[*json.SyntaxError](err)
	switch {
	case garbled:
		f.Says, f.Setting, f.Fix = e.noTwilio("what it says can't be read")
	case !answered:
		t := troubleOf(err)
		f.Says, f.Setting, f.Fix = "Twilio can't be reached: "+t.says, "REDIAL_TWILIO_BASE_URL", t.fix
		if twilio.IsTwilio(e.Config.TwilioBaseURL) {
			f.Setting, f.Fix = "", "let this machine out to api.twilio.com, port 443 (a proxy: HTTPS_PROXY)"
		}
	case s.Code == 20008:
		f.Says, f.Fix = "these are Twilio's test credentials: no phone rings",
			"copy the live ones from the Twilio Console, Account Info"
	case s.Code == 10001 || s.Code == 20005 || s.Code == 30002 || s.Code == 90010:
		f.Says, f.Setting, f.Fix = fmt.Sprintf("the account is not active (error %d)", s.Code), "TWILIO_ACCOUNT_SID",
			"look at the Twilio Console: as a rule it wants money, or an answer"
	case s.Status == http.StatusForbidden && s.Code == 0: // Twilio's own 403 has a code
		f.Says, f.Setting, f.Fix = e.noTwilio(s.Error())
	case isRefusal(err):
		f.Says = fmt.Sprintf("Twilio does not take %s (%s)", f.Setting, s)
		taken := func(token string) bool { return e.tryToken(ctx, token) == nil }
		if byToken && slices.ContainsFunc(e.Config.AuthTokens[1:], taken) {
			f.Says, f.Fix = fmt.Sprintf("Twilio does not take the first of the tokens, which signs in (%s)", s),
				"put the one first that it takes: there is one"
		} else if byToken {
			f.Fix += e.tokenForm() + "; it belongs to TWILIO_ACCOUNT_SID, and is another one in each region"
		}
	case s.Status == http.StatusNotFound:
		f.Says, f.Setting, f.Fix = fmt.Sprintf("there is no such account (%s)", s), "TWILIO_ACCOUNT_SID",
			fixes["TWILIO_ACCOUNT_SID"]
		if !twilio.IsTwilio(e.Config.TwilioBaseURL) {
			f.Fix += "; or mend REDIAL_TWILIO_BASE_URL"
		}
	case s.Status == http.StatusTooManyRequests || s.Status > 499:
		f.Verdict, f.Says, f.Setting, f.Fix = Warning, fmt.Sprintf("Twilio does not answer just now (%s)", s), "",
			"try again; https://status.twilio.com"
	default:
		f.Says, f.Setting, f.Fix = e.noTwilio(s.Error())
	}
	return f
}

// noTwilio is the finding for an answer that does not come from Twilio.
func (e *Examination) noTwilio(why string) (says, setting, fix string) {
	says = "what answers is no Twilio: " + why
	if twilio.IsTwilio(e.Config.TwilioBaseURL) {
		return says, "", "look what stands between here and api.twilio.com: a proxy, a page that wants a login"
	}
	return says, "REDIAL_TWILIO_BASE_URL", fixes["REDIAL_TWILIO_BASE_URL"]
}

// tokenForm says so when the token's length can't be that of Twilio's tokens.
func (e *Examination) tokenForm() string {
	const twilios = 32 // characters
	n := len(slices.Concat(e.Config.AuthTokens, []string{""})[0])
	if n == twilios || !twilio.IsTwilio(e.Config.TwilioBaseURL) {
		return ""
	}
	return fmt.Sprintf(" (this one has %d characters, and Twilio's have %d)", n, twilios)
}

// caller examines whether the account may call from REDIAL_FROM.
func (e *Examination) caller(ctx context.Context) []Finding {
	number, _ := e.Config.numbers().Shown()
	client, f := e.signedIn()
	switch {
	case f != nil:
	case !e.needs("REDIAL_FROM", "REDIAL_DEFAULT_REGION", "REDIAL_NUMBER_PREFIXES"):
		f = &Finding{Verdict: LeftOut, Says: "REDIAL_FROM can't be read"}
	case number == "":
		f = &Finding{Verdict: LeftOut, Says: "REDIAL_FROM is not set: each request must say who calls"}
	default:
		f = new(e.askCaller(ctx, client, number))
	}
	return about("from", *f)
}

func (e *Examination) askCaller(ctx context.Context, client *twilio.Client, number string) Finding {
	f := Finding{Setting: "REDIAL_FROM", Verdict: Wrong}
	state, err := client.AskCaller(ctx, number)
	s, answered := errors.AsType[*twilio.StatusError](err)
	switch {
	case isRefusal(err), answered && s.Status == http.StatusNotFound:
		return Finding{Verdict: LeftOut, Says: "the account's numbers can't be listed with these credentials"}
	case err != nil:
		return Finding{Verdict: LeftOut, Says: "Twilio did not answer"}
	case state.Owned && state.Voice:
		return Finding{Verdict: Sound, Says: "REDIAL_FROM is the account's, and can call"}
	case state.Owned:
		f.Says, f.Fix = "REDIAL_FROM is the account's, but has no voice: it can't call",
			"use a number with voice, or buy one in the Twilio Console"
	case state.Verified && strings.HasPrefix(number, "+81"):
		f.Verdict, f.Says, f.Fix = Warning,
			"REDIAL_FROM is verified, but not the account's: in Japan it is shown as anonymous",
			"buy a Japanese number at Twilio"
	case state.Verified:
		return Finding{Verdict: Sound, Says: "REDIAL_FROM is verified: the account may call from it"}
	default:
		f.Says, f.Fix = "REDIAL_FROM is neither a number of the account nor verified: each call is refused (error 21210)",
			"use one of the account's (Twilio Console, Phone Numbers), or verify it there"
	}
	return f
}

// regions examines the account's dialing permissions for the regions that may be called.
func (e *Examination) regions(ctx context.Context) []Finding {
	_, regions := e.Config.numbers().Shown()
	regions = slices.Compact(slices.Sorted(slices.Values(regions)))
	regions = slices.DeleteFunc(regions, func(r string) bool { return len(r) != 2 })
	client, f := e.signedIn()
	switch {
	case f != nil:
	case !e.needs("REDIAL_FROM", "REDIAL_ALLOWED_REGIONS", "REDIAL_DEFAULT_REGION", "REDIAL_NUMBER_PREFIXES"):
		f = &Finding{Verdict: LeftOut, Says: "the regions can't be read"}
	case !client.HasPermissions():
		f = &Finding{Verdict: LeftOut, Says: "only Twilio itself, under its own URL, tells which regions may be called"}
	case len(regions) == 0:
		f = &Finding{Verdict: LeftOut, Says: "no region may be called"}
	default:
		return about("regions", askRegions(ctx, client, regions)...)
	}
	return about("regions", *f)
}

func askRegions(ctx context.Context, client *twilio.Client, regions []string) (list []Finding) {
	found := lookAtEach(regions, func(region string) Finding { return askRegion(ctx, client, region) })
	sound := []string{}
	for i, f := range found {
		if f.Verdict == Sound {
			sound = append(sound, regions[i])
			continue
		}
		list = append(list, f)
	}
	if len(sound) > 0 {
		list = append([]Finding{{Verdict: Sound, Says: "Twilio lets the account call " + strings.Join(sound, ", ")}}, list...)
	}
	return list
}

const geoPermissions = "Twilio Console, Voice, Settings, Geo permissions"

func askRegion(ctx context.Context, client *twilio.Client, region string) Finding {
	f := Finding{Setting: "REDIAL_ALLOWED_REGIONS", Verdict: Warning}
	p, err := client.AskPermission(ctx, region)
	s, answered := errors.AsType[*twilio.StatusError](err)
	switch {
	case answered && s.Status == http.StatusNotFound:
		return Finding{Verdict: LeftOut, Says: "Twilio lists no permission for " + region + ": it goes with another region's"}
	case err != nil:
		return Finding{Verdict: LeftOut, Says: "Twilio does not tell whether " + region + " may be called"}
	case !p.Ordinary:
		f.Verdict, f.Says, f.Fix = Wrong,
			"Twilio lets the account call no number of "+region+": each is refused (error 21215)",
			"allow it: "+geoPermissions+"; or leave it out of the regions"
	case p.Fraud:
		f.Says, f.Fix = "Twilio lets the account call numbers of "+region+" that toll fraud is known from",
			"switch that off: "+geoPermissions
	case p.Special:
		f.Says, f.Fix = "Twilio lets the account call costly special numbers of "+region+"; redial does not",
			"switch that off: "+geoPermissions
	default:
		f.Verdict = Sound
	}
	return f
}
