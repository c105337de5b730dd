package store

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"redial/internal/call"
)

// column names a column, and the field that holds its value. field both reads and writes it.
type column struct {
	name  string
	field any
}

func callColumns(c *call.Call) []column {
	return []column{
		{"id", &c.ID},
		{"secret", &c.Secret},
		{"to_number", &c.To},
		{"people", asJSON{&c.People}},
		{"from_number", &c.From},
		{"message", asJSON{&c.Message}},
		{"policy", asJSON{&c.Policy}},
		{"options", asJSON{&c.Options}},
		{"metadata", asJSON{&c.Metadata}},
		{"webhook", asText{&c.Webhook}},
		{"made_by", asText{&c.By}},
		{"polled", asFlag{&c.Polled}},
		{"created_at", asMicros{&c.CreatedAt}},
		{"deadline_at", asMicros{&c.Deadline}},
		{"state", (*string)(&c.State)},
		{"outcome", asText{(*string)(&c.Outcome)}},
		{"cancel_requested_at", asMicros{&c.CancelRequested}},
		{"ended_at", asMicros{&c.EndedAt}},
		{"next_attempt_at", asMicros{&c.NextAttemptAt}},
		{"wake_at", asMicros{&c.WakeAt}},
		{"held_for", asText{&c.Held}},
		{"offered", asText{&c.Offered}},
		{"reached_by", &c.ReachedBy},
		{"cut_short", asFlag{&c.CutShort}},
		{"redial_asked_at", asMicros{&c.RedialAsked}},
		{"seq", &c.Seq},
	}
}

func eventColumns(id string, e *call.Event) []column {
	return []column{
		{"call_id", &id},
		{"seq", &e.Seq},
		{"type", (*string)(&e.Type)},
		{"at", asMicros{&e.At}},
		{"attempt", &e.Attempt},
		{"data", asDocument{e}},
	}
}

// callFixed is how many of callColumns never change after the Call is made.
const callFixed = 14

func attemptColumns(a *call.Attempt) []column {
	status, result := a.Status(), a.Result() // kept for people who read the table
	return []column{
		{"n", &a.N},
		{"to_number", &a.To},
		{"person", &a.Person},
		{"needs_key", asFlag{&a.NeedsKey}},
		{"detects", asFlag{&a.Detects}},
		{"sid", asText{&a.SID}},
		{"status", (*string)(&status)},
		{"result", asText{(*string)(&result)}},
		{"dialed_at", asMicros{&a.DialedAt}},
		{"send_by", asMicros{&a.SendBy}},
		{"retry_at", asMicros{&a.RetryAt}},
		{"postponements", &a.Postpone},
		{"placed_by", asText{&a.PlacedBy}},
		{"talk_limit", &a.TalkLimit},
		{"placed_at", asMicros{&a.PlacedAt}},
		{"initiated_at", asMicros{&a.InitiatedAt}},
		{"ringing_at", asMicros{&a.RingingAt}},
		{"answered_at", asMicros{&a.AnsweredAt}},
		{"ended_at", asMicros{&a.EndedAt}},
		{"finals", asWords{&a.Finals}},
		{"duration", &a.Duration},
		{"sip_code", &a.SIPCode},
		{"refusal", asJSON{&a.Refusal}},
		{"heard", asFlag{&a.Heard}},
		{"unanswered", asFlag{&a.Unanswered}},
		{"absent", &a.Absent},
		{"absent_at", asMicros{&a.AbsentAt}},
		{"ambiguous", asFlag{&a.Ambiguous}},
		{"lost", asFlag{&a.Lost}},
		{"unplaced", asFlag{&a.Unplaced}},
		{"ask_at", asMicros{&a.AskAt}},
		{"asks", &a.Asks},
		{"stuck", &a.Stuck},
		{"hang_up_at", asMicros{&a.HangUpAt}},
		{"hang_ups", &a.HangUps},
		{"overdue_at", asMicros{&a.OverdueAt}},
		{"end_why", asText{&a.EndWhy}},
		{"interrupts", &a.Interrupts},
		{"answered_by", asText{&a.AnsweredBy}},
		{"instructed", asFlag{&a.Instructed}},
		{"confirmed_at", asMicros{&a.ConfirmedAt}},
		{"answer", asText{&a.Answer}},
		{"passed_on_at", asMicros{&a.PassedOnAt}},
		{"wrong_keys", &a.WrongKeys},
	}
}

// attemptFixed is how many of attemptColumns never change after the first dial.
const attemptFixed = 5

func names(cols []column) string {
	list := make([]string, len(cols))
	for i, c := range cols {
		list[i] = c.name
	}
	return strings.Join(list, ", ")
}

