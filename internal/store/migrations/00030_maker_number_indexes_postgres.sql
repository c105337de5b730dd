-- +goose NO TRANSACTION
-- For PostgreSQL alone: the indexes by which a name lists its own calls to a number that have ended, made while others
-- write. Those that an earlier try has left half made go first.

-- +goose Up
UPDATE also_called SET made_by = c.made_by FROM calls AS c
    WHERE c.id = call_id AND c.made_by IS NOT NULL AND also_called.made_by IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS also_called_by_maker;
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker_number;
CREATE INDEX CONCURRENTLY also_called_by_maker ON also_called (made_by, number, outcome, call_id) WHERE made_by IS NOT NULL;
CREATE INDEX CONCURRENTLY calls_by_maker_number ON calls (made_by, to_number, outcome, id)
    WHERE outcome IS NOT NULL AND made_by IS NOT NULL;

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS calls_by_maker_number;
DROP INDEX CONCURRENTLY IF EXISTS also_called_by_maker;
