-- API keys that the database holds, and a version by which nodes see that one of them has changed.

-- +goose Up
CREATE TABLE api_keys (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,    -- several keys may share it: after a rotation both work for a while
    hash         TEXT NOT NULL,    -- SHA-256 of the secret, in hex; the secret itself is kept nowhere
    hint         TEXT NOT NULL,    -- how the secret begins
    scopes       TEXT NOT NULL,    -- JSON
    created_at   BIGINT NOT NULL,
    created_by   TEXT NOT NULL,    -- the name of the key that asked for it
    expires_at   BIGINT,           -- NULL: never
    revoked_at   BIGINT,
    last_used_at BIGINT            -- to the minute
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

CREATE TABLE key_changes (
    one     INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
    version BIGINT NOT NULL
);
INSERT INTO key_changes (one, version) VALUES (1, 0);

-- +goose Down
DROP TABLE key_changes;
DROP TABLE api_keys;