func fields(cols []column) []any {
	list := make([]any, len(cols))
	for i, c := range cols {
		list[i] = c.field
	}
	return list
}

// errDamaged is the error of a row that can't be read, now or later.
var errDamaged = errors.New("the row is damaged")

// Each of these reads and writes a field in the form of its column. An empty field is NULL.
type (
	asMicros struct{ t *time.Time } // microseconds since 1970 UTC
	asText   struct{ s *string }
	asFlag   struct{ b *bool } // 0 or 1, never NULL
	asWords  struct{ list *[]call.Status }
	asJSON   struct{ v any } // v is a pointer
)

// asDocument writes an Event's own fields as JSON, never NULL.
type asDocument struct{ e *call.Event }

func (d asDocument) Value() (driver.Value, error) {
	b, err := json.Marshal(d.e)
	return string(b), err
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func (m asMicros) Value() (driver.Value, error) {
	if m.t.IsZero() {
		return nil, nil
	}
	return micros(*m.t), nil
}

func (m asMicros) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m.t = time.Time{}
	case int64:
		*m.t = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("%w: a time is stored as %T", errDamaged, src)
	}
	return nil
}

func (t asText) Value() (driver.Value, error) {
	if *t.s == "" {
		return nil, nil
	}
	return *t.s, nil
}

func (t asText) Scan(src any) error {
	text, err := textOf(src)
	*t.s = text
	return err
}

func (f asFlag) Value() (driver.Value, error) {
	if *f.b {
		return int64(1), nil
	}
	return int64(0), nil
}

func (f asFlag) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("%w: a flag is stored as %T", errDamaged, src)
	}
	*f.b = v != 0
	return nil
}

func (w asWords) Value() (driver.Value, error) {
	list := make([]string, len(*w.list))
	for i, s := range *w.list {
		list[i] = string(s)
	}
	return strings.Join(list, " "), nil
}

func (w asWords) Scan(src any) error {
	text, err := textOf(src)
	*w.list = nil
	for word := range strings.FieldsSeq(text) {
		*w.list = append(*w.list, call.Status(word))
	}
	return err
}

func (j asJSON) Value() (driver.Value, error) {
	if reflect.ValueOf(j.v).Elem().IsZero() {
		return nil, nil
	}
	b, err := json.Marshal(j.v)
	return string(b), err
}

func (j asJSON) Scan(src any) error {
	reflect.ValueOf(j.v).Elem().SetZero()
	text, err := textOf(src)
	if err != nil || text == "" {
		return err
	}
	if err := json.Unmarshal([]byte(text), j.v); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}

func textOf(src any) (string, error) {
	switch v := src.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", fmt.Errorf("%w: a text is stored as %T", errDamaged, src)
}

// lenient lets the scan of a row go on after a field that can't be read, and keeps the first such error, so that a
// damaged row does not hide the others.
func lenient(fields []any, damage *error) []any {
	for i, f := range fields {
		if s, ok := f.(sql.Scanner); ok {
			fields[i] = forgiving{s, damage}
		}
	}
	return fields
}

type forgiving struct {
	sql.Scanner
	damage *error
}

func (f forgiving) Scan(src any) error {
	if err := f.Scanner.Scan(src); err != nil && *f.damage == nil {
		*f.damage = err
	}
	return nil
}

// sameRow says whether the columns that change are stored alike for two Calls. It runs for every Call that is created,
// and compares the fields by name to be fast.
func sameRow(a, b *call.Call) bool {
	return a.State == b.State && a.Outcome == b.Outcome &&
		a.CancelRequested.Equal(b.CancelRequested) && a.EndedAt.Equal(b.EndedAt) && a.NextAttemptAt.Equal(b.NextAttemptAt) &&
		a.WakeAt.Equal(b.WakeAt) && a.Held == b.Held && a.Offered == b.Offered && a.ReachedBy == b.ReachedBy &&
		a.CutShort == b.CutShort && a.RedialAsked.Equal(b.RedialAsked) && a.Seq == b.Seq
}

// unchanged says whether two attempts are stored alike.
func unchanged(a, b *call.Attempt) bool {
	x, y := *a, *b
	x.Finals, y.Finals = nil, nil
	x.Refusal, y.Refusal = nil, nil
	return reflect.DeepEqual(x, y) && slices.Equal(a.Finals, b.Finals) &&
		(a.Refusal == b.Refusal || a.Refusal != nil && b.Refusal != nil && *a.Refusal == *b.Refusal)
}

// storable is text that every database takes: valid UTF-8 without NUL. Text inside JSON does not need it.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
