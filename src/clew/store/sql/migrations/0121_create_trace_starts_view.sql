CREATE MATERIALIZED VIEW IF NOT EXISTS trace_starts_of_traces TO trace_starts AS
SELECT tenant, received_day, intDiv(start_time_unix_nano, 1000000000) AS second, trace_id, start_time_unix_nano
FROM traces
