CREATE TABLE IF NOT EXISTS attribute_values
(
    tenant LowCardinality(String),
    received_day Date,
    level Enum8('span' = 1, 'event' = 2, 'link' = 3),
    key String,
    kind LowCardinality(String),
    value String,
    span_count SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (tenant, key, value, level, kind)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    merge_selector_base = 10,
    auto_statistics_types = ''
