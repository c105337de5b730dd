package sim

import (
	"slices"
	"strings"
	"time"
)

const (
	maxPhones = 60 // on the page, those that were called last
	maxLog    = 10 // calls in a phone's log
	maxBars   = 20 // calls in its strip
	maxShown  = 50 // lines of a conversation
)

// look is how a viewer wants the page.
type look struct{ language, theme string }

// deskView is what the page shows, in a language.
type deskView struct {
	language string
	Theme    string
	Try      string
	Speed    float64
	Others   string // what phones without a script do
	Itself   string // what they did before they waited for a person
	At       string // the element that a viewer without JavaScript looks at; empty: none
	Again    int64  // another one each time: to the same URL with a fragment, browsers go without loading it again
	Phones   []*phoneView
	More     int // phones that are not shown
	Fault    string
	FaultAt  string // the phone that it is about; empty: none

	Calls, Ringing, Talking, Coming int
	Alive, OthersByHand             bool
	First                           string    // the first phone that rings
	Last                            time.Time // when the last call came
}

type phoneView struct {
	ID, Number     string
	Script, Itself string // what it does, and what it did before it waited for a person
	ByHand         bool   // it waits for a person at its next call
	Ringing, Alive bool
	Shown          []callView // the calls under way, or the last one
	Log            []callView // those before, the newest first
	Earlier        int        // all of them
	Bars           []callView // the last ones, the oldest first
	Fault          string
}

// callView is a call to a phone.
type callView struct {
	SID, From                      string
	State, Icon, Role, Bar, Length string
	At                             time.Time
	Left                           int // seconds until the phone stops ringing; 0: unknown
	Rings, Talks, Ignored, Listens bool
	Lines                          []Line
}

func phoneID(number string) string { return "phone-" + strings.TrimPrefix(number, "+") }

// deskView looks at the phones as they are now.
func (s *Sim) deskView(l look) *deskView {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &deskView{
		language: l.language, Theme: l.theme, Try: s.conf.Try, Speed: s.conf.Speed, Calls: len(s.calls), Others: s.others,
		Itself: s.conf.Default, OthersByHand: s.others == byHand,
	}
	if v.Itself == "" || v.Itself == byHand {
		v.Itself = "answer"
	}
	if !v.OthersByHand {
		v.Itself = s.others
	}
	if v.Calls > 0 {
		v.Last = s.calls[v.Calls-1].CreatedAt
	}
	shown := s.lastCalled(maxPhones)
	v.More = len(s.phones) - len(shown)
	for _, p := range shown {
		v.add(s.phoneView(p, catalogues[l.language], now))
	}
	return v
}

// lastCalled are the n phones that were called last, in the order in which they came up. The mutex is held.
func (s *Sim) lastCalled(n int) []*phone {
	if len(s.phones) <= n {
		return s.phones
	}
	byTime := slices.SortedFunc(slices.Values(s.phones), func(a, b *phone) int {
		return b.lastCall().Compare(a.lastCall())
	})
	oldest := byTime[n-1].lastCall()
	shown := slices.DeleteFunc(slices.Clone(s.phones), func(p *phone) bool { return p.lastCall().Before(oldest) })
	return shown[max(0, len(shown)-n):]
}

// add adds a phone, and counts its calls.
func (v *deskView) add(p *phoneView) {
	v.Phones = append(v.Phones, p)
	for _, c := range p.Shown {
		switch {
		case c.Rings:
			if v.Ringing++; v.First == "" {
				v.First = p.ID
			}
			p.Ringing = true
		case c.Talks:
			v.Talking++
		case c.Bar == "live":
			v.Coming++
		default:
			continue
		}
		p.Alive, v.Alive = true, true
	}
}

// phoneView looks at a phone. The mutex is held.
func (s *Sim) phoneView(p *phone, words catalogue, now time.Time) *phoneView {
	v := &phoneView{ID: phoneID(p.number), Number: p.number, Script: s.sources[p.number], Itself: s.former[p.number]}
	switch v.ByHand = v.Script == byHand || v.Script == "" && s.others == byHand; {
	case !v.ByHand:
		v.Itself = v.Script
	case v.Itself == "" && s.others == byHand:
		v.Itself = "answer"
	}
	if v.Script == "" {
		v.Script = s.others
	}
	last := p.legs[max(0, len(p.legs)-maxBars):]
	for _, l := range last {
		v.Bars = append(v.Bars, l.view(words, now))
	}
	for i, c := range slices.Backward(v.Bars) {
		switch {
		case c.Bar == "live" || len(v.Shown) == 0 && i == len(v.Bars)-1:
			v.Shown = append(v.Shown, c)
		case len(v.Log) < maxLog:
			v.Log = append(v.Log, c)
		}
	}
	v.Earlier = len(p.legs) - len(v.Shown)
	return v
}

// view looks at a call. The mutex is held.
func (l *leg) view(words catalogue, now time.Time) callView {
	c := callView{
		SID: l.SID, From: l.From, At: l.CreatedAt, Rings: l.Status == "ringing", Talks: l.Status == "in-progress",
		Ignored: l.ignored, Listens: l.listens, Lines: slices.Clone(l.Lines[max(0, len(l.Lines)-maxShown):]),
	}
	look := l.looks()
	c.State, c.Icon, c.Role, c.Bar = look[0], look[1], look[2], look[3]
	lived := func(since, until time.Time) int {
		return int(float64(until.Sub(since)) * l.speed / float64(time.Second))
	}
	end := l.EndedAt
	if end.IsZero() {
		end = now
	}
	switch {
	case !l.AnswerAt.IsZero():
		c.Length = words.length(lived(l.AnswerAt, end))
	case !l.RingingAt.IsZero():
		c.Length = words.length(lived(l.RingingAt, end))
	}
	if c.Rings && (l.step.name == byHand || l.step.name == "no-answer") {
		c.Left = max(1, int(l.timeout.Seconds())-lived(l.RingingAt, now))
	}
	return c
}

// looks says of a call what the page shows: its state in words, and the icon, the role of its color, and the bar of the
// strip that stand for it.
func (l *leg) looks() [4]string {
	machine := l.step.name == "voicemail"
	switch l.Status {
	case "ringing":
		if l.ignored {
			return [4]string{"Rings on, ignored", "rings", "live", "live"}
		}
		return [4]string{"Rings", "rings", "live", "live"}
	case "in-progress":
		if machine {
			return [4]string{"A machine has answered", "talks", "live", "live"}
		}
		return [4]string{"On the line", "talks", "live", "live"}
	case "completed":
		if machine {
			return [4]string{"Answered by a machine", "ok", "ok", "machine"}
		}
		return [4]string{"Answered", "ok", "ok", "ok"}
	case "busy", "no-answer":
		switch {
		case l.step.name == "decline":
			return [4]string{"Declined", "bad", "missed", "busy"}
		case l.Status == "busy":
			return [4]string{"Busy", "bad", "missed", "busy"}
		case l.ignored:
			return [4]string{"Ignored", "bad", "missed", "none"}
		}
		return [4]string{"Not answered", "bad", "missed", "none"}
	case "failed":
		return [4]string{"Can’t be reached", "bad", "bad", "bad"}
	case "canceled":
		return [4]string{"Canceled by the caller", "off", "", "off"}
	}
	return [4]string{"A call is on its way", "idle", "live", "live"}
}
