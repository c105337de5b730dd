-- For PostgreSQL alone: what keeps the name that made a call beside its other numbers.

-- +goose Up
-- Whoever asks for a call to several people waits behind this lock: where it can't be had at once, it is tried again later.
SET LOCAL lock_timeout = '500ms';
ALTER TABLE also_called ADD COLUMN made_by TEXT; -- the call's
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_also_called() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_NAME
    WHEN 'also_called_created' THEN
        INSERT INTO also_called (call_id, number, outcome, made_by)
            SELECT NEW.id, p ->> 'number', coalesce(NEW.outcome, ''), NEW.made_by
            FROM json_array_elements(NEW.people::json) AS p WHERE p ->> 'number' <> NEW.to_number;
    WHEN 'also_called_ended' THEN
        UPDATE also_called SET outcome = coalesce(NEW.outcome, '') WHERE call_id = NEW.id;
    ELSE
        DELETE FROM also_called WHERE call_id = NEW.id;
    END CASE;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_also_called() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_NAME
    WHEN 'also_called_created' THEN
        INSERT INTO also_called (call_id, number, outcome)
            SELECT NEW.id, p ->> 'number', coalesce(NEW.outcome, '')
            FROM json_array_elements(NEW.people::json) AS p WHERE p ->> 'number' <> NEW.to_number;
    WHEN 'also_called_ended' THEN
        UPDATE also_called SET outcome = coalesce(NEW.outcome, '') WHERE call_id = NEW.id;
    ELSE
        DELETE FROM also_called WHERE call_id = NEW.id;
    END CASE;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
ALTER TABLE also_called DROP COLUMN made_by;
