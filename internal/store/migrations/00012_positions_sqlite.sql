-- For SQLite alone: each event has a position among those of all calls, which is never given to another, whatever is
-- deleted or vacuumed. The table is written anew, in the order in which the events were.

-- +goose Up
CREATE TABLE placed_events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id  TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    seq      INTEGER NOT NULL,
    type     TEXT NOT NULL,
    at       BIGINT NOT NULL,
    attempt  INTEGER NOT NULL, -- 0: about the call as a whole
    data     TEXT NOT NULL,    -- JSON
    UNIQUE (call_id, seq)
);
INSERT INTO placed_events (position, call_id, seq, type, at, attempt, data)
    SELECT rowid, call_id, seq, type, at, attempt, data FROM events ORDER BY rowid;
DROP TABLE events;
ALTER TABLE placed_events RENAME TO events;

-- +goose Down
CREATE TABLE plain_events (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    type    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    attempt INTEGER NOT NULL, -- 0: about the call as a whole
    data    TEXT NOT NULL,    -- JSON
    PRIMARY KEY (call_id, seq)
);
INSERT INTO plain_events (call_id, seq, type, at, attempt, data)
    SELECT call_id, seq, type, at, attempt, data FROM events ORDER BY position;
DROP TABLE events;
ALTER TABLE plain_events RENAME TO events;
