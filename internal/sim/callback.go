package sim

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxTwiml = 64 << 10 // bytes of a fetched document

// subscribed is the StatusCallbackEvent that a create request must name to get the callback of a status.
func subscribed(status string) string {
	switch {
	case status == "in-progress":
		return "answered"
	case final(status):
		return "completed"
	}
	return status
}

// tell sends the callback of a status, if the create request asked for it. Faults may lose, delay, double or
// reorder it.
func (s *Sim) tell(l *leg, status string, at time.Time) {
	target := l.Form.Get("StatusCallback")
	events := l.Form["StatusCallbackEvent"]
	if len(events) == 0 {
		events = []string{"completed"}
	}
	if target == "" || !slices.Contains(events, subscribed(status)) {
		return
	}
	s.mu.Lock()
	form := s.parameters(l, status)
	form.Set("Timestamp", at.UTC().Format(time.RFC1123Z))
	form.Set("CallbackSource", "call-progress-events")
	form.Set("SequenceNumber", strconv.Itoa(l.sequence))
	sequence := l.sequence
	l.sequence++
	s.mu.Unlock()
	happens := func(modifier string, rate float64) bool {
		return s.happens(l.step, modifier, rate, l.To, l.nth, sequence)
	}
	f := s.currentFaults()
	if happens("lost", f.CallbackLost) {
		return
	}
	delay := time.Duration(0)
	if happens("late", f.CallbackLate) {
		delay = s.scaled(20 * time.Second)
	}
	if happens("reordered", f.CallbackReordered) {
		// later callbacks of a call overtake earlier ones
		delay += s.scaled(time.Duration(max(0, 4-sequence)) * 3 * time.Second)
	}
	times := 1
	if happens("doubled", f.CallbackDoubled) {
		times = 2
	}
	for range times {
		s.legs.Go(func() {
			if s.wait(delay) {
				s.deliver(l, target, form)
			}
		})
	}
}

func (s *Sim) currentFaults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

func (s *Sim) wait(d time.Duration) bool {
	if d == 0 {
		return s.ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// parameters are what every request about a call carries. The mutex is held.
func (s *Sim) parameters(l *leg, status string) url.Values {
	form := url.Values{}
	for name, v := range map[string]string{
		"CallSid": l.SID, "AccountSid": l.account, "From": l.From, "Caller": l.From, "To": l.To, "Called": l.To,
		"CallStatus": status, "ApiVersion": version[1:], "Direction": "outbound-api",
	} {
		form.Set(name, v)
	}
	if l.AnsweredBy != "" {
		form.Set("AnsweredBy", l.AnsweredBy)
	}
	if final(status) {
		seconds := l.talked()
		form.Set("CallDuration", strconv.Itoa(seconds))
		form.Set("Duration", strconv.Itoa((seconds+59)/60))
		form.Set("SipResponseCode", strconv.Itoa(max(l.sip, 200)))
	}
	return form
}

// delivery says how long and how often a callback is tried: Twilio's connection overrides, from the URL's
// fragment.
type delivery struct {
	total   time.Duration
	read    time.Duration
	retries int
	on      []string
}

func overrides(fragment string) delivery {
	d := delivery{total: 15 * time.Second, read: 15 * time.Second, retries: 1, on: []string{"ct"}}
	v, err := url.ParseQuery(fragment)
	if err != nil {
		return d
	}
	within := func(name string, least, most int, set func(int)) {
		if n, err := strconv.Atoi(v.Get(name)); err == nil && n >= least && n <= most {
			set(n)
		}
	}
	within("tt", 100, 15000, func(n int) { d.total = ms(n) })
	within("rt", 100, 15000, func(n int) { d.read = ms(n) })
	within("rc", 0, 5, func(n int) { d.retries = n })
	if v.Has("rp") {
		d.on = strings.Split(v.Get("rp"), ",")
	}
	return d
}

// deliver posts a callback, and repeats it as its URL asks.
func (s *Sim) deliver(l *leg, target string, form url.Values) {
	bare, fragment, _ := strings.Cut(target, "#")
	d := overrides(fragment)
	ctx, cancel := context.WithTimeout(s.ctx, d.total)
	defer cancel()
	token := fmt.Sprintf("%s-%s", l.SID, form.Get("SequenceNumber"))
	for try := 0; try <= d.retries; try++ {
		again := s.post(ctx, bare, l.Form.Get("StatusCallbackMethod"), form, token, d)
		if !again {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-l.told:
	default:
		close(l.told)
	}
}

// post sends a callback once, and says whether to send it again.
func (s *Sim) post(ctx context.Context, target, method string, form url.Values, token string, d delivery) (again bool) {
	ctx, cancel := context.WithTimeout(ctx, d.read)
	defer cancel()
	req, err := s.signed(target, method, form)
	if err != nil {
		return false
	}
	req.Header.Set("I-Twilio-Idempotency-Token", token)
	res, err := s.client.Do(req.WithContext(ctx))
	if err != nil {
		why := "rt"
		if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
			why = "ct"
		}
		return d.repeats(why)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxTwiml))
	switch {
	case res.StatusCode >= 500:
		return d.repeats("5xx")
	case res.StatusCode >= 400:
		s.conf.Logger.Warn("a callback was refused", "sid", form.Get("CallSid"), "status", res.StatusCode)
		return d.repeats("4xx")
	}
	return false
}

func (d delivery) repeats(why string) bool {
	return slices.Contains(d.on, why) || slices.Contains(d.on, "all")
}

// signed makes a request as Twilio does: with the parameters in a form, or in the query of a GET, and a signature.
func (s *Sim) signed(target, method string, form url.Values) (*http.Request, error) {
	var body io.Reader
	over := form
	if method == http.MethodGet {
		u, err := url.Parse(target)
		if err != nil {
			return nil, err
		}
		q := u.Query()
		maps.Copy(q, form)
		u.RawQuery = q.Encode()
		target, over = u.String(), nil
	} else {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(s.ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("X-Twilio-Signature", sign(s.conf.AuthToken, target, over))
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	return req, nil
}

// sign returns Twilio's signature of the URL and of the form's names and values, sorted by name.
func sign(token, target string, form url.Values) string {
	h := hmac.New(sha1.New, []byte(token))
	io.WriteString(h, target)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, v := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			io.WriteString(h, name+v)
		}
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func newClient() *http.Client {
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 256, // so that connections are used again under load, too
			IdleConnTimeout:     30 * time.Second,
		},
	}
}

// wellFormed says whether a document is XML with a Response around it.
func wellFormed(doc string) error {
	d := xml.NewDecoder(strings.NewReader(doc))
	root := ""
	for {
		begin := d.InputOffset()
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if p, ok := t.(xml.ProcInst); ok && p.Target == "xml" && begin > 0 {
			return errors.New("an XML declaration may only stand at the very beginning") // encoding/xml takes it
		}
		if start, ok := t.(xml.StartElement); ok && root == "" {
			root = start.Name.Local
		}
	}
	if root != "Response" {
		return errors.New("the document is no Response")
	}
	return nil
}
