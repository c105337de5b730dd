-- The list of calls to a number, whoever of a call's people has it and whatever else is asked
-- for, reads an index in the list's order. The old index goes last: nobody can read the calls from
-- then until the end of the transaction.

-- +goose Up
CREATE INDEX calls_by_number_ended ON calls (to_number, outcome, id) WHERE outcome IS NOT NULL;
CREATE INDEX calls_by_number_live ON calls (to_number, id) WHERE outcome IS NULL;

-- The numbers of a call's people beside to_number. Triggers keep it, so that it is right whichever
-- version writes a call, or scrubs one.
CREATE TABLE also_called (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    number  TEXT NOT NULL,
    outcome TEXT NOT NULL, -- the call's; empty: it has not ended
    PRIMARY KEY (call_id, number)
);
CREATE INDEX also_called_by_number ON also_called (number, outcome, call_id);

DROP INDEX calls_by_number;

-- +goose Down
CREATE INDEX calls_by_number ON calls (to_number, id);
DROP TABLE also_called;
DROP INDEX calls_by_number_live;
DROP INDEX calls_by_number_ended;
