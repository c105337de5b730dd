-- For PostgreSQL alone: each event has a position among those of all calls, in the order in which transactions asked
-- for it. No row is written for that: what is there has none. A node of the version before gives positions, too.

-- +goose Up
-- Whoever reads or writes events waits behind this lock: where it can't be had at once, it is tried again later.
SET LOCAL lock_timeout = '500ms';
CREATE SEQUENCE events_position;
ALTER TABLE events ADD COLUMN position BIGINT;
ALTER TABLE events ALTER COLUMN position SET DEFAULT nextval('events_position');
ALTER SEQUENCE events_position OWNED BY events.position;

-- +goose Down
ALTER TABLE events DROP COLUMN position;
