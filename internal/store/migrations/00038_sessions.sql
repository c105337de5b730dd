-- Browsers that are signed in to the page.

-- +goose Up
CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY, -- SHA-256 of the session's token; the token itself is kept nowhere
    data       TEXT NOT NULL,    -- whose it is: see page.session
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions;
