-- The number that became free for a call, while its dial is due: whoever else is held for
-- it is left alone meanwhile.

-- +goose Up
ALTER TABLE calls ADD COLUMN offered TEXT;
CREATE INDEX calls_offered ON calls (state, offered, wake_at) WHERE state = 'waiting' AND offered IS NOT NULL;

-- The numbers beside held_for that a call is held for which rings several people at once: the
-- first of them that is free will do.
CREATE TABLE also_held (
    number  TEXT NOT NULL,
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    PRIMARY KEY (number, call_id)
);
CREATE INDEX also_held_by_call ON also_held (call_id);

-- +goose Down
DROP TABLE also_held;
DROP INDEX calls_offered;
ALTER TABLE calls DROP COLUMN offered;
