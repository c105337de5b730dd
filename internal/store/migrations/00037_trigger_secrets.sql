-- The secrets of triggers: whoever brings one may tell that trigger what has happened, without an API key.

-- +goose Up
CREATE TABLE trigger_secrets (
    hash         TEXT PRIMARY KEY, -- SHA-256 of the secret, in hex; the secret itself is kept nowhere
    trigger_name TEXT NOT NULL,    -- after a rotation several secrets work for a while
    hint         TEXT NOT NULL,    -- how the secret ends
    made_at      BIGINT NOT NULL,
    made_by      TEXT NOT NULL,    -- the name of the key that asked for it
    expires_at   BIGINT            -- NULL: never
);

-- +goose Down
DROP TABLE trigger_secrets;
