package sim

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const toPress = 4 * time.Second // after a question begins

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// step is what a phone does with one call.
type step struct {
	name      string
	arg       string
	length    time.Duration // of answer:12s, queued:30s, rings-forever:40s and a voicemail's greeting
	code      int           // of refuse:21211
	status    int           // of HTTP, of refuse:10005/403
	keys      []press       // what is pressed, question by question
	detected  string        // what machine detection says instead of the truth; empty: the truth
	modifiers []string
}

// press is what somebody presses while Twilio listens, and when.
type press struct {
	keys  string // empty: none
	after time.Duration
}

// stuckAt are the statuses that a call can keep for ever; it keeps the last one if the script names none.
var stuckAt = []string{"queued", "ringing", "in-progress"}

// byHand is the step of a phone that does what a person at the desk does with it.
const byHand = "by-hand"

func (s step) isStuck(at string) bool {
	return s.name == "stuck" && (s.arg == at || s.arg == "" && at == "in-progress")
}

func (s step) has(modifier string) bool { return slices.Contains(s.modifiers, modifier) }

var (
	stepNames = []string{
		"answer", "no-answer", "busy", "decline", "voicemail", "failed", "wrong", "rings-forever", "queued",
		"stuck", "refuse", byHand,
	}
	modifiers = []string{"lost", "late", "doubled", "reordered", "early", "429", "500", "dropped", "unplaced500", "gone"}
)

const maxLength = 24 * time.Hour // of anything in a script

// parseScript reads a script; its errors list the words that it may have.
func parseScript(text string) ([]step, error) {
	var steps []step
	for part := range strings.SplitSeq(text, ",") {
		s, err := parseStep(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func parseStep(text string) (step, error) {
	parts := strings.Split(text, "+")
	name, arg, hasArg := strings.Cut(parts[0], ":")
	s := step{name: name, arg: arg, modifiers: parts[1:]}
	if !slices.Contains(stepNames, name) {
		return s, fmt.Errorf("%q is no step of a script; there are: %s", name, strings.Join(stepNames, ", "))
	}
	for _, m := range s.modifiers {
		if err := s.modify(m); err != nil {
			return s, err
		}
	}
	var err error
	switch {
	case name == "refuse":
		s.code, s.status, err = parseRefusal(arg)
	case name == "queued", (name == "answer" || name == "voicemail" || name == "rings-forever") && hasArg:
		s.length, err = time.ParseDuration(arg)
		if err != nil || s.length < 0 || s.length > maxLength {
			err = fmt.Errorf("%s needs a duration, such as %s:30s", name, name)
		}
	case name == "stuck":
		if hasArg && !slices.Contains(stuckAt, arg) {
			err = fmt.Errorf("stuck takes one of: %s", strings.Join(stuckAt, ", "))
		}
	case name == "decline" && hasArg && arg != "no-answer" && arg != "busy":
		err = fmt.Errorf("decline takes :busy or :no-answer")
	case hasArg && name != "decline":
		err = fmt.Errorf("%s takes no argument", name)
	}
	return s, err
}

// parseRefusal reads an error code and the HTTP status that it comes with: 400 if none is named.
func parseRefusal(arg string) (code, status int, err error) {
	first, second, with := strings.Cut(arg, "/")
	code, err = strconv.Atoi(first)
	if status = 400; with && err == nil {
		status, err = strconv.Atoi(second)
	}
	if err != nil || code < 400 || code > 999999 || status < 400 || status > 599 {
		return 0, 0, fmt.Errorf("refuse needs an error code, such as refuse:21211, and may name an HTTP status, " +
			"such as refuse:10005/403")
	}
	return code, status, nil
}

var detections = []string{
	"human", "unknown", "fax", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other",
}

// modify takes a modifier: a fault, the keys that are pressed, or what machine
// detection is to say.
func (s *step) modify(m string) error {
	name, arg, _ := strings.Cut(m, "=")
	switch {
	case name == "keys":
		for one := range strings.SplitSeq(arg, "/") {
			p := press{after: toPress}
			keys, late, timed := strings.Cut(one, "@")
			p.keys = keys
			if d, err := time.ParseDuration(late); timed && err == nil && d >= 0 {
				p.after = d
			} else if timed {
				return fmt.Errorf("%q has no duration after its @, such as keys=1@20s", m)
			}
			if strings.Trim(keys, "0123456789*#") != "" {
				return fmt.Errorf("%q has other keys than 0 to 9, * and #", m)
			}
			s.keys = append(s.keys, p)
		}
	case name == "detected":
		if s.detected = arg; !slices.Contains(detections, arg) {
			return fmt.Errorf("%q is nothing that Twilio detects; there are: %s", arg, strings.Join(detections, ", "))
		}
	case !slices.Contains(modifiers, m):
		return fmt.Errorf("%q is no modifier of a step; there are: %s, keys=1, detected=human", m,
			strings.Join(modifiers, ", "))
	}
	return nil
}
