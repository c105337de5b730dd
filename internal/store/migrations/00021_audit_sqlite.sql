-- For SQLite alone: who did what. Every call that is asked for writes a row, so the table has no tree beside its key.

-- +goose Up
CREATE TABLE audit (
    id        TEXT PRIMARY KEY, -- in the order of time, by the database's clock
    at        BIGINT NOT NULL,
    made_by   TEXT NOT NULL,    -- the name of the API key
    key_id    TEXT,             -- of an API key of the database
    from_addr TEXT,             -- where the request came from; NULL: there was none
    what      TEXT NOT NULL,
    of_id     TEXT NOT NULL,    -- of the call, the endpoint or the API key
    detail    TEXT
) WITHOUT ROWID;
CREATE INDEX audit_by_maker ON audit (made_by, id);

-- +goose Down
DROP TABLE audit;
