-- What the triggers of the configuration file ring about. Times are microseconds since 1970 UTC.

-- +goose Up
CREATE TABLE triggers (
    name    TEXT PRIMARY KEY,
    members BIGINT NOT NULL, -- how many rows of incident_members are its
    wake_at BIGINT           -- the earliest time to look at it again; NULL when nothing is to come
);
CREATE INDEX triggers_due ON triggers (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE incidents (
    id              TEXT PRIMARY KEY, -- in the order of time
    trigger_name    TEXT NOT NULL,
    sender_key      TEXT NOT NULL,    -- what its sender calls it
    grouped         BIGINT NOT NULL CHECK (grouped IN (0, 1)), -- sender_key names a group of members, not one of them
    title           TEXT NOT NULL,
    event           TEXT,             -- what the last event said of it as a whole, JSON, while it is open
    made_by         TEXT,             -- the name of the API key that told of it first
    members         BIGINT NOT NULL,  -- that fired since it was opened
    firing          BIGINT NOT NULL,  -- of these, those that still do
    acknowledged    BIGINT NOT NULL,  -- of these, those that somebody takes care of
    call_id         TEXT,             -- the last call about it
    opened_at       BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    acknowledged_at BIGINT,
    reached_at      BIGINT,
    closed_at       BIGINT,
    closed_why      TEXT CHECK (closed_why IN ('resolved', 'closed', 'forgotten')),
    closed_by       TEXT,
    CHECK ((closed_at IS NULL) = (closed_why IS NULL))
);
CREATE INDEX incidents_by_trigger ON incidents (trigger_name, id);
CREATE INDEX incidents_open ON incidents (id) WHERE closed_at IS NULL;
CREATE INDEX incidents_open_by_trigger ON incidents (trigger_name, id) WHERE closed_at IS NULL;
CREATE INDEX incidents_closed ON incidents (id) WHERE closed_at IS NOT NULL;
CREATE INDEX incidents_closed_by_trigger ON incidents (trigger_name, id) WHERE closed_at IS NOT NULL;
CREATE INDEX incidents_by_key ON incidents (sender_key, id);
CREATE INDEX incidents_open_groups ON incidents (trigger_name, sender_key) WHERE closed_at IS NULL AND grouped = 1;
CREATE INDEX incidents_to_delete ON incidents (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE incident_members (
    trigger_name TEXT NOT NULL,
    member_key   TEXT NOT NULL,
    group_key    TEXT NOT NULL,    -- the sender's name for what belongs together; empty: it is alone
    incident_id  TEXT NOT NULL,    -- the one that it belongs to, or belonged to last
    firing       BIGINT NOT NULL CHECK (firing IN (0, 1)),
    acknowledged BIGINT NOT NULL CHECK (acknowledged IN (0, 1)),
    began_at     BIGINT,           -- as its sender says
    ended_at     BIGINT,
    seen_at      BIGINT NOT NULL,
    tell_at      BIGINT,           -- when it is to ring
    not_before   BIGINT,
    call_id      TEXT,             -- the last call about it
    people       TEXT,             -- whom that reaches
    wants        TEXT,             -- whom a template would have it reach
    reached_at   BIGINT,
    active       BIGINT NOT NULL CHECK (active IN (0, 1)), -- it is to ring, or a call about it has not ended
    forget_at    BIGINT,
    title        TEXT NOT NULL,    -- what is wrong, while it fires; then empty
    about        TEXT,             -- all that was told of it, JSON, while it fires
    PRIMARY KEY (trigger_name, member_key)
);
CREATE INDEX incident_members_active ON incident_members (trigger_name, seen_at) WHERE active = 1;
CREATE INDEX incident_members_forget ON incident_members (trigger_name, forget_at) WHERE forget_at IS NOT NULL;
CREATE INDEX incident_members_by_incident ON incident_members (incident_id, member_key);

-- +goose Down
DROP TABLE incident_members;
DROP TABLE incidents;
DROP TABLE triggers;
