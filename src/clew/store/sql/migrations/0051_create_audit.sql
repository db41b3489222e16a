CREATE TABLE IF NOT EXISTS audit
(
    at_unix_nano UInt64,
    tenant LowCardinality(String),
    who String,
    action LowCardinality(String),
    -- what it was about: a trace id, a day, or the hash of what was erased
    subject String,
    id String,
    trace_count UInt64,
    span_count UInt64,
    log_count UInt64
)
ENGINE = MergeTree
ORDER BY at_unix_nano
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = '', non_replicated_deduplication_window = 1000
