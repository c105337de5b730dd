-- Outbound webhooks: where they go, and each message on its way there.

-- +goose Up
ALTER TABLE calls ADD COLUMN webhook TEXT; -- a URL that the call brought itself

CREATE TABLE endpoints (
    id           TEXT PRIMARY KEY,
    source       TEXT NOT NULL CHECK (source IN ('config', 'api', 'stream')),
    url          TEXT NOT NULL,    -- empty of a stream, which is read over HTTP
    events       TEXT NOT NULL,    -- JSON: the types that it wants
    secrets      TEXT,             -- JSON: those that sign, the newest first; the configuration's are not kept
    created_at   BIGINT NOT NULL,
    disabled_at  BIGINT,           -- nothing is sent since
    disabled_why TEXT,
    expires_at   BIGINT            -- of a stream, unless it is prolonged
);

-- An event on its way to an endpoint. Of the pending rows of one call and endpoint, its
-- lane, one has a wake_at: the others wait behind it.
CREATE TABLE deliveries (
    call_id     TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    endpoint_id TEXT NOT NULL,     -- 'call': the one that the call brought itself
    seq         INTEGER NOT NULL,  -- the event's
    type        TEXT NOT NULL,
    at          BIGINT NOT NULL,   -- when it happened
    url         TEXT NOT NULL,
    target      TEXT NOT NULL,     -- to which not too much goes at once: the endpoint, or the host of what a call brought
    body        TEXT NOT NULL,     -- JSON, as it is sent
    state       TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    since       BIGINT NOT NULL,   -- when it was written, or put back
    failures    INTEGER NOT NULL,  -- since then
    tries       TEXT,              -- JSON: the latest
    forget      INTEGER NOT NULL CHECK (forget IN (0, 1)), -- the body goes as soon as it is no longer pending
    wake_at     BIGINT,            -- the earliest time to send it
    CHECK (state = 'pending' OR wake_at IS NULL),
    PRIMARY KEY (call_id, endpoint_id, seq)
);
CREATE INDEX deliveries_due ON deliveries (target, wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, state, call_id, seq);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE endpoints;
ALTER TABLE calls DROP COLUMN webhook;
