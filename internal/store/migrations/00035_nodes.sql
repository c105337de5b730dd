-- What the nodes that run tell of themselves.

-- +goose Up
CREATE TABLE nodes (
    id        TEXT PRIMARY KEY, -- made anew at each start
    machine   TEXT NOT NULL,
    seen_at   BIGINT NOT NULL,  -- when it last told
    file_hash TEXT NOT NULL     -- SHA-256 of its file of triggers, in hex; empty: it has none
);

-- +goose Down
DROP TABLE nodes;
