package edge

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// lastID is the time of the newest id, in steps of a 4096th of a millisecond.
var lastID atomic.Int64

// NewID makes the id of a Call that is made now: a UUID of version 7. Lists of Calls take its time, to the millisecond,
// for that of the Call. Ids that one process makes are in the order in which they are made; an id is moved ahead for
// that by a second at most, so that a clock which was set back is followed.
func NewID(now time.Time) string {
	ms, rest := now.UnixMilli(), now.Nanosecond()%int(time.Millisecond)
	at := ms<<12 | int64(rest)<<12/int64(time.Millisecond)
	for {
		last := lastID.Load()
		next := at
		if last >= at && last-at < 1000<<12 {
			next = last + 1
		}
		if lastID.CompareAndSwap(last, next) {
			at = next
			break
		}
	}
	id := uuid.New()                                                              // random
	binary.BigEndian.PutUint64(id[:8], uint64(at>>12)<<16|7<<12|uint64(at&0xfff)) //nolint:gosec // times are positive
	return id.String()
}
