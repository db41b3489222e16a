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
    merge_selector_base = 10,
    auto_statistics_types = ''
