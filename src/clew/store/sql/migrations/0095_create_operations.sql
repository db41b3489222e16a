CREATE TABLE IF NOT EXISTS operations
(
    tenant LowCardinality(String),
    received_day Date,
    service LowCardinality(String),
    name String,
    kind Int32,
    -- what its spans say of how they were sampled (`otlp_told`): by that, what there was can be told from what was kept
    told String,
    span_count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    last_seen_unix_nano SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY (received_day, tenant)
ORDER BY (tenant, service, name, kind, told)
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
