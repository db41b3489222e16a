CREATE TABLE IF NOT EXISTS day_verdicts
(
    -- the traces of the one day that retention is working on
    tenant LowCardinality(String),
    trace_id FixedString(16),
    service LowCardinality(String),
    span_count UInt64,
    error_count UInt64,
    rule LowCardinality(String),
    weight Float64,
    is_new Bool
)
ENGINE = MergeTree
ORDER BY (tenant, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
