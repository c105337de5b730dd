-- Who is on duty in a rota for a while, whoever's turn it is.

-- +goose Up
CREATE TABLE rota_overrides (
    id       TEXT PRIMARY KEY,
    rota     TEXT NOT NULL,   -- the names of the file
    person   TEXT NOT NULL,
    from_at  BIGINT NOT NULL,
    until_at BIGINT NOT NULL, -- an override that was ended early ended then
    made_at  BIGINT NOT NULL, -- of those that overlap, the one made last counts
    made_by  TEXT NOT NULL    -- the name of the API key
);
CREATE INDEX rota_overrides_by_end ON rota_overrides (until_at);

-- +goose Down
DROP TABLE rota_overrides;
