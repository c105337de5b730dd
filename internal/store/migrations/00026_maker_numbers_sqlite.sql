-- For SQLite alone: the indexes by which a name lists its own calls to a number that have ended, and what keeps the name
-- beside a call's other numbers.

-- +goose Up
ALTER TABLE also_called ADD COLUMN made_by TEXT; -- the call's
UPDATE also_called SET made_by = (SELECT made_by FROM calls WHERE id = call_id);
DROP TRIGGER also_called_created;
-- +goose StatementBegin
CREATE TRIGGER also_called_created AFTER INSERT ON calls WHEN NEW.people IS NOT NULL BEGIN
    INSERT INTO also_called (call_id, number, outcome, made_by)
        SELECT NEW.id, json_extract(p.value, '$.number'), coalesce(NEW.outcome, ''), NEW.made_by
        FROM json_each(NEW.people) AS p WHERE json_extract(p.value, '$.number') <> NEW.to_number;
END;
-- +goose StatementEnd
CREATE INDEX also_called_by_maker ON also_called (made_by, number, outcome, call_id) WHERE made_by IS NOT NULL;
CREATE INDEX calls_by_maker_number ON calls (made_by, to_number, outcome, id)
    WHERE outcome IS NOT NULL AND made_by IS NOT NULL;

-- +goose Down
DROP INDEX calls_by_maker_number;
DROP INDEX also_called_by_maker;
DROP TRIGGER also_called_created;
-- +goose StatementBegin
CREATE TRIGGER also_called_created AFTER INSERT ON calls WHEN NEW.people IS NOT NULL BEGIN
    INSERT INTO also_called (call_id, number, outcome)
        SELECT NEW.id, json_extract(p.value, '$.number'), coalesce(NEW.outcome, '')
        FROM json_each(NEW.people) AS p WHERE json_extract(p.value, '$.number') <> NEW.to_number;
END;
-- +goose StatementEnd
ALTER TABLE also_called DROP COLUMN made_by;
