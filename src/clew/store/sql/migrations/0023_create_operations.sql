CREATE TABLE IF NOT EXISTS operations
(
    tenant LowCardinality(String),
    received_day Date,
    service LowCardinality(String),
    name String,
    kind Int32,
    span_count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    last_seen_unix_nano SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (tenant, service, name, kind)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_bytes_for_wide_part = 268435456,
    -- It is small, and read by most questions: few parts make it quick.
    min_age_to_force_merge_seconds = 30,
    auto_statistics_types = ''
