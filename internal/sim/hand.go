package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a person does with a phone.
const (
	answers   = "answer"
	declines  = "decline"
	ignores   = "ignore"
	pressKeys = "press"
	hangsUp   = "hang-up"
)

const (
	keypad   = "123456789*0#"
	maxKeys  = 32   // that Twilio has not taken yet
	maxLines = 1000 // of a conversation that are kept
)

var errNoCall = errors.New("there is no such call")

// notNow says why a deed is not possible now.
type notNow string

func (e notNow) Error() string { return string(e) }

// Act does with a call's phone what a person does: answer, decline or ignore it while it rings, press keys or hang-up
// once it is answered. Whatever the script wants, the person is heard first.
func (s *Sim) Act(sid, deed, keys string) error {
	defer s.stir()
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.calls, func(l *leg) bool { return l.SID == sid })
	if i < 0 {
		return errNoCall
	}
	l := s.calls[i]
	ringing, talking := l.Status == "ringing", l.Status == "in-progress"
	switch {
	case l.step.name == "stuck":
		return notNow("Twilio has lost track of this call")
	case final(l.Status):
		return notNow("the call is over")
	case deed == answers || deed == declines || deed == ignores:
		if !ringing || !l.put(deed) {
			return notNow("the phone does not ring")
		}
	case deed == pressKeys && (keys == "" || strings.Trim(keys, keypad) != ""):
		return fmt.Errorf("%q are no keys of a phone, which has 0 to 9, * and #", keys)
	case deed != pressKeys && deed != hangsUp:
		return fmt.Errorf("%q is nothing that a person does with a phone", deed)
	case !talking:
		return notNow("nobody has answered")
	case deed == hangsUp:
		select {
		case l.hungUp <- struct{}{}:
		default: // it was hung up already
		}
	default:
		l.press(keys)
	}
	return nil
}

// put leaves a deed for whoever lives the call, unless there is one already. The mutex is held.
func (l *leg) put(deed string) bool {
	select {
	case l.deeds <- deed:
		return true
	default:
		return false
	}
}

// press presses keys, one by one. The mutex is held.
func (l *leg) press(keys string) {
	for _, r := range keys {
		key, kind := string(r), "unheard"
		if l.listens {
			select {
			case l.keys <- key:
				kind = "keys"
			default: // nobody presses so fast
			}
		}
		l.wrote(kind, key)
	}
}

// wrote adds pressed keys to the conversation. The mutex is held.
func (l *leg) wrote(kind, keys string) {
	if n := len(l.Lines); n > 0 && l.Lines[n-1].Kind == kind && len(l.Lines[n-1].Text) < maxKeys {
		l.Lines[n-1].Text += keys
	} else if n < maxLines {
		l.Lines = append(l.Lines, Line{At: time.Now(), Kind: kind, Text: keys})
	}
}

// await lets the phone ring for a while, after which the call has the status end, or is answered if that is empty. A
// person, or a request that ends the call, may be quicker.
func (s *Sim) await(l *leg, rings time.Duration, end string) string {
	began := time.Now()
	t := time.NewTimer(l.scaled(rings))
	defer t.Stop()
	for {
		select {
		case <-t.C:
			return end
		case <-l.ended:
			return "canceled"
		case <-s.ctx.Done():
			return "canceled"
		case deed := <-l.deeds:
			s.inHand(l, deed)
			switch deed {
			case answers:
				return ""
			case declines:
				return "busy"
			}
			end = "no-answer" // once the Timeout of the request is over
			t.Reset(max(0, l.scaled(l.timeout)-time.Since(began)))
		}
	}
}

// inHand takes the phone away from its script.
func (s *Sim) inHand(l *leg, deed string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.step.name, l.step.arg, l.step.length, l.step.keys = byHand, "", 0, nil
	switch deed {
	case ignores:
		l.ignored = true
	case declines:
		l.step.name = "decline"
	case answers:
		l.speed = 1 // nobody talks faster than that
	}
}

// presses adds to the conversation what the script presses.
func (s *Sim) presses(l *leg, keys string) {
	s.mu.Lock()
	l.wrote("keys", keys)
	s.mu.Unlock()
	s.stir()
}
