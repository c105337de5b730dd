-- Who made a call or an endpoint: the name of the API key. What was made before has none, and is seen by operators alone.

-- +goose Up
ALTER TABLE calls ADD COLUMN made_by TEXT;
ALTER TABLE endpoints ADD COLUMN made_by TEXT;
ALTER TABLE endpoints ADD COLUMN only_of TEXT; -- it is told of the calls that this name made; NULL: of all

-- +goose Down
ALTER TABLE endpoints DROP COLUMN only_of;
ALTER TABLE endpoints DROP COLUMN made_by;
ALTER TABLE calls DROP COLUMN made_by;
