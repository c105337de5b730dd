-- A place to try whether the database can be written, and no hash of a request whose personal data is gone.

-- +goose Up
CREATE TABLE probes (
    id     TEXT PRIMARY KEY,
    filler TEXT NOT NULL -- about as much as a call needs
);
UPDATE calls SET idem_hash = '' WHERE scrubbed_at IS NOT NULL AND idem_hash IS NOT NULL;

-- +goose Down
DROP TABLE probes;
