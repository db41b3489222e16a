CREATE TABLE IF NOT EXISTS traces
(
    tenant LowCardinality(String),
    received_day Date CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    start_time_unix_nano SimpleAggregateFunction(min, UInt64) CODEC(ZSTD(1)),
    end_time_unix_nano SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    root SimpleAggregateFunction(min, Tuple(has_parent Bool, start_time_unix_nano UInt64, service String, name String)) CODEC(ZSTD(1)),
    span_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    error_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    services SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    hour UInt32 CODEC(Delta(4), ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (tenant, hour, trace_id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    merge_selector_base = 10,
    auto_statistics_types = ''
