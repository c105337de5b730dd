package store

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"redial/internal/call"
)

// filler sets every field to a different value, so that a field that is not stored, or is stored in another's column,
// is noticed.
type filler struct{ n int }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = begin.Add(time.Duration(f.n) * 1001 * time.Microsecond)
		return
	case *json.RawMessage:
		*x = json.RawMessage(`{"Record":true,"Trim":"do-not-trim"}`)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text " + string(rune('A'+f.n)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for _, field := range v.Fields() {
			f.fill(field)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	default:
		panic("a field of kind " + v.Kind().String() + " needs a value")
	}
}

// filled is a Call with every field set, except for those that exclude each other.
func filled(state call.State) call.Call {
	var c call.Call
	new(filler).fill(reflect.ValueOf(&c).Elem())
	c.ID, c.State, c.Outcome = wish().ID, state, call.Unreached
	if state == call.Ended {
		c.WakeAt = time.Time{}
	} else {
		c.Outcome, c.EndedAt = "", time.Time{}
	}
	for i := range c.Attempts {
		c.Attempts[i].N, c.Attempts[i].SID = i+1, sid(c.ID, i+1)
		c.Attempts[i].Finals = []call.Status{call.StatusBusy, call.StatusCompleted}
	}
	return c
}

func testEveryFieldComesBack(t *testing.T, b backend) {
	s := b.open(t, nil)
	for _, state := range call.States() {
		want := filled(state)
		bare := want // as it was created: no attempts, nothing known of them
		bare.Attempts = nil
		if _, _, err := s.Create(t.Context(), Asker{}, bare, nil, Idempotency{}); err != nil {
			t.Fatal(err)
		}
		equal(t, get(t, s, want.ID), bare)
		first := want.Attempts[0]
		unheard := call.Attempt{N: 1, To: first.To, DialedAt: begin, SendBy: begin, Unplaced: true}
		unheard.Person, unheard.NeedsKey, unheard.Detects = first.Person, first.NeedsKey, first.Detects
		for _, attempts := range [][]call.Attempt{{unheard}, want.Attempts, {unheard, want.Attempts[1]}} {
			want.Attempts = attempts
			saved := change(t, s, want.ID, func(c *call.Call) []call.Event {
				*c = want.Clone()
				return nil
			})
			equal(t, saved, want)
			equal(t, get(t, s, want.ID), want)
			listed, _, err := s.List(t.Context(), Query{State: state, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, listed, []Asked{{Call: want}})
		}
	}
}

func testEventsComeBack(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	var e call.Event
	new(filler).fill(reflect.ValueOf(&e).Elem())
	e.Seq = 2
	empty := call.Event{Seq: 3, Type: call.CallHeld, At: begin}
	change(t, s, c.ID, func(c *call.Call) []call.Event {
		c.Seq = 3
		return []call.Event{e, empty}
	})
	created := call.Event{Seq: 1, Type: call.CallCreated, At: begin, NextAttemptAt: begin}
	equal(t, events(t, s, c.ID), []call.Event{created, e, empty})
	after, err := s.Events(t.Context(), c.ID, 2, 100)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, after, []call.Event{empty})
}

// PostgreSQL accepts neither NUL nor broken UTF-8 as text. Such a text of people or of Twilio must not be lost, nor
// stop a call.
func testOddText(t *testing.T, b backend) {
	s := b.open(t, nil)
	const odd = "a\x00b 'c\" \\ \U0001F4DE"
	c := create(t, s, func(w *call.Wish) {
		w.Message = call.Message{Say: &call.Say{Text: odd}}
		w.Metadata = map[string]string{odd: odd, "broken": "\xff"}
	})
	dial(t, s, begin, c.ID)
	change(t, s, c.ID, func(c *call.Call) []call.Event {
		return c.Refused(1, call.Refusal{Code: 21211, Message: odd + "\xff"}, begin)
	})
	got := get(t, s, c.ID)
	equal(t, got.Message.Say.Text, odd)
	equal(t, got.Metadata, map[string]string{odd: odd, "broken": "\uFFFD"})
	equal(t, got.Refusal().Message, odd+"\uFFFD")
	all := events(t, s, c.ID)
	equal(t, all[len(all)-1].Message, odd+"\uFFFD")

	_, err := s.PauseAccount(t.Context(), "AC1", Pause{Since: begin, Message: "a\x00\xff", NextCheckAt: begin})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.AccountPause(t.Context(), "AC1")
	if err != nil || p.Message != "a\uFFFD\uFFFD" {
		t.Errorf("pause %+v, %v", p, err)
	}
}

func testNotFound(t *testing.T, b backend) {
	s := b.open(t, nil)
	ctx := t.Context()
	for _, id := range []string{"nobody", "", "a\x00", "\xff"} {
		step := func(*call.Call) ([]call.Event, error) {
			t.Error("a step ran on no call")
			return nil, nil
		}
		_, err1 := s.Get(ctx, id)
		_, err2 := s.Change(ctx, id, begin, step)
		_, _, err3 := s.BySID(ctx, id)
		for i, err := range []error{err1, err2, err3, s.Scrub(ctx, Asker{}, id, begin)} {
			if !isNotFound(err) {
				t.Errorf("%q: error %d is %v, want ErrNotFound", id, i+1, err)
			}
		}
		if list, _, err := s.List(ctx, Query{To: id + "x", Limit: 10}); err != nil || len(list) > 0 {
			t.Errorf("%q: listed %v, %v", id, list, err)
		}
	}
}
