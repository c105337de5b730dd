-- The number that became free for a call, while its dial is due: whoever else is held for
-- it is left alone meanwhile.

-- +goose Up
ALTER TABLE calls ADD COLUMN offered TEXT;
CREATE INDEX calls_offered ON calls (state, offered, wake_at) WHERE state = 'waiting' AND offered IS NOT NULL;

-- +goose Down
DROP INDEX calls_offered;
ALTER TABLE calls DROP COLUMN offered;
