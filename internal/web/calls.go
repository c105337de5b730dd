package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
)

const (
	maxKey  = 255 // bytes of an Idempotency-Key
	maxWait = 2 * time.Minute
)

// asking is how a call is asked for.
type asking struct {
	key string // Idempotency-Key; may be empty
	dry bool   // only to hear what would become of it
}

func readAsking(r *http.Request) (q asking, err error) {
	if q.key, err = idempotencyKey(r); err != nil {
		return q, err
	}
	q.dry, err = dryRun(r)
	return q, err
}

// CreateCall makes a Call of a wish. It answers once the Call is committed.
func (s *Server) CreateCall(w http.ResponseWriter, r *http.Request) error {
	q, err := readAsking(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	return s.createAsked(w, r, q, body)
}

// createAsked makes a Call of the wish in a body.
func (s *Server) createAsked(w http.ResponseWriter, r *http.Request, q asking, body []byte) error {
	wish, err := s.Edge().Wish(body, s.Store.Now())
	made := s.newCall(r, wish, err)
	c, replayed, err := s.create(r, q, body, &made)
	switch {
	case err != nil:
		return err
	case q.dry:
		return s.explainWish(w, r, &c)
	}
	return s.created(w, r, c, replayed)
}

// create stores the Call that was made of a body, unless something is wrong with it. A dry run stores none.
func (s *Server) create(
	r *http.Request, q asking, body []byte, n *newCall,
) (c call.Call, replayed bool, err error) {
	if q.dry {
		if n.wrong == nil {
			n.wrong = s.Store.CheckBounds(r.Context(), &n.Call)
		}
		return n.Call, false, n.wrong
	}
	request := s.idempotency(r)
	request.Key, request.Hash = q.key, requestHash(body, q.key, n.Wish)
	if n.wrong != nil {
		c, err = s.first(r.Context(), request, n.wrong)
		return c, true, err
	}
	began := time.Now()
	c, replayed, err = s.Store.Create(r.Context(), asker(r.Context()), n.Call, n.events, request)
	if err == nil && !replayed && time.Since(began) >= inFlight {
		err = s.createdLate(r.Context(), c.ID)
	}
	return c, replayed, err
}

// createdLate cancels a call that was committed so long after it was asked for that the API key may have been revoked
// meanwhile, and whoever canceled what the key made may not have seen this call.
func (s *Server) createdLate(ctx context.Context, id string) error {
	ctx = context.WithoutCancel(ctx) // the client may have gone
	ended := s.stillMay(ctx)
	if ended == nil || errors.Is(ended, store.ErrKeysUnread) {
		return nil
	}
	now := s.Store.Now()
	_, err := s.Store.Change(ctx, id, now, func(c *call.Call) ([]call.Event, error) {
		return c.Cancel(false, "", now), nil
	})
	return cmp.Or(err, ended)
}

// newCall is a Call that is not stored yet, and its first events.
type newCall struct {
	call.Call
	events []call.Event
	wrong  error // then the Call has the wish as far as it was read
}

// newCall makes the Call of a wish, unless something is wrong with that.
func (s *Server) newCall(r *http.Request, wish call.Wish, wrong error) newCall {
	wish.By = asker(r.Context()).Name
	if wrong != nil {
		return newCall{Call: call.Call{Wish: wish}, wrong: wrong}
	}
	now := s.Store.Now()
	wish.ID = edge.NewID(now) // of the same time as the Call
	c, events, err := call.New(wish, now)
	if err != nil {
		var f edge.Faults
		f.Bounds(err)
		return newCall{Call: call.Call{Wish: wish}, wrong: cmp.Or(f.Problem(), err)}
	}
	return newCall{Call: c, events: events}
}

// first is the Call of a request that can't be taken, and was taken before, when a setting was another or a moment in
// it had not passed.
func (s *Server) first(ctx context.Context, request store.Idempotency, wrong error) (call.Call, error) {
	if request.Key == "" {
		return call.Call{}, wrong
	}
	first, err := s.Store.First(ctx, request)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
		err = wrong
	}
	return first, err
}

// created answers with a Call that was made, or with the first answer to the same request, and names what was ignored
// of the request.
func (s *Server) created(
	w http.ResponseWriter, r *http.Request, c call.Call, replayed bool, ignored ...string,
) error {
	if replayed {
		w.Header().Set("Idempotency-Replayed", "true")
		c = firstAnswer(c)
	}
	w.Header().Set("Location", s.basePath+"/v1/calls/"+c.ID)
	answer := showCall(r.Context(), &c)
	answer.Ignored = ignored
	_, answer.Unsearchable = c.Searchable()
	return reply(w, http.StatusCreated, answer)
}

