-- +goose NO TRANSACTION
-- For PostgreSQL alone: the indexes by which a name lists its own calls, whatever their outcome, and by which those that
-- have not ended are counted. They are made while others write, and take the place of one without the outcome. Those that
-- an earlier try has left half made go first.

-- +goose Up
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker_ended;
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker_live;
CREATE INDEX CONCURRENTLY calls_by_maker_ended ON calls (made_by, outcome, id)
    WHERE outcome IS NOT NULL AND made_by IS NOT NULL;
CREATE INDEX CONCURRENTLY calls_by_maker_live ON calls (made_by, id) WHERE outcome IS NULL AND made_by IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker;

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker;
CREATE INDEX CONCURRENTLY calls_by_maker ON calls (made_by, id) WHERE made_by IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker_live;
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker_ended;
