-- +goose NO TRANSACTION
-- Browsers that are signed in to the page.

-- +goose Up
CREATE TABLE IF NOT EXISTS sessions (
    hash       VARCHAR(100) NOT NULL PRIMARY KEY, -- SHA-256 of the session's token; the token itself is kept nowhere
    data       TEXT NOT NULL,                     -- whose it is: see page.session
    expires_at BIGINT NOT NULL,
    INDEX sessions_by_end (expires_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */;

-- +goose Down
DROP TABLE IF EXISTS sessions;
