-- What a person says with a key, beside that it is right: an answer, or that the call is left to the others.

-- +goose Up
ALTER TABLE attempts ADD COLUMN answer TEXT;         -- what the key means by which a person was reached
ALTER TABLE attempts ADD COLUMN passed_on_at BIGINT; -- when a person left the call to the others

-- +goose Down
ALTER TABLE attempts DROP COLUMN passed_on_at;
ALTER TABLE attempts DROP COLUMN answer;
