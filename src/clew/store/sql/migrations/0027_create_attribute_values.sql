CREATE TABLE IF NOT EXISTS attribute_values
(
    tenant LowCardinality(String),
    received_day Date,
    level Enum8('span' = 1, 'event' = 2, 'link' = 3),
    key String,
    -- empty: the row is for the key, which every load writes; kinds and values come from a sample of it
    kind LowCardinality(String),
    -- as a person would type it, and empty stands for all values beyond the 100 most frequent of a load
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
    min_parts_to_merge_at_once = 32,
    max_bytes_to_merge_at_max_space_in_pool = 4294967296,
    min_bytes_for_wide_part = 268435456,
    auto_statistics_types = ''
