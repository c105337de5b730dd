-- +goose NO TRANSACTION
-- For PostgreSQL alone: the index by which a name lists its own calls, made while others write. One that an earlier try
-- has left half made goes first.

-- +goose Up
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker;
CREATE INDEX CONCURRENTLY calls_by_maker ON calls (made_by, id) WHERE made_by IS NOT NULL;

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker;
