-- +goose NO TRANSACTION
-- For PostgreSQL alone: the index of the positions, made while others write. One that an earlier try has left
-- half made goes first.

-- +goose Up
DROP INDEX CONCURRENTLY IF EXISTS events_by_position;
CREATE INDEX CONCURRENTLY events_by_position ON events (position) WHERE position IS NOT NULL;

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS events_by_position;
