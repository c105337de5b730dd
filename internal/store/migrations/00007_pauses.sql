-- Why dialing pauses, what is known of codes that are in no table of ours, and when it paused.

-- +goose Up
-- Empty: Twilio takes no calls of the account. 'setup': it does not take a setting of ours.
-- 'full': the account has as many calls at once as it may. 'unlisted': a code that nobody here
-- knows has refused several numbers, and the account is looked at.
ALTER TABLE pauses ADD COLUMN kind TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'setup', 'full', 'unlisted'));
ALTER TABLE pauses ADD COLUMN legs BIGINT NOT NULL DEFAULT 0; -- that were alive when it was full

-- Pauses that are over, so that a call can say what it has waited for.
CREATE TABLE past_pauses (
    account TEXT NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    code    INTEGER NOT NULL,
    message TEXT NOT NULL,
    kind    TEXT NOT NULL,
    PRIMARY KEY (account, since)
);
CREATE INDEX past_pauses_until ON past_pauses (account, until);

-- Create requests that were refused with a code that nobody here knows.
CREATE TABLE unlisted_codes (
    account TEXT NOT NULL,
    code    INTEGER NOT NULL,
    number  TEXT NOT NULL,    -- a hash of it
    at      BIGINT NOT NULL,
    counts  INTEGER NOT NULL CHECK (counts IN (0, 1)), -- no call was taken since
    PRIMARY KEY (account, code, number)
);

-- Of these codes, those that the account has been looked at for, and was well: they are
-- about the one call.
CREATE TABLE own_codes (
    account TEXT NOT NULL,
    code    INTEGER NOT NULL,
    until   BIGINT NOT NULL,
    PRIMARY KEY (account, code)
);

-- +goose Down
DROP TABLE own_codes;
DROP TABLE unlisted_codes;
DROP TABLE past_pauses;
ALTER TABLE pauses DROP COLUMN legs;
ALTER TABLE pauses DROP COLUMN kind;
