package source

import (
	"errors"
	"fmt"
	"slices"
)

// ErrTooLarge is for a body of more than MaxBody bytes.
var ErrTooLarge = fmt.Errorf("the body has more than %d MiB", MaxBody>>20)

// Read reads an event. A body that is not what the source sends is read as well as can be, with a sentence in Doubts:
// whoever sent it holds the trigger's secret, and a mistake in its template must not silence an alarm. So the errors
// are two: ErrTooLarge, and a source that does not exist.
func Read(source Kind, r *Request) (*Event, error) {
	if len(r.Body) > MaxBody {
		return nil, ErrTooLarge
	}
	if !slices.Contains(Kinds(), source) {
		return nil, errors.New("there is no source " + string(source))
	}
	c := open(r)
	source = recognized(source, c)
	e := read(source, c)
	if e == nil {
		c.doubt("the body is not what the source %s sends, and was read by the names of its fields", source)
		e = readFields(c)
	}
	e.Source, e.Raw, e.Doubts = source, c.raw, c.doubts
	e.bound()
	return e, nil
}

// read reads by the rules of a source. It is nil if the body has nothing of what the source sends.
func read(source Kind, c *content) *Event {
	switch source {
	case Alertmanager, Grafana:
		return readAlerts(c)
	case Opsgenie:
		return readOpsgenie(c)
	case PagerDuty:
		return readPagerDuty(c)
	case OnCall:
		return readOnCall(c)
	case GoAlert:
		return readGoAlert(c)
	case UptimeKuma:
		return readUptimeKuma(c)
	case Text:
		return readText(c)
	default:
		return readFields(c)
	}
}

// recognized is the sender whose body this is, for a source that takes many. An alert is worth more read by its
// sender's rules than by the names of its fields, and a trigger on which nobody set a source is no reason to ring for
// what is resolved.
func recognized(source Kind, c *content) Kind {
	if source != JSON && source != Form && source != OnCall {
		return source
	}
	_, alerts := c.fields["alerts"].([]any)
	_, beat := c.fields["heartbeat"]
	_, monitor := c.fields["monitor"]
	switch {
	case alerts && c.fields.text("orgId") != "":
		return Grafana
	case alerts:
		return Alertmanager
	case beat && monitor:
		return UptimeKuma
	case c.fields.text("routing_key") != "" && c.fields.object("payload") != nil:
		return PagerDuty
	}
	return source
}
