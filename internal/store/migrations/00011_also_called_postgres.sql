-- For PostgreSQL alone: what keeps also_called. The lock comes first: what other nodes have written is
-- found then, and they go on writing once the triggers are there.

-- +goose Up
LOCK TABLE calls IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO also_called (call_id, number, outcome)
    SELECT calls.id, p ->> 'number', coalesce(calls.outcome, '')
    FROM calls, json_array_elements(calls.people::json) AS p WHERE calls.people IS NOT NULL AND p ->> 'number' <> calls.to_number;

-- +goose StatementBegin
CREATE FUNCTION keep_also_called() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER also_called_created AFTER INSERT ON calls FOR EACH ROW
    WHEN (NEW.people IS NOT NULL) EXECUTE FUNCTION keep_also_called();
CREATE TRIGGER also_called_ended AFTER UPDATE OF outcome ON calls FOR EACH ROW
    WHEN (NEW.people IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome) EXECUTE FUNCTION keep_also_called();
CREATE TRIGGER also_called_scrubbed AFTER UPDATE OF people ON calls FOR EACH ROW
    WHEN (OLD.people IS NOT NULL AND NEW.people IS NULL) EXECUTE FUNCTION keep_also_called();

-- +goose Down
DROP TRIGGER also_called_scrubbed ON calls;
DROP TRIGGER also_called_ended ON calls;
DROP TRIGGER also_called_created ON calls;
DROP FUNCTION keep_also_called;
