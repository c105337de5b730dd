-- For PostgreSQL alone: each event has a position among those of all calls, in the order in which transactions asked
-- for it. No row is written for that: what is there has none. A node of the version before gives positions, too.

-- +goose Up
CREATE SEQUENCE events_position;
ALTER TABLE events ADD COLUMN position BIGINT;
ALTER TABLE events ALTER COLUMN position SET DEFAULT nextval('events_position');
ALTER SEQUENCE events_position OWNED BY events.position;

-- +goose Down
ALTER TABLE events DROP COLUMN position;
