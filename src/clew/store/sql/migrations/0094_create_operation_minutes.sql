CREATE TABLE IF NOT EXISTS operation_minutes
(
    tenant LowCardinality(String),
    received_day Date CODEC(ZSTD(1)),
    service LowCardinality(String),
    -- since 1970, of the start of the spans
    minute UInt32 CODEC(Delta(4), ZSTD(1)),
    name String CODEC(ZSTD(1)),
    kind Int32 CODEC(ZSTD(1)),
    -- what its spans say of how they were sampled (`otlp_told`): by that, what there was can be told from what was kept
    told String CODEC(ZSTD(1)),
    span_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    error_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    last_seen_unix_nano SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    -- a negative duration (an end before the start) counts as 0
    duration_sum_ns SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    duration_max_ns SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    -- bucket n counts durations d with floor(8 * log2(d)) = n, bucket -1 those of 0 ns: buckets are 9 % wide
    duration_histogram SimpleAggregateFunction(sumMap, Tuple(Array(Int16), Array(UInt64))) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY (received_day, tenant)
ORDER BY (tenant, service, minute, name, kind, told)
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
