package store

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// entryRow is a row by which a Call is found: by an entry of its metadata.
type entryRow struct {
	hash   int64
	by     string
	callID string
}

func entryColumns(r *entryRow) []column {
	return []column{{"hash", &r.hash}, {"made_by", &r.by}, {"call_id", &r.callID}}
}

var (
	insertEntry     = insertion("call_metadata", entryColumns(new(entryRow)))
	insertSearchKey = insertionIfFree("search_keys", searchKeyColumns(new(int), new(string)), "", "one")
)

// searchKeyColumns are those of the installation's secret with which entries of metadata are hashed. It has a table of
// its own: whoever has only the hashes, or a statement from a log, can't find out values by trying many.
func searchKeyColumns(one *int, secret *string) []column {
	return []column{{"one", one}, {"secret", secret}}
}

const (
	selectSearchKey = "SELECT secret FROM search_keys WHERE one = 1"
	deleteEntry     = "DELETE FROM call_metadata WHERE hash = $1 AND made_by = $2 AND call_id = $3"
	forgetEntries   = "DELETE FROM call_metadata WHERE call_id = $1" // reads all: for a Call that can't be read
)

var errNoSearchKey = errors.New("there is no key with which metadata is hashed: run redial migrate")

// An entryHash makes what is kept of entries.
type entryHash struct{ mac hash.Hash }

// entryHash reads the key of the hashes, unless it is known. Migrate makes the key.
func (t *tx) entryHash() (h entryHash, err error) {
	known := &t.store.searchKey
	if known.Load() == nil {
		err = t.each(selectSearchKey, nil, func(scan func(...any) error) error {
			var key string
			err := scan(&key)
			known.Store(&key)
			return err
		})
	}
	if key := known.Load(); key != nil && err == nil {
		return entryHash{hmac.New(sha256.New, []byte(*key))}, nil
	}
	return h, cmp.Or(err, errNoSearchKey)
}

// of is what is kept of an entry. It differs from that of any other entry, also of one whose name and value are the
// same letters one after the other.
func (h entryHash) of(name, value string) int64 {
	var space [128]byte
	text := append(binary.AppendUvarint(space[:0], uint64(len(name))), name...)
	h.mac.Reset()
	_, _ = h.mac.Write(append(text, value...))                  // it never fails
	return int64(binary.BigEndian.Uint64(h.mac.Sum(space[:0]))) //nolint:gosec // any 64 bits will do
}

// makeSearchKey makes the key of the hashes, if there is none.
func (s *Store) makeSearchKey(ctx context.Context) error {
	var key string
	if found, err := s.reading(ctx).row(selectSearchKey, nil, &key); found || err != nil {
		return err
	}
	return s.tx(ctx, func(t *tx) error {
		one, made := 1, rand.Text()+rand.Text()
		return t.write(&insertSearchKey, [][]column{searchKeyColumns(&one, &made)}, nil)
	})
}

// findable keeps by which entries of their metadata the new Calls are found.
func (t *tx) findable(changed []*stored) error {
	var h entryHash
	var rows [][]column
	for _, c := range changed {
		if !c.isNew() {
			continue
		}
		list, err := t.entriesOf(&c.after, &h)
		if err != nil {
			return err
		}
		for i := range list {
			rows = append(rows, entryColumns(&list[i]))
		}
	}
	return t.write(&insertEntry, rows, nil)
}

// unfindable removes by which entries of its metadata a Call is found.
func (t *tx) unfindable(c *call.Call) error {
	list, err := t.entriesOf(c, new(entryHash))
	for _, r := range list {
		t.add(engine.Statement{SQL: deleteEntry, Args: []any{r.hash, r.by, r.callID}})
	}
	return err
}

// entriesOf are the rows by which a Call is found.
func (t *tx) entriesOf(c *call.Call, h *entryHash) (list []entryRow, err error) {
	names, _ := c.Searchable()
	if len(names) == 0 {
		return nil, nil
	}
	if h.mac == nil {
		if *h, err = t.entryHash(); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		list = append(list, entryRow{h.of(name, c.Metadata[name]), c.By, c.ID})
	}
	return list, nil
}
