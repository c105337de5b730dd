-- For PostgreSQL alone: every delivery is updated once at least, and each time moves in its
-- indexes, so it is vacuumed before much of it is dead.

-- +goose Up
ALTER TABLE deliveries SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

-- +goose Down
ALTER TABLE deliveries RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
