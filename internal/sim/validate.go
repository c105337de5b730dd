package sim

import (
	"cmp"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf16"
)

var (
	hostName   = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]*$`)
	sendDigits = regexp.MustCompile(`^[0-9#*A-DwW]{1,32}$`)
)

// magic are the numbers of Twilio's test credentials, each with the error code that it is answered with.
var (
	magicFrom = map[string]int{"+15005550001": 21212}
	magicTo   = map[string]int{"+15005550001": 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}
)

// checkCreate refuses what Twilio refuses.
func checkCreate(form url.Values) *apiError {
	for _, check := range []func(url.Values) *apiError{checkNumbers, checkInstructions, checkNumbersOf, checkCallbacks} {
		if e := check(form); e != nil {
			return e
		}
	}
	return nil
}

func checkNumbers(form url.Values) *apiError {
	to, from := form.Get("To"), form.Get("From")
	switch {
	case to == "":
		return fault(400, 21201, "No 'To' number is specified")
	case from == "":
		return fault(400, 21213, "No 'From' number is specified")
	case magicFrom[from] != 0:
		return fault(400, magicFrom[from], "The 'From' number %s can't be used", from)
	case !e164.MatchString(from):
		return fault(400, 21212, "The 'From' number %s is not valid", from)
	case magicTo[to] != 0:
		return fault(400, magicTo[to], "The number %s can't be called", to)
	case !e164.MatchString(to), to == from:
		return fault(400, 21211, "The 'To' number %s is not valid", to)
	}
	return nil
}

func checkInstructions(form url.Values) *apiError {
	twiml := form.Get("Twiml")
	link, err := url.Parse(form.Get("Url"))
	switch {
	case twiml == "" && form.Get("Url") == "" && form.Get("ApplicationSid") == "":
		return fault(400, 21205, "One of 'Url', 'Twiml' and 'ApplicationSid' is needed")
	case len(utf16.Encode([]rune(twiml))) > 4000:
		return fault(400, 32018, "'Twiml' is longer than 4000 characters")
	case twiml != "" && wellFormed(twiml) != nil:
		return fault(400, 12100, "'Twiml' can't be parsed")
	case form.Get("Url") != "" && (err != nil || !web(link)):
		return fault(400, 21205, "'Url' is not a valid URL")
	}
	return nil
}

func checkNumbersOf(form url.Values) *apiError {
	if v := form.Get("Timeout"); v != "" {
		if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 600 {
			return fault(400, 21208, "'Timeout' must be a whole number from 1 to 600")
		}
	}
	if v := form.Get("TimeLimit"); v != "" {
		if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 86400 {
			return fault(400, 20001, "'TimeLimit' must be a whole number of seconds")
		}
	}
	for _, name := range []string{"Method", "FallbackMethod", "StatusCallbackMethod"} {
		if v := form.Get(name); v != "" && v != "GET" && v != "POST" {
			return fault(400, 21209, "'%s' must be GET or POST", name)
		}
	}
	if v := form.Get("SendDigits"); v != "" && !sendDigits.MatchString(v) {
		return fault(400, 21206, "'SendDigits' is not valid")
	}
	return nil
}

func checkCallbacks(form url.Values) *apiError {
	if v := form.Get("StatusCallback"); v != "" {
		u, err := url.Parse(v)
		if err != nil || !web(u) {
			return fault(400, 21609, "'StatusCallback' is not a valid URL")
		}
	}
	for _, v := range form["StatusCallbackEvent"] {
		if !slices.Contains([]string{"initiated", "ringing", "answered", "completed"}, v) {
			return fault(400, 21626, "'StatusCallbackEvent' can't be %s", v)
		}
	}
	return nil
}

// web says whether Twilio takes a URL: http or https, with a host that can be one.
func web(u *url.URL) bool {
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	port, portErr := strconv.Atoi(cmp.Or(u.Port(), "80"))
	return (u.Scheme == "http" || u.Scheme == "https") && portErr == nil && port > 0 && port < 1<<16 &&
		(err == nil && !ip.Unmap().IsUnspecified() || err != nil && hostName.MatchString(host))
}
