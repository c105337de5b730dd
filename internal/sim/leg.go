package sim

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// How long a phone takes for things, at Speed 1.
const (
	inQueue     = 300 * time.Millisecond
	toRinging   = 1500 * time.Millisecond
	toBusy      = time.Second
	toAnswer    = 4 * time.Second // give or take a second
	toDecline   = 3 * time.Second
	toVoicemail = 20 * time.Second
	toDetect    = 3 * time.Second // whether a machine answered
	greeting    = 6 * time.Second // of a voicemail, up to its beep
	ringDefault = 60 * time.Second
	talkDefault = 4 * time.Hour
)

// place makes the call of a create request. The mutex is held.
func (s *Sim) place(form url.Values, st step, nth int) *leg {
	s.placed++
	l := &leg{
		Leg: Leg{
			SID: fmt.Sprintf("CA%016x%016x", s.run, s.placed), To: form.Get("To"), From: form.Get("From"),
			Form: form, Script: s.sources[form.Get("To")], Status: "queued", CreatedAt: time.Now(),
		},
		account: s.conf.AccountSID, speed: s.conf.Speed, step: st, nth: nth, timeout: ringDefault, longest: talkDefault,
		ended: make(chan struct{}), twiml: make(chan string, 1), told: make(chan struct{}),
		deeds: make(chan string, 1), keys: make(chan string, maxKeys), hungUp: make(chan struct{}, 1),
	}
	if st.name == byHand {
		l.speed = 1
	}
	if n, err := strconv.Atoi(form.Get("Timeout")); err == nil {
		l.timeout = time.Duration(n) * time.Second
	}
	if n, err := strconv.Atoi(form.Get("TimeLimit")); err == nil {
		l.longest = time.Duration(n) * time.Second
	}
	l.updated = l.CreatedAt
	s.calls = append(s.calls, l)
	p := s.phone(l.To)
	p.legs = append(p.legs, l)
	s.stir()
	return l
}

// hangUp ends the call because a request wants it; as is its last status. The mutex is held.
func (l *leg) hangUp(as string) {
	if l.endAs != "" || l.step.name == "stuck" {
		return
	}
	l.endAs = as
	if l.Status != "in-progress" {
		l.endAs = "canceled"
	}
	close(l.ended)
}

// redirect gives an answered call other instructions. The mutex is held.
func (l *leg) redirect(form url.Values) {
	next := form.Get("Twiml")
	if next == "" {
		next = "url:" + form.Get("Url")
	}
	select {
	case l.twiml <- next:
	default: // another one is waiting already
	}
}

// live is the life of a call, from the queue to its end.
func (s *Sim) live(l *leg) {
	queue := inQueue
	if l.step.name == "queued" {
		queue = l.step.length
	}
	if l.step.isStuck("queued") {
		s.stuck()
		return
	}
	if !s.rest(l, l.scaled(queue)+s.turn()) {
		return // canceled in the queue: Twilio sends no callback
	}
	s.become(l, "initiated")
	if end := s.ring(l); end != "" {
		s.finish(l, end)
		return
	}
	if !s.become(l, "in-progress") {
		s.finish(l, "canceled") // a request canceled it just before somebody picked up
		return
	}
	if l.step.isStuck("in-progress") {
		s.stuck()
		return
	}
	s.talk(l)
	s.finish(l, "completed")
}

// stuck is a call that Twilio has lost track of: it keeps its status, whatever is asked of it.
func (s *Sim) stuck() { <-s.ctx.Done() }

// turn is how long a call waits in the account's queue.
func (s *Sim) turn() time.Duration {
	if s.conf.CallsPerSecond == 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	start := s.nextStart
	if start.Before(now) {
		start = now
	}
	s.nextStart = start.Add(s.scaled(time.Duration(float64(time.Second) / s.conf.CallsPerSecond)))
	return start.Sub(now)
}

// ring lets the phone ring. It returns the call's final status, or nothing if the call was answered.
func (s *Sim) ring(l *leg) string {
	if end, unheard := silent[l.step.name]; unheard {
		if !s.rest(l, l.scaled(toBusy)) {
			return "canceled"
		}
		l.sip = end.sip
		return end.status
	}
	if !s.rest(l, l.scaled(toRinging)) {
		return "canceled"
	}
	s.become(l, "ringing")
	if l.step.isStuck("ringing") {
		s.stuck()
		return "canceled"
	}
	rings, end := s.patience(l)
	if rings > l.timeout && l.step.name != "rings-forever" {
		rings, end = l.timeout, "no-answer"
	}
	end = s.await(l, rings, end)
	l.sip = map[string]int{"busy": 486, "no-answer": 487, "canceled": 487}[end]
	return end
}

