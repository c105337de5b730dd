package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// Deed is a kind of thing that somebody's request does.
type Deed string

// The deeds.
const (
	CallCreate  Deed = "call.create"
	CallCancel  Deed = "call.cancel"
	CallRedial  Deed = "call.redial" // the next dial at once
	CallResolve Deed = "call.resolve"
	CallDelete  Deed = "call.delete" // of its personal data

	EndpointCreate Deed = "endpoint.create"
	EndpointDelete Deed = "endpoint.delete"
	EndpointRotate Deed = "endpoint.rotate"
	EndpointEnable Deed = "endpoint.enable"
	EndpointTest   Deed = "endpoint.test"
	EndpointReplay Deed = "endpoint.replay" // of one of its messages

	KeyCreate Deed = "key.create"
	KeyRotate Deed = "key.rotate"
	KeyRevoke Deed = "key.revoke"

	SecretCreate Deed = "secret.create" // of a trigger
	SecretRotate Deed = "secret.rotate"

	OverrideCreate Deed = "override.create" // of whose turn it is in a rota
	OverrideEnd    Deed = "override.end"

	SessionCreate Deed = "session.create" // a browser is signed in
	SessionEnd    Deed = "session.end"

	IncidentClose       Deed = "incident.close"
	IncidentAcknowledge Deed = "incident.acknowledge"
)

// Deeds lists every Deed.
func Deeds() []Deed {
	return []Deed{
		CallCreate, CallCancel, CallRedial, CallResolve, CallDelete,
		EndpointCreate, EndpointDelete, EndpointRotate, EndpointEnable, EndpointTest, EndpointReplay,
		KeyCreate, KeyRotate, KeyRevoke, SecretCreate, SecretRotate, OverrideCreate, OverrideEnd,
		SessionCreate, SessionEnd,
		IncidentClose, IncidentAcknowledge,
	}
}

// deedOf are the events of a Call that somebody's request causes.
var deedOf = map[call.EventType]Deed{
	call.CallCreated: CallCreate, call.CallCancelRequested: CallCancel,
	call.RedialRequested: CallRedial, call.AttemptResolved: CallResolve,
}

// AuditEntry says who did what. It has no personal data.
type AuditEntry struct {
	ID    string // they are in the order of time: see newAuditID
	At    time.Time
	By    string // the name of the API key
	KeyID string // of an API key of the database, else empty
	From  string // the address that the request came from; empty: there was no request
	What  Deed
	Of    string // the id of the Call, the Endpoint, the API key, the Override or the incident; the name of a trigger
	// Which attempt, message or name; the host of an Endpoint; how a Call was canceled; the rota and the person of an
	// Override, as the file calls them; or empty.
	Detail string
}

func auditColumns(e *AuditEntry) []column {
	return []column{
		{"id", &e.ID},
		{"at", asMicros{&e.At}},
		{"made_by", &e.By},
		{"key_id", asText{&e.KeyID}},
		{"from_addr", asText{&e.From}},
		{"what", (*string)(&e.What)},
		{"of_id", &e.Of},
		{"detail", asText{&e.Detail}},
	}
}

var (
	insertAudit   = insertion("audit", auditColumns(new(AuditEntry)))
	selectNoted   = "SELECT " + names(auditColumns(new(AuditEntry))) + " FROM audit WHERE "
	selectAudit   = selectNoted + "id < $1 ORDER BY id DESC LIMIT $2"
	selectAuditBy = selectNoted + "made_by = $3 AND id < $1 ORDER BY id DESC LIMIT $2"

	auditByMaker = engine.Index{Table: "audit", Name: "audit_by_maker"}
)

const auditPrefix = "aud_"

// afterAudit is greater than the id of every entry.
var afterAudit = auditPrefix + uuid.Max.String()

// IsAuditID says whether a text is of the form of an entry's id.
func IsAuditID(text string) bool {
	id, ours := strings.CutPrefix(text, auditPrefix)
	return ours && len(id) == len(uuid.Max.String()) && uuid.Validate(id) == nil
}

// Audit returns what was done, by a name or, if that is empty, by anybody: at most limit entries, the newest first, of
// those before the id before, or of all if that is empty.
func (s *Store) Audit(ctx context.Context, by, before string, limit int) (list []AuditEntry, err error) {
	if before == "" {
		before = afterAudit
	}
	st := engine.Statement{SQL: selectAudit, Args: []any{storable(before), limit}}
	if by != "" {
		st.SQL, st.Args, st.Index = selectAuditBy, append(st.Args, storable(by)), auditByMaker
	}
	st.Rows = func(scan func(...any) error) error {
		var e AuditEntry
		err := scan(fields(auditColumns(&e))...)
		list = append(list, e)
		return err
	}
	if err := s.engine.Read(ctx, st); err != nil {
		return nil, fmt.Errorf("reading the audit: %w", err)
	}
	return list, nil
}

// Note keeps what somebody does that changes nothing else here.
func (s *Store) Note(ctx context.Context, by Asker, what Deed, of string) error {
	err := s.tx(ctx, func(t *tx) error { return t.note(by, AuditEntry{At: s.Now(), What: what, Of: of}) })
	if err != nil {
		return fmt.Errorf("keeping who did it: %w", err)
	}
	return nil
}

// note queues the rows of what somebody does in this transaction.
func (t *tx) note(by Asker, done ...AuditEntry) error {
	return t.write(&insertAudit, t.store.auditRows(by, done...), nil)
}

// auditRows are the rows of what somebody does: none if nobody asks for it, as redial does it by itself.
func (s *Store) auditRows(by Asker, done ...AuditEntry) (rows [][]column) {
	if by.Name == "" {
		return nil
	}
	for _, e := range done {
		e.ID, e.By, e.KeyID, e.From = s.newAuditID(), by.Name, by.KeyID, by.From
		rows = append(rows, auditColumns(&e))
	}
	return rows
}

// deeds are the entries of those events of a Call that somebody's request causes.
func deeds(id string, events []call.Event) (list []AuditEntry) {
	for _, e := range events {
		if what := deedOf[e.Type]; what != "" {
			list = append(list, AuditEntry{At: e.At, What: what, Of: id, Detail: detailOf(&e)})
		}
	}
	return list
}

func detailOf(e *call.Event) string {
	if e.Attempt > 0 {
		return fmt.Sprintf("attempt %d", e.Attempt)
	}
	return e.Reason
}

// newAuditID returns an id that sorts by the database's time, and after all that this node has made before. A node
// knows that time only as exactly as it has measured it: what two nodes did within the same few milliseconds may stand
// in either order.
func (s *Store) newAuditID() string {
	for {
		last, next := s.lastAudit.Load(), s.Now().UnixMicro()
		next = max(next, last+1)
		if s.lastAudit.CompareAndSwap(last, next) {
			id := uuidOf(next)
			_, _ = rand.Read(id[9:]) // it never fails
			return auditPrefix + id.String()
		}
	}
}

// firstAuditID is not greater than any id of a time.
func firstAuditID(at time.Time) string { return auditPrefix + uuidOf(at.UnixMicro()).String() }

// uuidOf is the first UUID, of version 7, of a time in microseconds since 1970.
func uuidOf(micros int64) (id uuid.UUID) {
	const version = 7 << 12
	binary.BigEndian.PutUint64(id[:], uint64(micros/1000)<<16|version|uint64(micros%1000)) //nolint:gosec // not negative
	id[8] = 0x80
	return id
}
