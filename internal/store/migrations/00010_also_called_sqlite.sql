-- For SQLite alone: what keeps also_called.

-- +goose Up
INSERT INTO also_called (call_id, number, outcome)
    SELECT calls.id, json_extract(p.value, '$.number'), coalesce(calls.outcome, '')
    FROM calls, json_each(calls.people) AS p WHERE calls.people IS NOT NULL AND json_extract(p.value, '$.number') <> calls.to_number;

-- +goose StatementBegin
CREATE TRIGGER also_called_created AFTER INSERT ON calls WHEN NEW.people IS NOT NULL BEGIN
    INSERT INTO also_called (call_id, number, outcome)
        SELECT NEW.id, json_extract(p.value, '$.number'), coalesce(NEW.outcome, '')
        FROM json_each(NEW.people) AS p WHERE json_extract(p.value, '$.number') <> NEW.to_number;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER also_called_ended AFTER UPDATE OF outcome ON calls WHEN NEW.people IS NOT NULL AND NEW.outcome IS NOT OLD.outcome BEGIN
    UPDATE also_called SET outcome = coalesce(NEW.outcome, '') WHERE call_id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER also_called_scrubbed AFTER UPDATE OF people ON calls WHEN OLD.people IS NOT NULL AND NEW.people IS NULL BEGIN
    DELETE FROM also_called WHERE call_id = NEW.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER also_called_scrubbed;
DROP TRIGGER also_called_ended;
DROP TRIGGER also_called_created;
