-- For SQLite alone: the indexes by which a name lists its own calls, whatever their outcome, and by which those that have
-- not ended are counted. They take the place of one without the outcome.

-- +goose Up
CREATE INDEX calls_by_maker_ended ON calls (made_by, outcome, id) WHERE outcome IS NOT NULL AND made_by IS NOT NULL;
CREATE INDEX calls_by_maker_live ON calls (made_by, id) WHERE outcome IS NULL AND made_by IS NOT NULL;
DROP INDEX calls_by_maker;

-- +goose Down
CREATE INDEX calls_by_maker ON calls (made_by, id) WHERE made_by IS NOT NULL;
DROP INDEX calls_by_maker_live;
DROP INDEX calls_by_maker_ended;
