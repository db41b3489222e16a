CREATE TABLE IF NOT EXISTS spans
(
    tenant LowCardinality(String),
    received_day Date CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id String CODEC(ZSTD(1)),
    trace_state String CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    service LowCardinality(String),
    name LowCardinality(String),
    kind Int32 CODEC(ZSTD(1)),
    start_time_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
    duration_ns Int64 CODEC(ZSTD(1)),
    status_code Int32 CODEC(ZSTD(1)),
    status_message LowCardinality(String),
    attributes Nested(
        key LowCardinality(String),
        kind Enum8('none' = 0, 'string' = 1, 'bool' = 2, 'int' = 3, 'double' = 4, 'array' = 5, 'kvlist' = 6, 'bytes' = 7),
        value String
    ) CODEC(ZSTD(1)),
    events Nested(
        time_unix_nano UInt64,
        name LowCardinality(String),
        attributes Array(Tuple(
            key String,
            kind Enum8('none' = 0, 'string' = 1, 'bool' = 2, 'int' = 3, 'double' = 4, 'array' = 5, 'kvlist' = 6, 'bytes' = 7),
            value String
        )),
        dropped_attributes_count UInt32
    ) CODEC(ZSTD(1)),
    links Nested(
        trace_id String,
        span_id String,
        trace_state String,
        attributes Array(Tuple(
            key String,
            kind Enum8('none' = 0, 'string' = 1, 'bool' = 2, 'int' = 3, 'double' = 4, 'array' = 5, 'kvlist' = 6, 'bytes' = 7),
            value String
        )),
        dropped_attributes_count UInt32,
        flags UInt32
    ) CODEC(ZSTD(1)),
    dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    dropped_events_count UInt32 CODEC(ZSTD(1)),
    dropped_links_count UInt32 CODEC(ZSTD(1)),
    resource LowCardinality(String),
    scope LowCardinality(String),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_attribute
        arrayMap((k, v) -> concat(k, '=', substring(v, 1, 128)), attributes.key, attributes.value)
        TYPE text(tokenizer = 'array'),
    INDEX by_nested_attribute
        arrayMap(a -> concat(a.1, '=', substring(a.3, 1, 128)), arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)))
        TYPE text(tokenizer = 'array')
)
ENGINE = MergeTree
PARTITION BY received_day
ORDER BY (tenant, intDiv(start_time_unix_nano, 60000000000), trace_id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    merge_selector_base = 10,
    auto_statistics_types = ''
