-- +goose NO TRANSACTION
-- By which entries of its metadata a call is found.

-- +goose Up
CREATE TABLE IF NOT EXISTS call_metadata (
    hash    BIGINT NOT NULL,       -- of an entry's name and value, keyed with that of search_keys
    made_by VARCHAR(100) NOT NULL, -- the call's
    call_id VARCHAR(255) NOT NULL,
    PRIMARY KEY (hash, made_by, call_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

CREATE TABLE IF NOT EXISTS search_keys (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is one row
    secret VARCHAR(255) NOT NULL                         -- random
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- +goose Down
DROP TABLE IF EXISTS search_keys;
DROP TABLE IF EXISTS call_metadata;
