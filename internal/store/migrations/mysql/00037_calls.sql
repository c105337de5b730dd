-- +goose NO TRANSACTION
-- For MySQL and MariaDB alone: the schema of the other databases as their migrations up to this number leave it. Every
-- statement may be run again, since each commits by itself. Times are microseconds since 1970 UTC, set by redial, never by
-- the database; flags are 0 or 1. Texts are compared byte by byte, spaces at the end included; the two have different
-- names for that, each in a comment that only one of them reads. There are no indexes that cover some rows only, so
-- these are ordered such that what nobody looks for stands apart.

-- +goose Up
CREATE TABLE IF NOT EXISTS calls (
    id                  VARCHAR(255) NOT NULL PRIMARY KEY, -- ordered in time
    secret              VARCHAR(255) NOT NULL, -- the attempts' callback keys derive from it
    state               VARCHAR(20) NOT NULL CHECK (state IN ('waiting', 'dialing', 'ended')),
    outcome             VARCHAR(20) CHECK (outcome IN ('reached', 'unreached', 'refused', 'canceled', 'expired')),
    to_number           VARCHAR(100) NOT NULL, -- of the first person
    people              MEDIUMTEXT,            -- JSON: whom the call tries to reach, where that is more than a number
    from_number         VARCHAR(100) NOT NULL,
    message             MEDIUMTEXT NOT NULL,   -- JSON
    policy              MEDIUMTEXT NOT NULL,   -- JSON, durations in nanoseconds
    options             MEDIUMTEXT,            -- JSON: further parameters of Twilio's create call
    metadata            MEDIUMTEXT,            -- JSON
    webhook             TEXT,                  -- a URL that the call brought itself
    made_by             VARCHAR(100),          -- the name of the API key
    polled              INTEGER NOT NULL CHECK (polled IN (0, 1)), -- no callbacks will come
    created_at          BIGINT NOT NULL,
    deadline_at         BIGINT NOT NULL,
    cancel_requested_at BIGINT,
    ended_at            BIGINT,
    next_attempt_at     BIGINT,
    wake_at             BIGINT,           -- the earliest time to look at the call again
    held_for            VARCHAR(100),     -- the number that another call is ringing
    offered             VARCHAR(100),     -- the number that became free for the call, while its dial is due
    reached_by          INTEGER NOT NULL, -- the attempt that reached a person, 0: none yet
    cut_short           INTEGER NOT NULL CHECK (cut_short IN (0, 1)), -- the cancel ends conversations too
    redial_asked_at     BIGINT,           -- when somebody asked for the next dial at once
    seq                 INTEGER NOT NULL, -- of the last event
    idem_scope          VARCHAR(255),     -- whose Idempotency-Key it is
    idem_key            VARCHAR(255),
    idem_hash           VARCHAR(255),     -- of the request as it was sent
    scrubbed_at         BIGINT,           -- when the personal data went
    CHECK ((state = 'ended') = (outcome IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'ended') = (wake_at IS NULL)),
    UNIQUE INDEX calls_idem_scope_idem_key_key (idem_scope, idem_key),
    INDEX calls_due (state, wake_at),
    INDEX calls_to_expire (state, deadline_at),
    INDEX calls_by_state (state, id),
    INDEX calls_by_outcome (outcome, id),
    INDEX calls_by_number (to_number, outcome, id),
    INDEX calls_by_maker (made_by, outcome, id),
    INDEX calls_by_maker_number (made_by, to_number, outcome, id),
    INDEX calls_held (held_for, id),
    INDEX calls_offered (offered),
    INDEX calls_to_scrub (scrubbed_at, ended_at),
    INDEX calls_to_delete (ended_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

CREATE TABLE IF NOT EXISTS attempts (
    call_id         VARCHAR(255) NOT NULL,
    n               INTEGER NOT NULL,
    to_number       VARCHAR(100) NOT NULL,
    person          INTEGER NOT NULL, -- whose number it is: an index of the call's people
    needs_key       INTEGER NOT NULL CHECK (needs_key IN (0, 1)), -- only a key proves that a person answered
    detects         INTEGER NOT NULL CHECK (detects IN (0, 1)),   -- Twilio says whether a machine answered
    sid             VARCHAR(255),
    status          VARCHAR(20) NOT NULL CHECK (status IN (
                        'placing', 'unknown', 'postponed', 'queued', 'initiated', 'ringing', 'in-progress',
                        'completed', 'busy', 'no-answer', 'failed', 'canceled',
                        'machine', 'unconfirmed', 'refused', 'unplaced', 'ambiguous')),
    result          VARCHAR(20) CHECK (result IN (
                        'completed', 'busy', 'no-answer', 'failed', 'canceled',
                        'machine', 'unconfirmed', 'refused', 'unplaced', 'ambiguous')),
    dialed_at       BIGINT NOT NULL,
    send_by         BIGINT NOT NULL, -- the create request is not sent after this
    retry_at        BIGINT,
    postponements   INTEGER NOT NULL,
    placed_by       VARCHAR(255),    -- the carrier's account that dials it
    talk_limit      INTEGER NOT NULL DEFAULT 0, -- how long its conversation may last, as it was sent; seconds
    placed_at       BIGINT,
    initiated_at    BIGINT,
    ringing_at      BIGINT,
    answered_at     BIGINT,
    ended_at        BIGINT,
    finals          TEXT NOT NULL,   -- every final status reported, by spaces
    duration        INTEGER NOT NULL,
    sip_code        INTEGER NOT NULL,
    refusal         TEXT,            -- JSON: code, HTTP status and words of Twilio
    heard           INTEGER NOT NULL DEFAULT 1, -- Twilio has said anything about it after it took it
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
    overdue_at      BIGINT,           -- when it was ended at its leg's bound
    end_why         VARCHAR(255),     -- why it is ended though it might be answered
    interrupts      INTEGER NOT NULL, -- how often its conversation was broken into
    answered_by     VARCHAR(255),     -- what Twilio's detection found
    instructed      INTEGER NOT NULL CHECK (instructed IN (0, 1)), -- Twilio was told what to say to whoever answered
    confirmed_at    BIGINT,           -- when the right key was pressed
    wrong_keys      INTEGER NOT NULL,
    answer          TEXT,             -- what the key means by which a person was reached
    passed_on_at    BIGINT,           -- when a person left the call to the others
    PRIMARY KEY (call_id, n),
    UNIQUE INDEX attempts_sid (sid),
    FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- Each event has a position among those of all calls, which is never given to another.
CREATE TABLE IF NOT EXISTS events (
    position BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    call_id  VARCHAR(255) NOT NULL,
    seq      INTEGER NOT NULL,
    type     VARCHAR(255) NOT NULL,
    at       BIGINT NOT NULL,
    attempt  INTEGER NOT NULL, -- 0: about the call as a whole
    data     MEDIUMTEXT NOT NULL, -- JSON
    UNIQUE INDEX events_of_call (call_id, seq),
    FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- The numbers that may be ringing: one live attempt each, kept by the index. A leg that is found alive while another
-- call rings its number stands beside that one, for nobody else may dial before both are over.
CREATE TABLE IF NOT EXISTS destinations (
    number     VARCHAR(100) NOT NULL,
    call_id    VARCHAR(255) NOT NULL,
    attempt    INTEGER NOT NULL,
    resurfaced INTEGER NOT NULL CHECK (resurfaced IN (0, 1)),
    taken      VARCHAR(100) AS (IF(resurfaced = 0, number, NULL)) STORED,
    PRIMARY KEY (number, call_id),
    UNIQUE INDEX destinations_taken (taken),
    FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- The numbers beside held_for that a call is held for which rings several people at once: the first of them that is
-- free will do.
CREATE TABLE IF NOT EXISTS also_held (
    number  VARCHAR(100) NOT NULL,
    call_id VARCHAR(255) NOT NULL,
    PRIMARY KEY (number, call_id),
    INDEX also_held_by_call (call_id),
    FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- The numbers of a call's people beside to_number.
CREATE TABLE IF NOT EXISTS also_called (
    call_id VARCHAR(255) NOT NULL,
    number  VARCHAR(100) NOT NULL,
    outcome VARCHAR(20) NOT NULL, -- the call's; empty: it has not ended
    made_by VARCHAR(100),         -- the call's
    PRIMARY KEY (call_id, number),
    INDEX also_called_by_number (number, outcome, call_id),
    INDEX also_called_by_maker (made_by, number, outcome, call_id),
    FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- A row while Twilio takes no calls of this account.
CREATE TABLE IF NOT EXISTS pauses (
    account       VARCHAR(255) NOT NULL PRIMARY KEY,
    since         BIGINT NOT NULL,
    code          INTEGER NOT NULL,
    message       TEXT NOT NULL,
    next_check_at BIGINT NOT NULL,
    -- Empty: Twilio takes no calls of the account. 'setup': it does not take a setting of ours. 'full': the account has
    -- as many calls at once as it may. 'unlisted': a code that nobody here knows has refused several numbers, and the
    -- account is looked at.
    kind          VARCHAR(20) NOT NULL DEFAULT '' CHECK (kind IN ('', 'setup', 'full', 'unlisted')),
    legs          BIGINT NOT NULL DEFAULT 0 -- that were alive when it was full
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- Pauses that are over, so that a call can say what it has waited for.
CREATE TABLE IF NOT EXISTS past_pauses (
    account VARCHAR(255) NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    code    INTEGER NOT NULL,
    message TEXT NOT NULL,
    kind    VARCHAR(20) NOT NULL,
    PRIMARY KEY (account, since),
    INDEX past_pauses_until (account, until)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- Create requests that were refused with a code that nobody here knows.
CREATE TABLE IF NOT EXISTS unlisted_codes (
    account VARCHAR(255) NOT NULL,
    code    INTEGER NOT NULL,
    number  VARCHAR(100) NOT NULL, -- a hash of it
    at      BIGINT NOT NULL,
    counts  INTEGER NOT NULL CHECK (counts IN (0, 1)), -- no call was taken since
    PRIMARY KEY (account, code, number)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- Of these codes, those that the account has been looked at for, and was well: they are about the one call.
CREATE TABLE IF NOT EXISTS own_codes (
    account VARCHAR(255) NOT NULL,
    code    INTEGER NOT NULL,
    until   BIGINT NOT NULL,
    PRIMARY KEY (account, code)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

CREATE TABLE IF NOT EXISTS endpoints (
    id           VARCHAR(255) NOT NULL PRIMARY KEY,
    source       VARCHAR(20) NOT NULL CHECK (source IN ('config', 'api', 'stream')),
    url          TEXT NOT NULL,    -- empty of a stream, which is read over HTTP
    events       TEXT NOT NULL,    -- JSON: the types that it wants
    secrets      TEXT,             -- JSON: those that sign, the newest first; the configuration's are not kept
    created_at   BIGINT NOT NULL,
    made_by      VARCHAR(100),     -- the name of the API key
    only_of      VARCHAR(100),     -- it is told of the calls that this name made; NULL: of all
    disabled_at  BIGINT,           -- nothing is sent since
    disabled_why TEXT,
    expires_at   BIGINT            -- of a stream, unless it is prolonged
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- An event on its way to an endpoint. Of the pending rows of one call and endpoint, its lane, one has a wake_at: the
-- others wait behind it.
CREATE TABLE IF NOT EXISTS deliveries (
    call_id     VARCHAR(255) NOT NULL,
    endpoint_id VARCHAR(255) NOT NULL, -- 'call': the one that the call brought itself
    seq         INTEGER NOT NULL,      -- the event's
    type        VARCHAR(255) NOT NULL,
    at          BIGINT NOT NULL,       -- when it happened
    url         TEXT NOT NULL,
    target      VARCHAR(400) NOT NULL, -- to which not too much goes at once: the endpoint, or the host of what a call brought
    body        MEDIUMTEXT NOT NULL,   -- JSON, as it is sent
    state       VARCHAR(20) NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    since       BIGINT NOT NULL,       -- when it was written, or put back
    failures    INTEGER NOT NULL,      -- since then
    tries       MEDIUMTEXT,            -- JSON: the latest
    forget      INTEGER NOT NULL CHECK (forget IN (0, 1)), -- the body goes as soon as it is no longer pending
    wake_at     BIGINT,                -- the earliest time to send it
    CHECK (state = 'pending' OR wake_at IS NULL),
    PRIMARY KEY (call_id, endpoint_id, seq),
    INDEX deliveries_due (target, wake_at),
    INDEX deliveries_by_endpoint (endpoint_id, state, call_id, seq),
    FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- A place to try whether the database can be written.
CREATE TABLE IF NOT EXISTS probes (
    id     VARCHAR(255) NOT NULL PRIMARY KEY,
    filler TEXT NOT NULL -- about as much as a call needs
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- API keys that the database holds, and a version by which nodes see that one of them has changed.
CREATE TABLE IF NOT EXISTS api_keys (
    id           VARCHAR(255) NOT NULL PRIMARY KEY,
    name         VARCHAR(255) NOT NULL, -- several keys may share it: after a rotation both work for a while
    hash         VARCHAR(255) NOT NULL, -- SHA-256 of the secret, in hex; the secret itself is kept nowhere
    hint         VARCHAR(255) NOT NULL, -- how the secret begins
    scopes       TEXT NOT NULL,         -- JSON
    created_at   BIGINT NOT NULL,
    created_by   VARCHAR(255) NOT NULL, -- the name of the key that asked for it
    expires_at   BIGINT,                -- NULL: never
    revoked_at   BIGINT,
    last_used_at BIGINT,                -- to the minute
    UNIQUE INDEX api_keys_hash (hash)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

CREATE TABLE IF NOT EXISTS key_changes (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is one row
    version BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;
INSERT INTO key_changes (one, version) SELECT 1, 0 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM key_changes);

-- Who did what.
CREATE TABLE IF NOT EXISTS audit (
    id        VARCHAR(255) NOT NULL PRIMARY KEY, -- in the order of time, by the database's clock
    at        BIGINT NOT NULL,
    made_by   VARCHAR(100) NOT NULL, -- the name of the API key
    key_id    VARCHAR(255),          -- of an API key of the database
    from_addr VARCHAR(255),          -- where the request came from; NULL: there was none
    what      VARCHAR(255) NOT NULL,
    of_id     TEXT NOT NULL,         -- of the call, the endpoint or the API key
    detail    TEXT,
    INDEX audit_by_maker (made_by, id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- What the triggers of the configuration file ring about.
CREATE TABLE IF NOT EXISTS triggers (
    name    VARCHAR(255) NOT NULL PRIMARY KEY,
    members BIGINT NOT NULL, -- how many rows of incident_members are its
    wake_at BIGINT,          -- the earliest time to look at it again; NULL when nothing is to come
    INDEX triggers_due (wake_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

CREATE TABLE IF NOT EXISTS incidents (
    id              VARCHAR(255) NOT NULL PRIMARY KEY, -- in the order of time
    trigger_name    VARCHAR(255) NOT NULL,
    sender_key      VARCHAR(400) NOT NULL, -- what its sender calls it
    grouped         BIGINT NOT NULL CHECK (grouped IN (0, 1)), -- sender_key names a group of members, not one of them
    title           TEXT NOT NULL,
    event           MEDIUMTEXT,      -- what the last event said of it as a whole, JSON, while it is open
    made_by         VARCHAR(100),    -- the name of the API key that told of it first
    members         BIGINT NOT NULL, -- that fired since it was opened
    firing          BIGINT NOT NULL, -- of these, those that still do
    acknowledged    BIGINT NOT NULL, -- of these, those that somebody takes care of
    call_id         VARCHAR(255),    -- the last call about it
    opened_at       BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    acknowledged_at BIGINT,
    reached_at      BIGINT,
    closed_at       BIGINT,
    closed_why      VARCHAR(20) CHECK (closed_why IN ('resolved', 'closed', 'forgotten')),
    closed_by       VARCHAR(255),
    CHECK ((closed_at IS NULL) = (closed_why IS NULL)),
    INDEX incidents_by_trigger (trigger_name, id),
    INDEX incidents_by_end (closed_at, id),
    INDEX incidents_open_by_trigger (trigger_name, closed_at, id),
    INDEX incidents_by_key (sender_key, id),
    INDEX incidents_open_groups (trigger_name, sender_key, closed_at, grouped)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

CREATE TABLE IF NOT EXISTS incident_members (
    trigger_name VARCHAR(255) NOT NULL,
    member_key   VARCHAR(400) NOT NULL,
    group_key    VARCHAR(400) NOT NULL, -- the sender's name for what belongs together; empty: it is alone
    incident_id  VARCHAR(100) NOT NULL, -- the one that it belongs to, or belonged to last
    firing       BIGINT NOT NULL CHECK (firing IN (0, 1)),
    acknowledged BIGINT NOT NULL CHECK (acknowledged IN (0, 1)),
    began_at     BIGINT,          -- as its sender says
    ended_at     BIGINT,
    seen_at      BIGINT NOT NULL,
    tell_at      BIGINT,          -- when it is to ring
    not_before   BIGINT,
    call_id      VARCHAR(255),    -- the last call about it
    people       MEDIUMTEXT,      -- whom that reaches
    wants        MEDIUMTEXT,      -- whom a template would have it reach
    reached_at   BIGINT,
    active       BIGINT NOT NULL CHECK (active IN (0, 1)), -- it is to ring, or a call about it has not ended
    forget_at    BIGINT,
    title        TEXT NOT NULL,   -- what is wrong, while it fires; then empty
    about        MEDIUMTEXT,      -- all that was told of it, JSON, while it fires
    PRIMARY KEY (trigger_name, member_key),
    INDEX incident_members_active (trigger_name, active, seen_at),
    INDEX incident_members_forget (trigger_name, forget_at),
    -- MySQL reads no order from an index that the primary key makes longer than 3,072 bytes: hence VARCHAR(100).
    INDEX incident_members_by_incident (incident_id, member_key)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- What the nodes that run tell of themselves.
CREATE TABLE IF NOT EXISTS nodes (
    id        VARCHAR(255) NOT NULL PRIMARY KEY, -- made anew at each start
    machine   TEXT NOT NULL,
    seen_at   BIGINT NOT NULL,      -- when it last told
    file_hash VARCHAR(255) NOT NULL -- SHA-256 of its file of triggers, in hex; empty: it has none
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- Who is on duty in a rota for a while, whoever's turn it is.
CREATE TABLE IF NOT EXISTS rota_overrides (
    id       VARCHAR(255) NOT NULL PRIMARY KEY,
    rota     VARCHAR(255) NOT NULL, -- the names of the file
    person   VARCHAR(255) NOT NULL,
    from_at  BIGINT NOT NULL,
    until_at BIGINT NOT NULL,       -- an override that was ended early ended then
    made_at  BIGINT NOT NULL,       -- of those that overlap, the one made last counts
    made_by  VARCHAR(100) NOT NULL, -- the name of the API key
    INDEX rota_overrides_by_end (until_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- The secrets of triggers: whoever brings one may tell that trigger what has happened, without an API key.
CREATE TABLE IF NOT EXISTS trigger_secrets (
    hash         VARCHAR(255) NOT NULL PRIMARY KEY, -- SHA-256 of the secret, in hex; the secret itself is kept nowhere
    trigger_name VARCHAR(255) NOT NULL, -- after a rotation several secrets work for a while
    hint         VARCHAR(255) NOT NULL, -- how the secret ends
    made_at      BIGINT NOT NULL,
    made_by      VARCHAR(100) NOT NULL, -- the name of the key that asked for it
    expires_at   BIGINT                 -- NULL: never
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- +goose Down
DROP TABLE IF EXISTS trigger_secrets;
DROP TABLE IF EXISTS rota_overrides;
DROP TABLE IF EXISTS nodes;
DROP TABLE IF EXISTS incident_members;
DROP TABLE IF EXISTS incidents;
DROP TABLE IF EXISTS triggers;
DROP TABLE IF EXISTS audit;
DROP TABLE IF EXISTS key_changes;
DROP TABLE IF EXISTS api_keys;
DROP TABLE IF EXISTS probes;
DROP TABLE IF EXISTS deliveries;
DROP TABLE IF EXISTS endpoints;
DROP TABLE IF EXISTS own_codes;
DROP TABLE IF EXISTS unlisted_codes;
DROP TABLE IF EXISTS past_pauses;
DROP TABLE IF EXISTS pauses;
DROP TABLE IF EXISTS also_called;
DROP TABLE IF EXISTS also_held;
DROP TABLE IF EXISTS destinations;
DROP TABLE IF EXISTS events;
DROP TABLE IF EXISTS attempts;
DROP TABLE IF EXISTS calls;
