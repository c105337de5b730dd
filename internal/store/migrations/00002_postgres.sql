-- For PostgreSQL alone: room in the pages, so that an update that touches no index
-- stays in its page and is cleaned up without a vacuum (HOT); and a vacuum that does
-- not wait until a fifth of a large table is dead.

-- +goose Up
ALTER TABLE calls SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE attempts SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
-- Few rows, all of which come and go.
ALTER TABLE destinations SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- +goose Down
ALTER TABLE destinations RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE attempts RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE calls RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
