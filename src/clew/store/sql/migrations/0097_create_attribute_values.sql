CREATE TABLE IF NOT EXISTS attribute_values
(
    tenant LowCardinality(String),
    received_day Date,
    level Enum8('span' = 1, 'event' = 2, 'link' = 3),
    -- An encoded KeyValue of a sample, cut behind 193 bytes; or only its key, encoded up to the value: each load writes
    -- all keys that it has, with a count of 0.
    attribute String,
    span_count SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY (received_day, tenant)
ORDER BY (tenant, attribute, level)
SETTINGS
    non_replicated_deduplication_window = 10000,
    -- Each tenant and day has parts of its own; at 100,000 of them loads would be refused.
    max_parts_in_total = 1000000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_bytes_for_wide_part = 268435456,
    -- It is small, and read by most questions: few parts make it quick.
    min_age_to_force_merge_seconds = 30,
    auto_statistics_types = ''
