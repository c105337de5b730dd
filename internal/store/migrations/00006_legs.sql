-- What bounds a leg. The defaults are for the attempts of the version before, which tells
-- nothing of these: any of them may have been heard of.

-- +goose Up
ALTER TABLE attempts ADD COLUMN placed_by TEXT;                      -- the carrier's account that dials it
ALTER TABLE attempts ADD COLUMN talk_limit INTEGER NOT NULL DEFAULT 0; -- how long its conversation may last, as it was sent; seconds
ALTER TABLE attempts ADD COLUMN heard INTEGER NOT NULL DEFAULT 1;    -- Twilio has said anything about it after it took it
ALTER TABLE attempts ADD COLUMN overdue_at BIGINT;                   -- when it was ended at its leg's bound

-- +goose Down
ALTER TABLE attempts DROP COLUMN overdue_at;
ALTER TABLE attempts DROP COLUMN heard;
ALTER TABLE attempts DROP COLUMN talk_limit;
ALTER TABLE attempts DROP COLUMN placed_by;
