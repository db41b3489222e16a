CREATE TABLE IF NOT EXISTS logs
(
    tenant LowCardinality(String),
    received_day Date CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    time_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
    observed_time_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
    severity_number Int32 CODEC(ZSTD(1)),
    severity_text LowCardinality(String),
    event_name LowCardinality(String),
    service LowCardinality(String),
    -- an encoded AnyValue
    body String CODEC(ZSTD(1)),
    -- encoded KeyValues
    attributes Array(LowCardinality(String)) CODEC(ZSTD(1)),
    dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    resource LowCardinality(String),
    scope LowCardinality(String),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY (received_day, tenant)
ORDER BY (tenant, intDiv(if(time_unix_nano = 0, observed_time_unix_nano, time_unix_nano), 60000000000), trace_id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    -- Each tenant and day has parts of its own; at 100,000 of them loads would be refused.
    max_parts_in_total = 1000000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_parts_to_merge_at_once = 32,
    -- Of a tenant and day to which nothing comes any more, one part, not dozens.
    min_partition_age_to_force_merge_seconds = 3600,
    max_bytes_to_merge_at_max_space_in_pool = 4294967296,
    min_bytes_for_wide_part = 268435456,
    auto_statistics_types = ''
