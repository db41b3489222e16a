CREATE TABLE IF NOT EXISTS spans
(
    tenant LowCardinality(String) CODEC(ZSTD(1)),
    received_day Date CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    -- The span's id and its parent's, one behind the other: a parent's id is then a repetition of what came shortly
    -- before, and both take 9.7 bytes instead of 12.8.
    ids String CODEC(ZSTD(1)),
    span_id FixedString(8) ALIAS toFixedString(substring(ids, 1, 8), 8),
    parent_span_id String ALIAS substring(ids, 9),
    trace_state String CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    name LowCardinality(String) CODEC(ZSTD(1)),
    kind Int32 CODEC(ZSTD(1)),
    start_time_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
    duration_ns Int64 CODEC(ZSTD(1)),
    status_code Int32 CODEC(ZSTD(1)),
    status_message LowCardinality(String) CODEC(ZSTD(1)),
    -- Each attribute is an encoded KeyValue, as it came: nothing to convert when loading, one token for the index.
    attributes Array(LowCardinality(String)) CODEC(ZSTD(3)),
    events Nested(
        time_unix_nano UInt64,
        name LowCardinality(String),
        attributes Array(String),
        dropped_attributes_count UInt32
    ) CODEC(ZSTD(1)),
    links Nested(
        trace_id String,
        span_id String,
        trace_state String,
        attributes Array(String),
        dropped_attributes_count UInt32,
        flags UInt32
    ) CODEC(ZSTD(1)),
    dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    dropped_events_count UInt32 CODEC(ZSTD(1)),
    dropped_links_count UInt32 CODEC(ZSTD(1)),
    resource LowCardinality(String) CODEC(ZSTD(1)),
    scope LowCardinality(String) CODEC(ZSTD(1)),
    INDEX by_attribute arrayMap(a -> substring(a, 1, 128), attributes) TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking'),
    INDEX by_nested_attribute
        arrayMap(a -> substring(a, 1, 128), arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)))
        TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking')
)
ENGINE = MergeTree
PARTITION BY (received_day, tenant)
PRIMARY KEY (tenant, intDiv(start_time_unix_nano, 60000000000), trace_id)
ORDER BY (tenant, intDiv(start_time_unix_nano, 60000000000), trace_id, start_time_unix_nano)
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
