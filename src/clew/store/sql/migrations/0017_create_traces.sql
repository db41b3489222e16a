CREATE TABLE IF NOT EXISTS traces
(
    tenant LowCardinality(String),
    received_day Date CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(NONE),
    start_time_unix_nano SimpleAggregateFunction(min, UInt64) CODEC(ZSTD(1)),
    end_time_unix_nano SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    root SimpleAggregateFunction(min, Tuple(has_parent Bool, start_time_unix_nano UInt64, service String, name String)) CODEC(ZSTD(1)),
    span_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    error_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    services SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    -- Since 1970, those in which its spans start: where in the spans' sort key to look for them, even if the first and
    -- the last are years apart.
    minutes SimpleAggregateFunction(groupUniqArrayArray, Array(UInt32)) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (tenant, trace_id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_parts_to_merge_at_once = 10,
    max_bytes_to_merge_at_max_space_in_pool = 4294967296,
    min_bytes_for_wide_part = 268435456,
    auto_statistics_types = '',
    index_granularity = 1024