// requestHash is a hash by which a repeated request is recognized. A request with a PIN is hashed as slowly as the PIN
// itself, so that the hash does not help to guess the PIN.
func requestHash(body []byte, key string, w call.Wish) string {
	if key == "" {
		return ""
	}
	if w.Policy.Confirm.Kind == call.ConfirmPIN {
		return call.SlowHash(string(body), key)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// firstAnswer is the Call as it was when it was created: the answer to the first request. A scrubbed Call is shown as
// it is now.
func firstAnswer(c call.Call) call.Call {
	if first, _, err := call.New(c.Wish, c.CreatedAt); err == nil {
		return first
	}
	return c
}

func idempotencyKey(r *http.Request) (string, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return "", nil
	}
	bad := func(c rune) bool { return c <= ' ' || c > '~' }
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > maxKey || slices.ContainsFunc([]rune(keys[0]), bad) {
		return "", edge.Problem(http.StatusBadRequest,
			"the Idempotency-Key header must be one value of 1 to %d printable ASCII characters, without spaces", maxKey)
	}
	return keys[0], nil
}

// GetCall shows a Call. With wait it answers as soon as the Call has ended, and at the latest after that time.
func (s *Server) GetCall(w http.ResponseWriter, r *http.Request) error {
	wait, err := waitFor(r)
	if err != nil {
		return err
	}
	c, err := s.waitEnded(w, r, wait)
	if err != nil {
		return err
	}
	list, err := s.shown(r.Context(), []store.Asked{c})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, list[0])
}

func waitFor(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("wait")
	if text == "" {
		return 0, nil
	}
	var f edge.Faults
	wait, err := api.ParseDuration(text)
	if err != nil {
		f.Wrong("wait", err)
	} else if wait < 0 || wait.Std() > maxWait {
		f.Add("wait", "must be from 0s to "+api.Duration(maxWait).String())
	}
	return wait.Std(), f.Problem()
}

func (s *Server) waitEnded(w http.ResponseWriter, r *http.Request, wait time.Duration) (c store.Asked, err error) {
	id := r.PathValue("id")
	if wait == 0 {
		return s.Store.Asked(r.Context(), id)
	}
	end, err := s.lasting()
	if err != nil {
		return c, err
	}
	defer end()
	changed, done := s.Store.Watch(id)
	defer done()
	extend(w, wait+writeTime)
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	for again := true; ; {
		c, err = s.Store.Asked(r.Context(), id)
		if err != nil || c.State == call.Ended || !again {
			return c, err
		}
		again = s.pause(ctx, changed, wait)
		if r.Context().Err() != nil {
			return c, nil // nobody hears it
		}
		if err := s.stillMay(r.Context()); err != nil {
			return c, err
		}
	}
}

// ListCalls shows a page of Calls, newest first; as CSV, all that match.
func (s *Server) ListCalls(w http.ResponseWriter, r *http.Request) error {
	q, err := s.query(r)
	if err != nil {
		return err
	}
	if wantsTable(r) {
		return s.table(w, r, q, r.URL.Query())
	}
	calls, next, err := s.Store.List(r.Context(), q)
	if err != nil {
		return err
	}
	all, err := s.queue(r.Context(), s.Store.Now())
	if err != nil {
		return err
	}
	page := api.CallList{
		AccountPause: shown.AccountPause(all.pause, asker(r.Context()).OnlyOf() == ""), NextCursor: next,
	}
	if page.Calls, err = s.shown(r.Context(), calls); err != nil {
		return err
	}
	return reply(w, http.StatusOK, page)
}

// readCancel reads whether to end a conversation, too. The body may be missing.
func readCancel(w http.ResponseWriter, r *http.Request) (cutShort bool, err error) {
	if r.ContentLength == 0 {
		return false, nil
	}
	body, err := readBody(w, r)
	if err != nil {
		return false, err
	}
	var f edge.Faults
	f.Object(body, "", edge.Fields{{"hangup", &cutShort}})
	return cutShort, f.Problem()
}

// CancelCall cancels a Call. A repeat changes nothing, and a Call that has ended stays as it is.
func (s *Server) CancelCall(w http.ResponseWriter, r *http.Request) error {
	cutShort, err := readCancel(w, r)
	if err != nil {
		return err
	}
	by, now := asker(r.Context()), s.Store.Now()
	c, err := s.Store.ChangeBy(r.Context(), by, r.PathValue("id"), now, func(c *call.Call) ([]call.Event, error) {
		return c.Cancel(cutShort, by.Name, now), nil
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, showCall(r.Context(), &c))
}

// DeleteCall scrubs the personal data of a Call that has ended.
func (s *Server) DeleteCall(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.Store.Scrub(r.Context(), asker(r.Context()), id, s.Store.Now()); err != nil {
		return err
	}
	s.Log.Info("call deleted: its personal data is gone", "call", id, "by", asker(r.Context()).Name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