// silent are the calls that end before the phone rings.
var silent = map[string]struct {
	status string
	sip    int
}{
	"busy":   {"busy", 486},
	"failed": {"failed", 503},
	"wrong":  {"failed", 404},
}

// patience is how long the phone rings, and the final status after that; empty: it is answered.
func (s *Sim) patience(l *leg) (time.Duration, string) {
	switch l.step.name {
	case "no-answer", byHand:
		return l.timeout, "no-answer"
	case "decline":
		if l.step.arg == "no-answer" {
			return toDecline, "no-answer"
		}
		return toDecline, "busy"
	case "voicemail":
		return min(toVoicemail, l.timeout*4/5), ""
	case "rings-forever":
		if l.step.length > 0 {
			return l.step.length, ""
		}
		return 24 * time.Hour, "no-answer"
	}
	varied := s.chance(l.To, l.nth, 0, "answer") - 0.5
	return toAnswer + time.Duration(varied*float64(2*time.Second)), ""
}

// answersAs records what machine detection says about who answered.
func (s *Sim) answersAs(l *leg, who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.AnsweredBy = who
}

// talk is the conversation. It ends with the instructions, or when the person hangs up.
func (s *Sim) talk(l *leg) {
	answered := time.Now()
	l.cutAt = answered.Add(l.scaled(l.longest))
	l.presses = l.step.keys
	if l.step.name == "answer" && l.step.length > 0 {
		l.hangsUp = answered.Add(l.scaled(l.step.length))
	}
	doc, over := s.detect(l)
	if over {
		return
	}
	if doc == nil {
		doc = s.first(l)
	}
	for range maxRedirect {
		next, done := s.play(l, doc)
		if done {
			break
		}
		doc = next
	}
	if !l.hangsUp.IsZero() { // the person stays for the script's time, even after the instructions
		for {
			if _, gone := s.pass(l, time.Hour); gone {
				return
			}
		}
	}
}

// detect runs Twilio's machine detection, which comes before the instructions.
func (s *Sim) detect(l *leg) (next *document, over bool) {
	mode := l.Form.Get("MachineDetection")
	if mode == "" || l.Form.Get("SendDigits") != "" {
		return nil, false
	}
	who, takes := "human", toDetect
	if l.step.name == "voicemail" {
		who = "machine_start"
		if mode == "DetectMessageEnd" {
			who, takes = "machine_end_beep", max(greeting, l.step.length)
		}
	}
	who = cmp.Or(l.step.detected, who)
	if l.Form.Get("AsyncAmd") == "true" {
		s.answersAs(l, who)
		return nil, false
	}
	next, gone := s.pass(l, takes)
	s.answersAs(l, who)
	return next, gone && next == nil
}

// rest lets d pass. It returns false if a request ended the call in the meantime.
func (s *Sim) rest(l *leg, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.ended:
	case <-s.ctx.Done():
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !final(l.Status) && l.Status == "queued" {
		l.now("canceled")
		l.EndedAt = l.updated
	}
	return false
}

// become gives the call another status, and sends the status callback. It returns false if a request has ended the
// call in the meantime.
func (s *Sim) become(l *leg, status string) bool {
	s.mu.Lock()
	if l.endAs != "" && !final(status) {
		s.mu.Unlock()
		return false
	}
	l.now(status)
	now := l.updated
	switch {
	case status == "initiated":
		l.DialedAt = now
	case status == "ringing":
		l.RingingAt = now
	case status == "in-progress":
		l.AnswerAt = now
	case final(status):
		l.EndedAt = now
	}
	s.mu.Unlock()
	s.stir()
	s.conf.Logger.Debug("call", "sid", l.SID, "status", status)
	if does := l.does(status); does != "" {
		s.news(l.SID, l.To, "%s", does)
	}
	s.tell(l, status, now)
	return true
}

// does says in words what the phone does when its call takes on a status; empty if nobody would notice.
func (l *leg) does(status string) string {
	switch status {
	case "ringing":
		return "rings"
	case "in-progress":
		if l.step.name == "voicemail" {
			return "is answered by a machine"
		}
		return "is answered"
	case "completed":
		return "the call is over"
	case "busy":
		if l.step.name == "decline" {
			return "is declined"
		}
		return "is busy"
	case "no-answer":
		if l.step.name == "decline" {
			return "is declined"
		}
		return "stops ringing: nobody answered"
	case "canceled":
		return "stops ringing: the call was canceled"
	case "failed":
		return "can't be reached"
	}
	return ""
}

func (s *Sim) finish(l *leg, status string) {
	if s.ctx.Err() == nil {
		s.become(l, status)
	}
}

func (l *leg) awaitFirstCallback(ctx context.Context) {
	select {
	case <-l.told:
	case <-ctx.Done():
	}
}
