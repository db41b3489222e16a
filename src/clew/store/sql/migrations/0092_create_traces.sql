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
    minutes SimpleAggregateFunction(groupUniqArrayArray, Array(UInt32)) CODEC(ZSTD(1)),
    -- A trace is in one or two parts of its day; without this, a granule of every part of every day is read for each id.
    INDEX by_trace_id trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY (received_day, tenant)
ORDER BY (tenant, trace_id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    -- Each tenant and day has parts of its own; at 100,000 of them loads would be refused.
    max_parts_in_total = 1000000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_parts_to_merge_at_once = 10,
    -- Of a tenant and day to which nothing comes any more, one part, not dozens.
    min_partition_age_to_force_merge_seconds = 3600,
    max_bytes_to_merge_at_max_space_in_pool = 4294967296,
    min_bytes_for_wide_part = 268435456,
    auto_statistics_types = '',
    index_granularity = 1024
