CREATE TABLE IF NOT EXISTS origins
(
    tenant LowCardinality(String),
    received_day Date,
    resource String,
    scope String,
    span_count SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (tenant, resource, scope)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_parts_to_merge_at_once = 32,
    max_bytes_to_merge_at_max_space_in_pool = 4294967296,
    min_bytes_for_wide_part = 268435456,
    auto_statistics_types = ''
