-- For SQLite alone: the index by which a name lists its own calls.

-- +goose Up
CREATE INDEX calls_by_maker ON calls (made_by, id) WHERE made_by IS NOT NULL;

-- +goose Down
DROP INDEX calls_by_maker;
