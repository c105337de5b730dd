-- For SQLite alone: by which entries of its metadata a call is found. Every entry is a row, so the table has no tree
-- beside its key: a call's rows are removed by their hashes.

-- +goose Up
CREATE TABLE call_metadata (
    hash    INTEGER NOT NULL, -- of an entry's name and value, keyed with that of search_keys
    made_by TEXT NOT NULL,    -- the call's
    call_id TEXT NOT NULL,
    PRIMARY KEY (hash, made_by, call_id)
) WITHOUT ROWID;

CREATE TABLE search_keys (
    one    INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
    secret TEXT NOT NULL                        -- random
);

-- +goose Down
DROP TABLE search_keys;
DROP TABLE call_metadata;
