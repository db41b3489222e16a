CREATE TABLE IF NOT EXISTS lost_traces
(
    -- the traces that sampling removes now, with the minutes (since 1970) and days of receipt of their spans
    tenant LowCardinality(String),
    trace_id FixedString(16),
    span_count UInt64,
    minutes Array(UInt32),
    days Array(Date)
)
ENGINE = MergeTree
ORDER BY (tenant, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
