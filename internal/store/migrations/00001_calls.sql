-- One text for SQLite and PostgreSQL. Times are microseconds since 1970 UTC,
-- set by redial, never by the database; flags are 0 or 1.

-- +goose Up
CREATE TABLE calls (
    id                  TEXT PRIMARY KEY, -- ordered in time
    secret              TEXT NOT NULL,    -- the attempts' callback keys derive from it
    state               TEXT NOT NULL CHECK (state IN ('waiting', 'dialing', 'ended')),
    outcome             TEXT CHECK (outcome IN ('reached', 'unreached', 'refused', 'canceled', 'expired')),
    to_number           TEXT NOT NULL,    -- of the first person
    people              TEXT,             -- JSON: whom the call tries to reach, where that is more than a number
    from_number         TEXT NOT NULL,
    message             TEXT NOT NULL,    -- JSON
    policy              TEXT NOT NULL,    -- JSON, durations in nanoseconds
    options             TEXT,             -- JSON: further parameters of Twilio's create call
    metadata            TEXT,             -- JSON
    polled              INTEGER NOT NULL CHECK (polled IN (0, 1)), -- no callbacks will come
    created_at          BIGINT NOT NULL,
    deadline_at         BIGINT NOT NULL,
    cancel_requested_at BIGINT,
    ended_at            BIGINT,
    next_attempt_at     BIGINT,
    wake_at             BIGINT,           -- the earliest time to look at the call again
    held_for            TEXT,             -- the number that another call is ringing
    reached_by          INTEGER NOT NULL, -- the attempt that reached a person, 0: none yet
    cut_short           INTEGER NOT NULL CHECK (cut_short IN (0, 1)), -- the cancel ends conversations too
    redial_asked_at     BIGINT,           -- when somebody asked for the next dial at once
    seq                 INTEGER NOT NULL, -- of the last event
    idem_scope          TEXT,             -- whose Idempotency-Key it is
    idem_key            TEXT,
    idem_hash           TEXT,             -- of the request as it was sent
    scrubbed_at         BIGINT,           -- when the personal data went
    CHECK ((state = 'ended') = (outcome IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'ended') = (wake_at IS NULL)),
    UNIQUE (idem_scope, idem_key)
);
-- The condition's columns stand in the index, too, so that planners see that it fits
-- better than calls_by_state.
CREATE INDEX calls_to_dial ON calls (state, wake_at) WHERE state = 'waiting';
CREATE INDEX calls_to_ask ON calls (state, wake_at) WHERE state = 'dialing';
CREATE INDEX calls_to_expire ON calls (state, deadline_at) WHERE state = 'waiting';
CREATE INDEX calls_held ON calls (held_for, id) WHERE held_for IS NOT NULL;
CREATE INDEX calls_to_scrub ON calls (state, scrubbed_at, ended_at) WHERE state = 'ended' AND scrubbed_at IS NULL;
CREATE INDEX calls_to_delete ON calls (state, ended_at) WHERE state = 'ended';
CREATE INDEX calls_by_number ON calls (to_number, id);
CREATE INDEX calls_by_state ON calls (state, id);
CREATE INDEX calls_by_outcome ON calls (outcome, id) WHERE outcome IS NOT NULL;

CREATE TABLE attempts (
    call_id         TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    n               INTEGER NOT NULL,
    to_number       TEXT NOT NULL,
    person          INTEGER NOT NULL, -- whose number it is: an index of the call's people
    needs_key       INTEGER NOT NULL CHECK (needs_key IN (0, 1)), -- only a key proves that a person answered
    detects         INTEGER NOT NULL CHECK (detects IN (0, 1)),   -- Twilio says whether a machine answered
    sid             TEXT,
    status          TEXT NOT NULL CHECK (status IN (
                        'placing', 'unknown', 'postponed', 'queued', 'initiated', 'ringing', 'in-progress',
                        'completed', 'busy', 'no-answer', 'failed', 'canceled',
                        'machine', 'unconfirmed', 'refused', 'unplaced', 'ambiguous')),
    result          TEXT CHECK (result IN (
                        'completed', 'busy', 'no-answer', 'failed', 'canceled',
                        'machine', 'unconfirmed', 'refused', 'unplaced', 'ambiguous')),
    dialed_at       BIGINT NOT NULL,
    send_by         BIGINT NOT NULL, -- the create request is not sent after this
    retry_at        BIGINT,
    postponements   INTEGER NOT NULL,
    placed_at       BIGINT,
    initiated_at    BIGINT,
    ringing_at      BIGINT,
    answered_at     BIGINT,
    ended_at        BIGINT,
    finals          TEXT NOT NULL,   -- every final status reported, by spaces
    duration        INTEGER NOT NULL,
    sip_code        INTEGER NOT NULL,
    refusal         TEXT,            -- JSON: code, HTTP status and words of Twilio
    unanswered      INTEGER NOT NULL CHECK (unanswered IN (0, 1)), -- the create request never was
    absent          INTEGER NOT NULL,
    absent_at       BIGINT,
    ambiguous       INTEGER NOT NULL CHECK (ambiguous IN (0, 1)),
    lost            INTEGER NOT NULL CHECK (lost IN (0, 1)),
    unplaced        INTEGER NOT NULL CHECK (unplaced IN (0, 1)),
    ask_at          BIGINT,
    asks            INTEGER NOT NULL,
    stuck           INTEGER NOT NULL, -- how often Twilio said that it is still queued
    hang_up_at      BIGINT,           -- when to end it, unless it is answered first
    hang_ups        INTEGER NOT NULL,
    end_why         TEXT,             -- why it is ended though it might be answered
    interrupts      INTEGER NOT NULL, -- how often its conversation was broken into
    answered_by     TEXT,             -- what Twilio's detection found
    instructed      INTEGER NOT NULL CHECK (instructed IN (0, 1)), -- Twilio was told what to say to whoever answered
    confirmed_at    BIGINT,           -- when the right key was pressed
    wrong_keys      INTEGER NOT NULL,
    PRIMARY KEY (call_id, n)
);
CREATE UNIQUE INDEX attempts_sid ON attempts (sid);

CREATE TABLE events (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    type    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    attempt INTEGER NOT NULL, -- 0: about the call as a whole
    data    TEXT NOT NULL,    -- JSON
    PRIMARY KEY (call_id, seq)
);

-- The numbers that may be ringing: one live attempt each, kept by the index. A leg
-- that is found alive while another call rings its number stands beside that one,
-- for nobody else may dial before both are over.
CREATE TABLE destinations (
    number     TEXT NOT NULL,
    call_id    TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    attempt    INTEGER NOT NULL,
    resurfaced INTEGER NOT NULL CHECK (resurfaced IN (0, 1)),
    PRIMARY KEY (number, call_id)
);
CREATE UNIQUE INDEX destinations_taken ON destinations (number) WHERE resurfaced = 0;

-- A row while Twilio takes no calls of this account.
CREATE TABLE pauses (
    account       TEXT PRIMARY KEY,
    since         BIGINT NOT NULL,
    code          INTEGER NOT NULL,
    message       TEXT NOT NULL,
    next_check_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE pauses;
DROP TABLE destinations;
DROP TABLE events;
DROP TABLE attempts;
DROP TABLE calls;
