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
    merge_selector_base = 10,
    auto_statistics_types = ''
