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
    body_kind Enum8('none' = 0, 'string' = 1, 'bool' = 2, 'int' = 3, 'double' = 4, 'array' = 5, 'kvlist' = 6, 'bytes' = 7),
    body String CODEC(ZSTD(1)),
    attributes Nested(
        key LowCardinality(String),
        kind Enum8('none' = 0, 'string' = 1, 'bool' = 2, 'int' = 3, 'double' = 4, 'array' = 5, 'kvlist' = 6, 'bytes' = 7),
        value String
    ) CODEC(ZSTD(1)),
    dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    resource LowCardinality(String),
    scope LowCardinality(String),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY received_day
ORDER BY (tenant, intDiv(if(time_unix_nano = 0, observed_time_unix_nano, time_unix_nano), 60000000000), trace_id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    merge_selector_base = 10,
    auto_statistics_types = ''
