CREATE TABLE IF NOT EXISTS pins
(
    tenant LowCardinality(String),
    trace_id FixedString(16),
    is_pinned Bool,
    changed_unix_nano UInt64,
    who String
)
ENGINE = ReplacingMergeTree(changed_unix_nano)
ORDER BY (tenant, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
